/**
 * From the last byte of an identifier to its alert on the WebSocket, one request at a time over kept-alive TLS. The clock
 * starts just before the request is written, whose last byte but a brace is the value's, and stops with the frame in
 * hand: two TLS hops, reading, searching, alerting and storing lie in between.
 */
import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { LiveFrame } from '../../src/model/lab.ts';
import { openTls, type Target } from './load.ts';
import { ORIGIN_HOST } from './origin.ts';

/** Registered ones (contestants.ts): so many new places of each kind get an alert of their own. */
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
/** Most that one run can time. */
export const MOST_ALERTS = VALUES.length * PLACES - WARM_UP;

/** Milliseconds, one per alert. */
export async function timeAlerts(
  target: Target,
  api: { url: string; token: string },
  count: number,
): Promise<number[]> {
  const live = new WebSocket(`${api.url.replace('http', 'ws')}/api/alerts/live`, {
    headers: { authorization: `Bearer ${api.token}` },
  });
  const hello = Promise.withResolvers<void>();
  let waiting: { path: string; met: () => void } | null = null;
  live.on('message', (data) => {
    const frame = JSON.parse(String(data)) as LiveFrame;
    if (frame.type === 'hello') hello.resolve();
    if (frame.type === 'alert' && frame.alert.evidence?.path === waiting?.path) waiting?.met();
  });
  live.once('error', hello.reject);
  await hello.promise;

  const phone = await openTls(target, 'http/1.1');
  let answered = Promise.withResolvers<void>();
  phone.on('data', () => answered.resolve());
  const times: number[] = [];
  for (let index = 0; index < WARM_UP + count; index++) {
    // Another place each time: a repeat in the same one is only counted.
    const value = VALUES[index % VALUES.length];
    const body = `${JSON.stringify({ app: 'weather', events: 'x'.repeat(900) }).slice(0, -1)},"v${index}":"${value}"}`;
    const head = [
      'POST /v2/register HTTP/1.1',
      `Host: ${ORIGIN_HOST}:${target.originPort}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ];
    answered = Promise.withResolvers();
    const alerted = Promise.withResolvers<void>();
    waiting = { path: `$.v${index}`, met: alerted.resolve };
    const started = performance.now();
    phone.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    await alerted.promise;
    if (index >= WARM_UP) times.push(performance.now() - started);
    await answered.promise;
    await setTimeout(PAUSE_MS);
  }
  phone.destroy();
  live.terminate();
  return times;
}
