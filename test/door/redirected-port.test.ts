/** The port for redirected connections, with the kernel's answer injected: who is delivered, who is refused, what is told. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { OriginalDestination } from '../../src/door/original-destination.ts';
import {
  createOwnAddresses,
  type ListenerOptions,
  openListener,
  type TransparentListener,
} from '../../src/door/redirected-port.ts';
import { type Text, text } from '../../src/model/text.ts';

interface Heard {
  delivered: OriginalDestination[];
  refused: { destination: OriginalDestination | null; why: Text }[];
}

const open: TransparentListener[] = [];
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
});

async function listen(original: OriginalDestination | null, more: Partial<ListenerOptions> = {}) {
  const heard: Heard = { delivered: [], refused: [] };
  const told = Promise.withResolvers<void>();
  const done = (socket: Socket): void => {
    socket.destroy();
    told.resolve();
  };
  const listener = await openListener({
    port: 0,
    now: Date.now,
    originalDestination: () => original,
    deliver(socket, destination) {
      heard.delivered.push(destination);
      done(socket);
    },
    refuse(socket, destination, why) {
      heard.refused.push({ destination, why });
      done(socket);
    },
    isOwn: (ip) => ip === '10.77.0.1',
    ...more,
  });
  open.push(listener);
  return { listener, heard, told: told.promise };
}

async function call(port: number, host = '127.0.0.1'): Promise<void> {
  const socket = connect(port, host).on('error', () => {});
  await once(socket, 'close');
}

describe('a connection to the port for redirected connections', () => {
  it.each(['127.0.0.1', '::1'])('is delivered with where it was going, from %s', async (host) => {
    const { listener, heard, told } = await listen({ ip: '42.62.48.10', port: 443 });
    await Promise.all([call(listener.port, host), told]);
    expect(heard).toEqual({ delivered: [{ ip: '42.62.48.10', port: 443 }], refused: [] });
  });

  it('is refused when it was going to this machine, so that the lab never calls itself', async () => {
    const { listener, heard, told } = await listen({ ip: '10.77.0.1', port: 8443 });
    await Promise.all([call(listener.port), told]);
    expect(heard.delivered).toEqual([]);
    expect(heard.refused).toEqual([{ destination: { ip: '10.77.0.1', port: 8443 }, why: text('treated.lab-reached') }]);
  });

  it('is refused when the kernel does not know where it was going', async () => {
    const { listener, heard, told } = await listen(null);
    await Promise.all([call(listener.port), told]);
    expect(heard.refused).toEqual([{ destination: null, why: text('treated.no-destination') }]);
  });

  it('cannot be had on a port in use: one line that names the flag', async () => {
    const other = createServer().listen(0, '::');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(listen(null, { port })).rejects.toThrow(
      `port ${port} is in use: stop the program that uses it or choose another one with --transparent-port`,
    );
    other.close();
  });

  it('is counted, not served, beyond the most that are held at once', async () => {
    const dropped = Promise.withResolvers<void>();
    const kept: Socket[] = [];
    const { listener } = await listen(
      { ip: '42.62.48.10', port: 443 },
      {
        maxConnections: 1,
        onDrop: dropped.resolve,
        deliver: (socket) => void kept.push(socket),
      },
    );
    const first = connect(listener.port, '127.0.0.1').on('error', () => {});
    await once(first, 'connect');
    await Promise.all([call(listener.port), dropped.promise]);
    expect(kept).toHaveLength(1);
    first.destroy();
    for (const socket of kept) socket.destroy();
  });
});

describe('own addresses', () => {
  it('are asked of the system again only after a while, and hold loopback whatever it is named', () => {
    let now = 0;
    let addresses = ['10.77.0.1'];
    let asked = 0;
    const isOwn = createOwnAddresses(
      () => now,
      () => {
        asked++;
        return { lan0: addresses.map((address) => ({ address })) } as never;
      },
    );
    expect([isOwn('10.77.0.1'), isOwn('42.62.48.10'), isOwn('127.3.2.1'), isOwn('::1'), isOwn('0.0.0.0')]).toEqual([
      true,
      false,
      true,
      true,
      true,
    ]);
    addresses = ['fe80::1%lan0', 'fd77::1'];
    expect(isOwn('fd77::1')).toBe(false);
    now = 1001;
    expect([isOwn('fd77::1'), isOwn('fe80::1'), isOwn('10.77.0.1')]).toEqual([true, true, false]);
    expect(asked).toBe(2);
  });
});
