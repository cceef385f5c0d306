/**
 * Servers that say nothing: the phone is told after 15 seconds, the flow is filed with its reason, other phones notice
 * nothing. One engine only: dialling and TLS are the same for both.
 */
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { proxyUrl } from '../clients/client.ts';
import { askCurl } from '../clients/curl.ts';
import { startDeafServer } from '../clients/deaf-server.ts';
import { run } from '../clients/process.ts';
import { describeWith, toolPath } from '../clients/tools.ts';
import { eventually } from './eventually.ts';
import { startWorld, type World } from './world.ts';

const DEAF = 'deaf.example.com';
const MUTE = 'mute.example.com';
describeWith(['curl', 'python'], 'a lab before servers that say nothing', () => {
  let world: World;
  let deaf: { port: number; stop(): Promise<void> };
  const open = new Set<Socket>();
  /** Takes connections and never says a word. */
  const mute = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).resume();
  });
  beforeAll(async () => {
    deaf = await startDeafServer();
    await new Promise<void>((done) => mute.listen(0, '127.0.0.1', done));
    const { port } = mute.address() as { port: number };
    world = await startWorld({
      more: () =>
        Promise.resolve([
          { host: DEAF, port: 80, listensOn: deaf.port },
          { host: DEAF, port: 443, listensOn: deaf.port },
          { host: DEAF, port: 1080, listensOn: deaf.port },
          { host: MUTE, port: 443, listensOn: port },
        ]),
    });
  });
  afterAll(async () => {
    await world.end();
    await deaf.stop();
    for (const socket of open) socket.destroy();
    mute.close();
  });

  const reasons = async (host: string): Promise<(string | null)[]> =>
    ((await world.lab.api(`/api/flows?host=${host}`)) as { flows: FlowRecord[] }).flows.map((flow) => flow.reason);

  it('answers 502, or an error in SOCKS’ own words, and files what happened, while others are served', async () => {
    const { phone } = world.lab;
    const socks = proxyUrl(phone).replace('http:', 'socks5h:');
    const waiting = Promise.all([
      askCurl(phone, { url: `http://${DEAF}/` }),
      askCurl(phone, { url: `https://${DEAF}/` }),
      run(toolPath('curl'), ['-sS', '-x', socks, `http://${DEAF}:1080/`]),
      askCurl(phone, { url: `https://${MUTE}/` }),
    ]);
    expect(await askCurl(phone, { url: `${world.https}/page` })).toMatchObject({ ok: true, status: 200 });
    const [plain, connect, socksed, silent] = await waiting;
    expect(plain).toMatchObject({ ok: true, status: 502 });
    expect(plain.body.toString()).toMatch(/^[^\n<]*did not answer in time[^\n<]*\n?$/);
    expect(connect).toMatchObject({ ok: false, stderr: expect.stringContaining('502') });
    expect(socksed.code).toBe(97);
    // The tunnel stood already: there is nobody left to tell it to in words.
    expect(silent).toMatchObject({ ok: false, stderr: expect.stringMatching(/reset|SSL/i) });
    await eventually(
      'all are filed',
      async () => (await reasons(DEAF)).length === 3 && (await reasons(MUTE)).length === 1,
    );
    expect(await reasons(DEAF)).toEqual(['upstream-timeout', 'upstream-timeout', 'upstream-timeout']);
    expect(await reasons(MUTE)).toEqual(['upstream-tls-failed']);
    // One alert may come again before the other has come.
    const told = [
      /deaf\.example\.com .*, which did not answer in time/,
      /mute\.example\.com .*, which could not agree on TLS/,
    ];
    await world.lab.until('both alerts', (all) =>
      told.every((words) => all.some(({ message }) => words.test(message))),
    );
  });
});
