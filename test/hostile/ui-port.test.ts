/** Neighbours on the network against the UI port: nobody without a token can keep the operator out. */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, type TestLab, TOKENS } from '../sinks/live/lab-dependencies.ts';
import { createAuthority } from '../wire/certificates.ts';

const UPGRADE =
  'GET /api/alerts/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

let lab: TestLab;
let impatient: TestLab;
const errors: unknown[] = [];
const open = new Set<Socket>();
beforeAll(async () => {
  lab = await startLab({ onError: (error) => errors.push(error), admit: (ip) => ip !== '127.0.0.9' });
  const leaf = createAuthority('Test Lab CA').issue(['127.0.0.1']);
  impatient = await startLab({ headMs: 300, leafFor: () => leaf });
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await lab.close();
  await impatient.close();
});

/** Never ends its own side. `closed` resolves when the lab has let go of it. */
function neighbour(text: string, from = '127.0.0.1', port = lab.address.port) {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });
  open.add(socket);
  let said = '';
  const closed = new Promise<void>((done) => {
    // Our own side stays open: only a write shows whether the other one has gone.
    socket.on('end', () => {
      const probe = setInterval(() => socket.write('x'), 10);
      socket.once('close', () => clearInterval(probe));
    });
    socket.once('close', () => done());
  });
  socket.on('error', () => {});
  socket.on('data', (part) => {
    said += part.toString();
  });
  socket.write(text);
  const says = (what: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!what.test(said)) return;
        socket.off('data', look);
        resolve();
      };
      socket.on('data', look);
      look();
    });
  return { text: () => said, closed, says, write: (more: string) => socket.write(more) };
}

const health = async (): Promise<number> => (await fetch(`${lab.url}/api/health`)).status;

describe('the UI port', () => {
  it('lets go of a refused WebSocket at once, though the client holds on to it', async () => {
    const refused = neighbour(UPGRADE);
    await refused.closed;
    expect(refused.text()).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('has room for the operator while a neighbour holds all it can get', async () => {
    const held = Array.from({ length: 600 }, () => neighbour('GET /api/health HTTP/1.1\r\nX: ', '127.0.0.66'));
    // All beyond its share are closed.
    await Promise.all(held.slice(200).map(({ closed }) => closed));
    expect(await health()).toBe(200);
  });

  it('has room for the operator while a program of this machine holds idle connections, and keeps who is known', async () => {
    const narrow = await startLab({ ownMachine: 32 });
    try {
      const port = narrow.address.port;
      const ask = `GET /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKENS.viewer}\r\n\r\n`;
      const known = neighbour(ask, '127.0.0.1', port);
      await known.says(/"role":"viewer"/);
      const idle = Array.from({ length: 100 }, () => neighbour('', '127.0.0.1', port));
      // The oldest of them have given way.
      await Promise.all(idle.slice(0, 68).map(({ closed }) => closed));
      expect((await fetch(`${narrow.url}/api/health`)).status).toBe(200);
      const before = known.text().length;
      known.write(ask);
      while (known.text().length === before) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(known.text().match(/"role":"viewer"/g)).toHaveLength(2);
    } finally {
      await narrow.close();
    }
  });

  /** Which of them are let go of is the lab's to choose. */
  function allBut(places: number, neighbours: readonly { closed: Promise<unknown> }[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let open = neighbours.length;
    for (const { closed } of neighbours) void closed.then(() => --open <= places && resolve());
    return promise;
  }

  it('has room for the operator, on this machine and on another, while four neighbours hold half a request each place', async () => {
    const half = (from: string) =>
      Array.from({ length: 128 }, () => neighbour('GET /api/health HTTP/1.1\r\nX: ', from));
    const held = ['127.0.0.71', '127.0.0.72', '127.0.0.73', '127.0.0.74', '127.0.0.75'].map(half);
    await allBut(256, held.flat());
    expect(await health()).toBe(200);
    const ask = `GET /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKENS.viewer}\r\n\r\n`;
    const operator = neighbour(ask, '127.0.0.80');
    await operator.says(/"role":"viewer"/);
    // Known from now on: what strangers do costs it nothing.
    const more = Array.from({ length: 40 }, (_, i) => half(`127.0.1.${i + 1}`));
    await allBut(256, more.slice(0, 8).flat());
    operator.write(ask);
    await operator.says(/"role":"viewer".*"role":"viewer"/s);
  });

  it('lets go of whoever does not finish a head, in clear or shaking hands', async () => {
    const { port } = impatient.address;
    await neighbour('', '127.0.0.90', port).closed;
    await neighbour('GET / HTTP/1.1\r\nX: ', '127.0.0.90', port).closed;
    await neighbour('\x16\x03\x01\x01\x09', '127.0.0.90', port).closed;
  });

  it('serves nobody from where clients are not admitted', async () => {
    const stranger = neighbour('GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', '127.0.0.9');
    await stranger.closed;
    expect(stranger.text()).toBe('');
  });

  it('answers requests nobody can read, and leaves them out of the log', async () => {
    for (const head of ['GET /api\\alerts HTTP/1.1\r\nHost: 127.0.0.1', 'GET /api/health HTTP/1.0']) {
      const odd = neighbour(`${head}\r\nConnection: close\r\n\r\n`);
      await odd.closed;
      expect(odd.text()).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(errors).toEqual([]);
  });
});
