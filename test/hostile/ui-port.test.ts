/** Neighbours on the network against the UI port: nobody without a token can keep the operator out. */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, type TestLab } from '../sinks/live/lab-dependencies.ts';

const UPGRADE =
  'GET /api/alerts/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

let lab: TestLab;
const errors: unknown[] = [];
const open = new Set<Socket>();
beforeAll(async () => {
  lab = await startLab({ onError: (error) => errors.push(error), admit: (ip) => ip !== '127.0.0.9' });
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await lab.close();
});

/** Never ends its own side. `closed` resolves when the lab has let go of it. */
function neighbour(text: string, from = '127.0.0.1'): { text(): string; closed: Promise<void> } {
  const { port } = lab.address;
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
  return { text: () => said, closed };
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
