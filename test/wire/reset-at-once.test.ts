/** A phone that resets its connection at any moment of its TLS handshake or right after it: the server meets a reset, not an end. */
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { labCa, startLab, type TestLab, worldCa } from './lab.ts';
import { dialUp, tlsServer } from './servers.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function one(when: 'at once' | 'in the next turn' | 'after a word', version: 'TLSv1.2' | 'TLSv1.3') {
  const lab: TestLab = await startLab();
  closing.push(() => lab.stop());
  const met = Promise.withResolvers<string>();
  const made = await tlsServer(worldCa.issue(['a.test']), (socket) => {
    socket.on('error', (error: NodeJS.ErrnoException) => met.resolve(error.code ?? 'error'));
    socket.on('end', () => met.resolve('end'));
    socket.resume();
  });
  closing.push(() => made.close());
  lab.map.set('a.test:443', made.port);
  const { socket } = dialUp(lab.door.port);
  socket.write('CONNECT a.test:443 HTTP/1.1\r\n\r\n');
  await new Promise((done) => socket.once('data', done));
  const stream = connectTls({ socket, servername: 'a.test', ca: [labCa.pem, worldCa.pem], maxVersion: version });
  stream.on('error', () => {});
  await new Promise<void>((done) =>
    stream.once('secureConnect', () => {
      if (when === 'after a word') stream.write('x');
      if (when === 'at once') socket.resetAndDestroy();
      else setImmediate(() => (socket as Socket).resetAndDestroy());
      done();
    }),
  );
  const server = await met.promise;
  const { closed } = await lab.closed();
  return { server, reason: closed.reason };
}

describe.each(['TLSv1.3', 'TLSv1.2'] as const)('a phone that resets, %s', (version) => {
  it.each(['at once', 'in the next turn', 'after a word'] as const)('%s', async (when) => {
    // Which system call meets the reset first is a matter of chance.
    for (let time = 0; time < 5; time++) {
      const { server, reason } = await one(when, version);
      expect(server).toBe('ECONNRESET');
      // Without a word it may also be a refused certificate: apps that look at it after the handshake leave like this.
      expect(reason).toMatch(when === 'after a word' ? /^client-reset$/ : /^client-(reset|rejected-certificate)$/);
    }
  });
});
