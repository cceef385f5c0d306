/** What happened to a connection before http-mitm-proxy gets it must not be lost: its flow would stay open for ever. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createMitmCarrier } from '../../src/mitm/carrier.ts';
import type { LiveFlow } from '../../src/model/connection.ts';
import { flow } from '../readers/reading.ts';
import { silentLog } from '../wire/lab.ts';

const quiet = (): Socket => new Socket().on('error', () => {});

async function gone(error?: NodeJS.ErrnoException): Promise<Socket> {
  const socket = quiet();
  const closed = once(socket, 'close').catch(() => {});
  socket.destroy(error);
  await closed;
  return socket;
}

const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

it.each([
  ['the phone that was reset', reset, undefined, 'client-reset'],
  ['the phone that was closed', undefined, undefined, 'client-reset'],
  ['the server that was reset', null, reset, 'server-reset'],
])('closes the flow of %s before', async (_, phoneError, serverError, reason) => {
  const closes: string[] = [];
  const live: LiveFlow = {
    flow,
    up: () => {},
    down: () => {},
    end: () => {},
    count: () => {},
    emit: () => {},
    control: () => {},
    close: (why) => void closes.push(why),
  };
  const phone = phoneError === null ? quiet() : await gone(phoneError);
  const server = serverError ? await gone(serverError) : quiet();
  const carrier = createMitmCarrier({ now: Date.now, log: silentLog });
  carrier.carry({ stream: phone, raw: phone }, { stream: server, raw: server }, live, {});
  await expect.poll(() => closes).toEqual([reason]);
});
