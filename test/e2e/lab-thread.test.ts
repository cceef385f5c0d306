/** The half of the lab that reads may die or hang at any moment: phones do not notice, and everybody else is told. */

import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { HOST, IMEI, type LabHalves, startLabHalves } from './lab-halves.ts';

let halves: LabHalves;
let alerts: Alert[] = [];

beforeAll(async () => {
  halves = await startLabHalves();
  alerts = halves.alerts;
});
afterAll(() => halves.end());

/** A kept-alive connection through the proxy. */
function openPhone() {
  const socket = connect(halves.lab.proxy.port, '127.0.0.1');
  let answers = '';
  socket.on('data', (part) => {
    answers += part.toString('latin1');
  });
  return {
    post(body: string): void {
      const head = `POST http://${HOST}/echo HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\n\r\n`;
      socket.write(head + body);
    },
    answers: () => answers.split('HTTP/1.1 200').length - 1,
    end: () => socket.destroy(),
  };
}

const leaks = (): Alert[] => alerts.filter(({ identifier }) => identifier?.kind === 'imei');

describe('the half that reads, killed in the middle', () => {
  it('leaves the relay running: the phone is answered on its open connection, and what it sends later is found again', async () => {
    const phone = openPhone();
    phone.post(`{"first":"${IMEI}"}`);
    await expect.poll(leaks).toHaveLength(1);
    const url = halves.lab.ui.url;
    halves.thread.giveUp();
    phone.post('{"meanwhile":"nothing"}');
    await expect.poll(phone.answers).toBe(2);
    const told = () => alerts.filter(({ type, message }) => type === 'system' && message.includes('started again'));
    await expect.poll(told).toHaveLength(1);
    expect(told()[0]).toMatchObject({ severity: 'critical' });
    expect(told()[0]?.message).toContain('one connection was not looked into');
    phone.post(`{"second":"${IMEI}"}`);
    await expect.poll(phone.answers).toBe(3);
    // A sighting of the same value in another place, or a further count: never silence.
    await expect.poll(() => leaks().length).toBeGreaterThan(1);
    expect((await fetch(`${url}/api/health`)).status).toBe(200);
    phone.end();
  });

  it('keeps what was stored: alerts go on with the next number, and the connection is said to be not looked into', async () => {
    const numbers = alerts.map(({ seq }) => seq);
    expect([...numbers].sort((a, b) => a - b)).toEqual(numbers);
    expect(new Set(numbers).size).toBe(numbers.length);
    const token = readFileSync(halves.lab.token, 'utf8').trim();
    const headers = { Authorization: `Bearer ${token}` };
    const flows = async () => {
      const answer = await fetch(`${halves.lab.ui.url}/api/flows`, { headers });
      return ((await answer.json()) as { flows: { notSeen: string[]; closedAt: number | null }[] }).flows;
    };
    await expect
      .poll(async () => (await flows()).flatMap(({ notSeen }) => notSeen))
      .toEqual(expect.arrayContaining([expect.stringContaining('not looked into')]));
  });

  it('may be killed again and again: it is there again each time', async () => {
    for (let round = 0; round < 3; round++) {
      const before = alerts.length;
      halves.thread.giveUp();
      await expect.poll(() => alerts.length).toBeGreaterThan(before);
    }
    const phone = openPhone();
    const before = leaks().length;
    phone.post(`{"last":"${IMEI}"}`);
    await expect.poll(() => leaks().length).toBeGreaterThan(before);
    phone.end();
  });
});

/** The lab's thread runs this and nothing else, for ever: what a debugger can do needs no door in the product. */
async function hangLabThread(): Promise<() => void> {
  const session = new Session();
  session.connect();
  const found = Promise.withResolvers<string>();
  session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
    if (workerInfo.title.includes('lab')) found.resolve(sessionId);
  });
  session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'for (;;);' } });
  session.post('NodeWorker.sendMessageToWorker', { sessionId: await found.promise, message });
  return () => session.disconnect();
}

describe('the half that reads, hung', () => {
  it('is left behind: phones are answered meanwhile, it is ended and started again, and that is told', async () => {
    const phone = openPhone();
    phone.post(`{"before":"${IMEI}"}`);
    await expect.poll(phone.answers).toBe(1);
    const restarts = () => alerts.filter(({ type, message }) => type === 'system' && message.includes('started again'));
    const before = restarts().length;
    const token = readFileSync(halves.lab.token, 'utf8').trim();
    const headers = { Authorization: `Bearer ${token}` };
    const unseen = async (): Promise<number> => {
      const answer = await fetch(`${halves.lab.ui.url}/api/flows`, { headers });
      const { flows } = (await answer.json()) as { flows: { notSeen: string[] }[] };
      return flows.filter(({ notSeen }) => notSeen.some((line) => line.includes('not looked into'))).length;
    };
    const unseenBefore = await unseen();
    const release = await hangLabThread();
    for (let request = 2; request <= 20; request++) {
      phone.post('{"meanwhile":"nothing"}');
      await expect.poll(phone.answers).toBe(request);
    }
    expect(restarts()).toHaveLength(before);
    // On a busy machine it is taken for starved, and waited for a minute, before it is given up.
    await expect.poll(() => restarts().length, { timeout: 300_000 }).toBe(before + 1);
    release();
    expect(restarts().at(-1)).toMatchObject({ severity: 'critical' });
    // The server ends a silent connection after five seconds; ended or not, it is told.
    expect(restarts().at(-1)?.message).toContain('one connection was not looked into');
    await expect.poll(unseen).toBeGreaterThan(unseenBefore);
    const leaksBefore = leaks().length;
    const next = openPhone();
    next.post(`{"after":"${IMEI}"}`);
    await expect.poll(() => leaks().length).toBeGreaterThan(leaksBefore);
    phone.end();
    next.end();
  });
});
