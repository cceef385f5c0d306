/** Names with several addresses, some of them dead: the good one is found soon, and the dead ones are remembered. */
import { afterEach, expect, it, vi } from 'vitest';
import { text } from '../../src/model/text.ts';
import { createDial } from '../../src/wire/dial.ts';
import { createRace } from '../../src/wire/race.ts';
import { type TestServer, tcpServer } from './servers.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const server of servers.splice(0)) await server.close();
});

/** Attempts under the test's hand: which were begun, when, and what becomes of them. */
function track() {
  const begun: string[] = [];
  const cancelled: string[] = [];
  const settle = new Map<string, (outcome: { won: string } | { lost: string }) => void>();
  const attempt = (address: string) => {
    begun.push(address);
    const { promise, resolve } = Promise.withResolvers<{ won: string } | { lost: string }>();
    settle.set(address, resolve);
    return { outcome: promise, cancel: () => cancelled.push(address) };
  };
  return {
    begun,
    cancelled,
    attempt,
    settle: (address: string, outcome: { won: string } | { lost: string }) => settle.get(address)!(outcome),
  };
}

it('a dead IPv6 address costs a quarter of a second, once', async () => {
  vi.useFakeTimers();
  const race = createRace();
  const first = track();
  const result = race(['2001:db8::1', '192.0.2.1'], 443, first.attempt);
  await vi.advanceTimersByTimeAsync(249);
  expect(first.begun).toEqual(['2001:db8::1']);
  await vi.advanceTimersByTimeAsync(1);
  expect(first.begun).toEqual(['2001:db8::1', '192.0.2.1']);
  first.settle('192.0.2.1', { won: 'v4' });
  expect(await result).toEqual({ won: 'v4' });
  expect(first.cancelled).toEqual(['2001:db8::1']);

  const second = track();
  void race(['2001:db8::1', '192.0.2.1'], 443, second.attempt);
  expect(second.begun).toEqual(['192.0.2.1']);
  const elsewhere = track();
  void race(['2001:db8::1', '192.0.2.1'], 80, elsewhere.attempt);
  expect(elsewhere.begun).toEqual(['2001:db8::1']);
});

it('a slow address is not given up while others are tried, and the families take turns', async () => {
  vi.useFakeTimers();
  const tries = track();
  const result = createRace()(['2001:db8::1', '2001:db8::2', '192.0.2.1', '192.0.2.2'], 443, tries.attempt);
  await vi.advanceTimersByTimeAsync(1000);
  expect(tries.begun).toEqual(['2001:db8::1', '192.0.2.1', '2001:db8::2', '192.0.2.2']);
  tries.settle('2001:db8::1', { won: 'slow' });
  expect(await result).toEqual({ won: 'slow' });
  expect(tries.cancelled).toEqual(['192.0.2.1', '2001:db8::2', '192.0.2.2']);
});

it('a refused address gives way to the next at once, and when all fail every reason is told', async () => {
  vi.useFakeTimers();
  const tries = track();
  const result = createRace()(['192.0.2.1', '192.0.2.2'], 443, tries.attempt);
  tries.settle('192.0.2.1', { lost: 'refused' });
  await vi.advanceTimersByTimeAsync(0);
  expect(tries.begun).toEqual(['192.0.2.1', '192.0.2.2']);
  tries.settle('192.0.2.2', { lost: 'timeout' });
  expect(await result).toEqual({ lost: ['refused', 'timeout'] });
});

it('dials the one address of six at which somebody listens, and no address that policy refuses', async () => {
  const server = await tcpServer((socket) => socket.resume());
  servers.push(server);
  const asked: string[] = [];
  const dial = createDial({
    upstream: () => null,
    mayConnect: (ip) => {
      asked.push(ip);
      return ip === '127.0.0.9' ? { ok: false, why: text('treated.private-network') } : { ok: true };
    },
    resolve: () => Promise.resolve(['127.0.0.9', '127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.1']),
    connectTimeoutMs: 5000,
  });
  const dialled = await dial({ host: 'many.test', port: server.port });
  expect(dialled).toMatchObject({ ok: true, ip: '127.0.0.1' });
  if (dialled.ok) dialled.socket.destroy();
  expect(asked).toContain('127.0.0.9');
  const refused = createDial({
    upstream: () => null,
    mayConnect: () => ({ ok: false, why: text('treated.private-network') }),
    resolve: () => Promise.resolve(['127.0.0.1']),
    connectTimeoutMs: 5000,
  });
  expect(await refused({ host: 'many.test', port: server.port })).toMatchObject({
    ok: false,
    reason: 'refused-by-policy',
  });
});
