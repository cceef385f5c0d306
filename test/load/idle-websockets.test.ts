/**
 * 1,800 WebSockets that say nothing for a while: what each costs the lab in memory, that all still speak afterwards, and
 * that all of it is given back.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openTls } from '../clients/tunnel.ts';
import { eventually } from '../e2e/eventually.ts';
import { startWorld, type World } from '../e2e/world.ts';

const SOCKETS = 1000;
/** Handshakes under way at once: a phone that comes back into the network opens many, not a thousand. */
const AT_ONCE = 50;
/** What the first connections load, compile and make V8 set aside once (young generations of 40 MB) is not theirs. */
const WARM_UP = 800;
/** Two TLS connections, their buffers and what is known about the flow. */
const MAX_BYTES_EACH = 160 * 1024;

let world: World;
const open: WebSocket[] = [];
beforeAll(async () => {
  // All of them come from one address.
  world = await startWorld({ args: ['--phone-connections', '2000'] });
});
afterAll(async () => {
  for (const socket of open) socket.terminate();
  await world.end();
});

it('keeps 1,000 idle WebSockets, each below 160 KB', async () => {
  await openTo(WARM_UP);
  const before = await world.lab.residentBytes();
  const filesBefore = await world.lab.openFiles();
  await openTo(WARM_UP + SOCKETS);
  expect(await openFlows()).toBe(WARM_UP + SOCKETS);
  const each = ((await world.lab.residentBytes()) - before) / SOCKETS;
  expect(each, 'bytes of the lab per idle WebSocket over TLS').toBeLessThan(MAX_BYTES_EACH);

  const echoes = await Promise.all(open.map((socket, index) => echo(socket, `still here, ${index}`)));
  expect(echoes).toEqual(open.map((_, index) => `still here, ${index}`));

  for (const socket of open.splice(0)) socket.close();
  await eventually('every flow closed', async () => (await openFlows()) === 0);
  await eventually('every socket closed', async () => (await world.lab.openFiles()) <= filesBefore - 2 * WARM_UP + 8);
});

async function openTo(count: number): Promise<void> {
  while (open.length < count) open.push(...(await Promise.all(Array.from({ length: AT_ONCE }, openSocket))));
}

async function openSocket(): Promise<WebSocket> {
  const socket = await openTls(world.lab.phone, world.host, 443, ['http/1.1']);
  const client = new WebSocket(`wss://${world.host}/live`, {
    createConnection: () => socket,
    perMessageDeflate: false,
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.once('open', resolve).on('error', reject);
  await promise;
  return client;
}

function echo(socket: WebSocket, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.once('message', (data) => resolve(String(data)));
  socket.send(text);
  return promise;
}

async function openFlows(): Promise<number> {
  return ((await world.lab.api('/api/stats')) as { openFlows: number }).openFlows;
}
