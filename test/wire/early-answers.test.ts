/**
 * A server that answers before the upload is over and leaves (401, 413): the phone gets the answer, ten times of ten, through
 * a proxy request and a tunnel with TLS; and what came before a reset arrives before it.
 */
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { startLab, type TestLab, worldCa } from './lab.ts';
import { curlWith, dialUp, type TestServer, tcpServer, tlsServer } from './servers.ts';

const ANSWER = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\nConnection: close\r\n\r\nlog in first';
const UPLOAD = Buffer.alloc(2_000_000, 'x');
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Answers at the first words and leaves, with the upload unread: the kernel sends a reset behind the answer. */
const answerAndLeave = (socket: Socket) => {
  socket.once('data', () => socket.write(ANSWER, () => socket.destroy()));
};

async function serve(made: TestLab, scheme: string): Promise<void> {
  const server: TestServer =
    scheme === 'http' ? await tcpServer(answerAndLeave) : await tlsServer(worldCa.issue(['a.test']), answerAndLeave);
  closing.push(() => server.close());
  made.map.set(scheme === 'http' ? 'a.test:80' : 'a.test:443', server.port);
}

it.each(['http', 'https'])(
  'curl gets the answer of a server that leaves during the upload, over %s',
  async (scheme) => {
    const made = await startLab();
    closing.push(() => made.stop());
    await serve(made, scheme);
    const to = ['-x', made.proxy, '--cacert', made.caFile, '--http1.1', `${scheme}://a.test/`];
    const got: string[] = [];
    for (let n = 0; n < 10; n++)
      got.push((await curlWith(UPLOAD, '-H', 'Expect:', '--data-binary', '@-', ...to)).stdout.toString());
    expect(got).toEqual(got.map(() => 'log in first'));
  },
);

it.each([
  ['a proxy request', 'GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n', ''],
  ['a tunnel', 'CONNECT a.test:80 HTTP/1.1\r\n\r\nhello', 'HTTP/1.1 200 Connection established\r\n\r\n'],
])('what came before a reset arrives before it, ten times of ten, through %s', async (_what, ask, first) => {
  const made = await startLab();
  closing.push(() => made.stop());
  const half = `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf`;
  const server = await tcpServer((socket) => {
    socket.once('data', () => socket.write(half, () => setImmediate(() => socket.resetAndDestroy())));
  });
  closing.push(() => server.close());
  made.map.set('a.test:80', server.port);
  for (let n = 0; n < 10; n++) {
    const phone = dialUp(made.door.port);
    phone.socket.write(ask);
    expect([await phone.ended, phone.text()]).toEqual(['ECONNRESET', first + half]);
  }
});
