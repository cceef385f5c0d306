import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { worldCa } from './lab.ts';
import { dialUp, type TestServer, tlsServer } from './servers.ts';

interface Answer {
  port: number;
  rss: number;
  peak: number;
}

const MB = 1024 * 1024;
let relay: ChildProcess;
let port = 0;
const servers: TestServer[] = [];
const ask = async (message: object): Promise<Answer> => {
  const answer = once(relay, 'message');
  relay.send(message);
  return (await answer)[0] as Answer;
};
beforeEach(async () => {
  // Chunks die young: a small young generation keeps them from piling up (measured: 15 MB of growth, not 55).
  const execArgv = ['--max-semi-space-size=1'];
  relay = fork(new URL('./relay-process.ts', import.meta.url), { execArgv, env: { PATH: process.env.PATH ?? '' } });
  port = ((await once(relay, 'message'))[0] as Answer).port;
});
afterEach(async () => {
  relay.kill();
  for (const server of servers.splice(0)) await server.close();
});

async function secure(): Promise<TLSSocket> {
  const client = dialUp(port);
  client.socket.write('CONNECT big.test:443 HTTP/1.1\r\n\r\n');
  await client.until((bytes) => bytes.includes('\r\n\r\n'));
  client.socket.removeAllListeners('data');
  const tls = tlsConnect({ socket: client.socket, servername: 'big.test', rejectUnauthorized: false });
  await once(tls, 'secureConnect');
  return tls;
}

it('uploads 200 MB to a server that stalls with flat memory, and every byte arrives', async () => {
  const total = 200 * MB;
  let peer: TLSSocket | undefined;
  const server = await tlsServer(worldCa.issue(['big.test']), (socket) => {
    peer = socket;
  });
  servers.push(server);
  const before = await ask({ map: ['big.test:443', server.port] });
  const tls = await secure();
  const block = Buffer.alloc(MB, 'upload ');
  const sent = createHash('sha256');
  const upload = (async () => {
    for (let done = 0; done < total; done += MB) {
      block.writeUInt32BE(done, 0);
      sent.update(block);
      if (!tls.write(Buffer.from(block))) await once(tls, 'drain');
    }
    tls.end();
  })();
  // Stalled means: the phone can write no more because nobody reads. Its own queue tells.
  await expect.poll(() => peer !== undefined && tls.writableLength, { timeout: 60_000 }).toBeGreaterThan(0);
  let last = -1;
  await expect
    .poll(
      () => {
        const still = tls.bytesWritten === last;
        last = tls.bytesWritten;
        return still;
      },
      { timeout: 60_000, interval: 200 },
    )
    .toBe(true);
  const stalled = await ask({ ask: true });
  const got = createHash('sha256');
  let size = 0;
  peer?.on('data', (chunk: Buffer) => {
    got.update(chunk);
    size += chunk.length;
  });
  await upload;
  await once(peer!, 'end');
  expect(size).toBe(total);
  expect(got.digest('hex')).toBe(sent.digest('hex'));
  const after = await ask({ ask: true });
  expect(stalled.rss - before.rss).toBeLessThan(25 * MB);
  expect(after.peak - before.peak).toBeLessThan(45 * MB);
});
