/** Phones are registered and phases marked a hundred times a second while a phone sends: nothing is lost, and order is kept. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { HOST, IMEI, type LabHalves, startLabHalves } from './lab-halves.ts';

/** Each with a place of its own; more places than fifty are folded into one alert. */
const REQUESTS = 45;

let halves: LabHalves;
let alerts: Alert[] = [];

beforeAll(async () => {
  halves = await startLabHalves();
  alerts = halves.alerts;
});
afterAll(() => halves.end());

async function ask(method: string, path: string, body?: object): Promise<unknown> {
  const token = readFileSync(halves.lab.token, 'utf8').trim();
  const answer = await fetch(`${halves.lab.ui.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true);
  return answer.json();
}

/** Sends one request at a time on one connection. */
function openPhone() {
  const socket = connect(halves.lab.proxy.port, '127.0.0.1');
  let answers = 0;
  let told = () => {};
  socket.on('data', (part) => {
    answers += part.toString('latin1').split('HTTP/1.1 200').length - 1;
    told();
  });
  return {
    async post(body: string): Promise<void> {
      const wanted = answers + 1;
      const head = `POST http://${HOST}/echo HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\n\r\n`;
      socket.write(head + body);
      while (answers < wanted)
        await new Promise<void>((resolve) => {
          told = resolve;
        });
    },
    end: () => socket.destroy(),
  };
}

const placesOf = (letter: string): string[] =>
  alerts
    .filter(({ identifier }) => identifier?.kind === 'imei')
    .map(({ evidence }) => evidence?.path ?? '')
    .filter((path) => path.startsWith(`$.${letter}`));

describe('a lab whose configuration changes a hundred times a second', () => {
  it('finds everything that is sent meanwhile, in its order, and knows every change at the end', async () => {
    const phone = openPhone();
    let isOver = false;
    let changes = 0;
    const changing = (async () => {
      const waiting: Promise<unknown>[] = [];
      for (; !isOver; changes++) {
        const number = changes % 5;
        const entry = {
          model: 'Other phone',
          match: { ip: `10.9.9.${number}` },
          identifiers: { serial: `LABSERIAL${changes}` },
        };
        waiting.push(ask('PUT', `/api/devices/other-${number}`, entry));
        await new Promise((done) => setTimeout(done, 10));
      }
      await Promise.all(waiting);
    })();
    const wanted: string[] = [];
    for (let i = 0; i < REQUESTS; i++) {
      wanted.push(`$.k${i}`);
      await phone.post(`{"k${i}":"${IMEI}"}`);
      await new Promise((done) => setTimeout(done, 25));
    }
    isOver = true;
    await changing;
    expect(changes).toBeGreaterThan(20);
    await expect.poll(() => placesOf('k')).toEqual(wanted);
    const { devices } = (await ask('GET', '/api/devices')) as { devices: { id: string }[] };
    expect(devices.map(({ id }) => id).sort()).toEqual([
      'other-0',
      'other-1',
      'other-2',
      'other-3',
      'other-4',
      'phone-1',
    ]);
    phone.end();
  }, 60_000);

  it('puts what is sent after a mark into its phase, and what was sent before into the one before', async () => {
    const phone = openPhone();
    const { id } = (await ask('POST', '/api/cases', { title: 'Changes', deviceId: 'phone-1' })) as { id: string };
    const sent: string[] = [];
    for (let i = 0; i < REQUESTS; i++) {
      const phase = `phase-${i}`;
      await ask('POST', `/api/cases/${id}/marks`, { phase });
      await phone.post(`{"m${i}":"${IMEI}"}`);
      sent.push(`$.m${i} ${phase}`);
    }
    const found = () =>
      alerts
        .filter(({ evidence }) => evidence?.path?.startsWith('$.m'))
        .map((alert) => `${alert.evidence?.path} ${alert.case?.phase}`);
    await expect.poll(found).toEqual(sent);
    phone.end();
  }, 60_000);
});
