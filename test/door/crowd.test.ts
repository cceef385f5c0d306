/** A phone that opens connections until nothing is left: it loses, the others do not notice. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { descriptorLimit, sharesOf } from '../../src/lab/descriptors.ts';
import { text } from '../../src/model/text.ts';
import { startLab, type TestLab } from '../wire/lab.ts';

let lab: TestLab;
let server: Server;
let crowded: string[];
let later: number;
const open = new Set<Socket>();
const CONNECT = 'CONNECT a.test:443 HTTP/1.1\r\n\r\n';

/** So long that no place comes free of itself while a test takes them one by one. */
const startCrowded = (silenceMs = 60_000): Promise<TestLab> =>
  startLab({
    door: {
      places: { connections: 8, dials: 8, perPhone: 4 },
      timeouts: { silenceMs },
      now: () => Date.now() + later,
      onCrowded: (ip) => crowded.push(ip),
    },
  });

beforeEach(async () => {
  crowded = [];
  later = 0;
  server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  lab = await startCrowded();
  lab.map.set('a.test:443', (server.address() as { port: number }).port);
});
afterEach(async () => {
  for (const socket of open) socket.destroy();
  open.clear();
  await lab.stop();
  server.close();
});

/** Resolves with the first words of the lab, or with nothing when it closed the connection. */
function phone(
  localAddress: string,
  says = CONNECT,
): { answer: Promise<string>; closed: Promise<unknown>; end(): void } {
  const socket = connect({ port: lab.door.port, host: '127.0.0.1', localAddress });
  open.add(socket);
  socket.on('error', () => {});
  socket.write(says);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const answer = new Promise<string>((resolve) => {
    socket.once('data', (bytes) => resolve(bytes.toString()));
    void closed.then(() => resolve(''));
  });
  return { answer, closed, end: () => socket.destroy() };
}

describe('the door', () => {
  it('closes what a phone opens beyond its share, records it once a second, and serves the others', async () => {
    const flood = [];
    for (let i = 0; i < 4; i++) flood.push(await phone('127.0.9.1').answer);
    expect(flood.every((answer) => answer.startsWith('HTTP/1.1 200'))).toBe(true);
    for (let i = 0; i < 20; i++) expect(await phone('127.0.9.1').answer).toBe('');
    expect(await phone('127.0.9.2').answer).toMatch(/^HTTP\/1.1 200/);
    const refused = lab.flows().filter(({ treatmentReason }) => treatmentReason?.key.startsWith('treated.crowded'));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(20);
    expect(crowded).toContain('127.0.9.1');
  });

  it('counts those that were turned away without a word into what it says of the next', async () => {
    for (let i = 0; i < 4; i++) await phone('127.0.9.1').answer;
    for (let i = 0; i < 20; i++) await phone('127.0.9.1').closed;
    later = 1000;
    await phone('127.0.9.1').closed;
    const told = () => lab.flows().flatMap(({ treatmentReason }) => treatmentReason?.values.count ?? []);
    expect(told().reduce<number>((sum, count) => sum + Number(count), 0)).toBe(21);
  });

  it('has a place for a newcomer when all are taken, of who holds most', async () => {
    const first = phone('127.0.9.1');
    await first.answer;
    for (const address of ['127.0.9.1', '127.0.9.1', '127.0.9.1', '127.0.9.2', '127.0.9.2', '127.0.9.3', '127.0.9.3'])
      await phone(address).answer;
    expect(await phone('127.0.9.4').answer).toMatch(/^HTTP\/1.1 200/);
    await first.closed;
    expect(crowded).toEqual(['127.0.9.1']);
  });

  it('has places again when connections end', async () => {
    for (let round = 0; round < 3; round++) {
      const held = [1, 2, 3, 4].map(() => phone('127.0.9.1'));
      expect((await Promise.all(held.map(({ answer }) => answer))).every((answer) => answer !== '')).toBe(true);
      for (const one of held) one.end();
      for (let n = 0; n < 4; n++) await lab.closed(round * 4 + n);
    }
  });

  it('lets go of a CONNECT after which neither side says a word', async () => {
    await lab.stop();
    lab = await startCrowded(300);
    lab.map.set('a.test:443', (server.address() as { port: number }).port);
    const silent = phone('127.0.9.1');
    await silent.closed;
    expect((await lab.closed()).closed).toMatchObject({ reason: 'idle-timeout', detail: text('ended.both-silent') });
  });
});

describe('descriptors', () => {
  it.each([64, 256, 1024, 4096, 65_536, 1_048_576])(
    'of %i are enough for all connections and the lab itself',
    (limit) => {
      const { connections, dials, perPhone } = sharesOf(limit);
      expect(connections + dials).toBeLessThanOrEqual(limit - Math.min(1024, limit / 4));
      expect(perPhone).toBeLessThanOrEqual(Math.ceil(connections / 4));
      expect(perPhone).toBeGreaterThan(0);
    },
  );

  it('are counted as the system says', () => {
    expect(descriptorLimit()).toBeGreaterThan(0);
  });
});
