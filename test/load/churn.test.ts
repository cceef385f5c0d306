/**
 * Thousands of short connections of every ending: answered and closed, broken off, silent, refused by the server, nonsense.
 * Nothing of them stays: no flow, no socket, no memory. 700 bytes left behind per connection would be found.
 */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lab } from '../clients/client.ts';
import { openTls, openTunnel } from '../clients/tunnel.ts';
import { eventually } from '../e2e/eventually.ts';
import { startWorld, type World } from '../e2e/world.ts';
import { settles } from '../trials/settled.ts';

const CONNECTIONS_A_ROUND = 1000;
const MAX_ROUNDS = 25;
const AT_ONCE = 50;
/** Sockets of the API's own client, and what the store opens when it pleases. */
const OWN_FILES = 8;
const CLOSED_HOST = 'closed.example.com';

let world: World;
/** Trusts the server as well: behind a silent close one connection is passed through. */
let phone: Lab;
beforeAll(async () => {
  world = await startWorld({
    // A port at which nobody listens.
    more: async () => [{ host: CLOSED_HOST, port: 443, listensOn: await freePort() }],
  });
  const [own, servers] = await Promise.all([readFile(world.lab.ready.ca.pem), readFile(world.originCaFile)]);
  const caFile = path.join(world.lab.dataDir, 'phone.pem');
  await writeFile(caFile, Buffer.concat([own, servers]));
  phone = { ...world.lab.phone, caFile };
});
afterAll(() => world.end());

/** What a phone may do to a connection; each ends with the connection gone. */
const endings: (() => Promise<void>)[] = [
  () => ask(`GET ${world.http}/page HTTP/1.1\r\nHost: ${world.host}\r\nConnection: close\r\n\r\n`),
  async () => {
    const socket = await openTunnel(world.lab.phone, world.host, 80);
    socket.write(`GET /page HTTP/1.1\r\nHost: ${world.host}\r\nConnection: close\r\n\r\n`);
    await drained(socket);
  },
  async () => {
    const socket = await openTls(phone, world.host, 443, ['http/1.1']);
    socket.write(`GET /page HTTP/1.1\r\nHost: ${world.host}\r\nConnection: close\r\n\r\n`);
    await drained(socket);
  },
  async () => {
    const socket = await openTls(phone, world.host, 443, ['http/1.1']);
    socket.write(`POST /echo HTTP/1.1\r\nHost: ${world.host}\r\nContent-Length: 1000\r\n\r\nnot all of it`);
    socket.destroy();
  },
  async () => {
    const socket = await openTunnel(world.lab.phone, world.host, 443);
    socket.resetAndDestroy();
  },
  () => ask(`CONNECT ${CLOSED_HOST}:443 HTTP/1.1\r\nHost: ${CLOSED_HOST}:443\r\n\r\n`),
  () => ask('\u0001\u0002 nonsense'),
  async () => {
    const socket = connect(world.lab.phone.proxy.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.end();
    await drained(socket);
  },
];

it('leaves nothing behind after thousands of connections', async () => {
  await inBatches(400);
  await eventually('a quiet start', async () => (await openFlows()) === 0);
  const files = await world.lab.openFiles();
  await settles(MAX_ROUNDS, async () => {
    await inBatches(CONNECTIONS_A_ROUND);
    await eventually('every flow closed', async () => (await openFlows()) === 0);
    return world.lab.residentBytes();
  });
  await eventually('every socket closed', async () => (await world.lab.openFiles()) <= files + OWN_FILES);
  expect(world.lab.stderr()).not.toMatch(/internal error|failed in the/);
});

async function inBatches(count: number): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => endings[(done + index) % endings.length]!()));
}

async function ask(words: string): Promise<void> {
  const socket = connect(world.lab.phone.proxy.port, '127.0.0.1');
  socket.write(words, 'latin1');
  await drained(socket);
}

/** Until it is closed, however. */
async function drained(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('error', () => undefined).once('close', () => resolve());
  socket.resume().once('end', () => socket.end());
  await promise;
}

async function openFlows(): Promise<number> {
  return ((await world.lab.api('/api/stats')) as { openFlows: number }).openFlows;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
