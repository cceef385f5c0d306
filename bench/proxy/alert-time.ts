/**
 * From the last byte of an identifier to its alert on the WebSocket, one request at a time over kept-alive TLS. The clock
 * starts just before the request is written, whose last byte but two is the value's, and stops with the frame in
 * hand: two TLS hops, reading, searching, alerting and storing lie in between.
 */
import { setTimeout } from 'node:timers/promises';
import { leakingRequest, openLiveAlerts } from './live-alerts.ts';
import { openPhone, type Target } from './phone.ts';
import { http1Text } from './traffic.ts';

/** Registered ones (labs.ts): so many new places of each kind get an alert of their own. */
const VALUES = [
  '490154203237518',
  '001010123456789',
  '89001000000000000002',
  'LABSERIAL0001',
  '02:00:5e:10:00:01',
  '+84912345678',
  'a3f81c09b2d4e657',
  '38400000-8cf0-11bd-b23e-10b96e40000d',
  'lab@example.com',
];
const PLACES = 48;
const PAUSE_MS = 4;
const WARM_UP = 32;
const PATIENCE_MS = 10_000;
/** Most that one run can time. */
export const MOST_ALERTS = VALUES.length * PLACES - WARM_UP;

/** Milliseconds, one per alert. */
export async function timeAlerts(
  target: Target,
  api: { url: string; token: string },
  count: number,
): Promise<number[]> {
  const live = await openLiveAlerts(api);
  const phone = await openPhone(target);
  const times: number[] = [];
  for (let index = 0; index < WARM_UP + count; index++) {
    // Another place each time: a repeat in the same one is only counted.
    const text = http1Text(target.host, leakingRequest(index, VALUES[index % VALUES.length]!));
    const alerted = live.at(`$.v${index}`, PATIENCE_MS);
    const began = performance.now();
    const answered = phone.send(text);
    const at = await alerted;
    if (at === null) throw new Error(`no alert of ${VALUES[index % VALUES.length]} within ${PATIENCE_MS / 1000} s`);
    if (index >= WARM_UP) times.push(at - began);
    await answered;
    await setTimeout(PAUSE_MS);
  }
  phone.socket.destroy();
  live.close();
  return times;
}
