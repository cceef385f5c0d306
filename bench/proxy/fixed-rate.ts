/**
 * Requests at a fixed rate, whether or not the earlier ones are answered (open loop). Latency counts from the moment a
 * request was due, so that waiting for a free connection, for a proxy that stands still, or for the load itself, is seen and not
 * left out. The load costs as little as it can, because on two cores it shares one with the origin: requests are made before
 * the clock starts, those due in the same millisecond go out together, and no request has a timer or a promise of its own.
 */
import { setTimeout } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { readMessages } from './http1-messages.ts';
import { openTls, type Target } from './phone.ts';
import { quantile } from './report.ts';
import { http1Text, nextRequest } from './traffic.ts';

export interface Rate {
  perSecond: number;
  seconds: number;
  /** Kept alive; a request waits while all are busy. */
  connections: number;
  /** More due requests that wait than this end the measurement: the rate is not carried. */
  mostWaiting: number;
}

/** Milliseconds. */
export interface Latency {
  p50: number;
  p99: number;
  worst: number;
  /** Refused or cut off, which have no time (their connection was opened anew), and unanswered when patience ended, which have theirs so far. */
  failed: number;
}

/** Longer after the last request was due, what is not answered counts as failed. */
const PATIENCE_MS = 30_000;

export class TooSlow extends Error {}

/** One connection; `due`: of the request under way, null: none is. */
interface Lane {
  socket: TLSSocket;
  due: number | null;
}

export async function atFixedRate(target: Target, rate: Rate): Promise<Latency> {
  const total = Math.round(rate.perSecond * rate.seconds);
  const requests = Array.from({ length: total }, () => Buffer.from(http1Text(target.host, nextRequest()), 'latin1'));
  const times: number[] = [];
  const all = new Set<Lane>();
  const idle: Lane[] = [];
  /** When requests were due that wait for a free connection; they begin at `first`. */
  const waiting: number[] = [];
  let first = 0;
  let begun = 0;
  let failed = 0;
  let isOver = false;

  const begin = (lane: Lane, due: number): void => {
    lane.due = due;
    lane.socket.write(requests[begun++]!);
  };
  const free = (lane: Lane): void => {
    lane.due = null;
    if (first < waiting.length) begin(lane, waiting[first++]!);
    else idle.push(lane);
  };
  const open = async (): Promise<void> => {
    const lane: Lane = { socket: await openTls(target, 'http/1.1'), due: null };
    let isGood = true;
    const read = readMessages({
      head(text) {
        isGood = text.startsWith('HTTP/1.1 200');
      },
      end() {
        if (isOver || lane.due === null) return;
        if (!isGood) return void lane.socket.destroy();
        times.push(performance.now() - lane.due);
        free(lane);
      },
    });
    lane.socket.on('data', read).on('error', () => undefined);
    lane.socket.on('close', () => {
      all.delete(lane);
      if (isOver) return;
      const at = idle.indexOf(lane);
      if (at >= 0) idle.splice(at, 1);
      if (lane.due !== null) failed++;
      // What rejects is a connection that could not be opened anew: one less then.
      open().catch(() => undefined);
    });
    if (isOver) return void lane.socket.destroy();
    all.add(lane);
    free(lane);
  };

  await Promise.all(Array.from({ length: rate.connections }, open));
  const began = performance.now();
  const isCarried = (): boolean => waiting.length - first <= rate.mostWaiting;
  /** The millisecond, counted from the beginning, in which a request is due. */
  const dueOf = (index: number): number => began + Math.floor((index * 1000) / rate.perSecond);
  for (let sent = 0; sent < total && isCarried(); await setTimeout(1)) {
    for (const now = performance.now(); sent < total && dueOf(sent) <= now; sent++) {
      const lane = idle.shift();
      if (lane) begin(lane, dueOf(sent));
      else waiting.push(dueOf(sent));
    }
  }
  const limit = performance.now() + PATIENCE_MS;
  while (isCarried() && times.length + failed < total && performance.now() < limit) await setTimeout(10);
  isOver = true;
  const unanswered = [...[...all].flatMap(({ due }) => due ?? []), ...waiting.slice(first)];
  for (const { socket } of all) socket.destroy();
  if (!isCarried()) throw new TooSlow(`${rate.perSecond} requests a second were not carried`);
  const now = performance.now();
  times.push(...unanswered.map((due) => now - due));
  return {
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    worst: times.reduce((most, one) => Math.max(most, one), 0),
    failed: failed + unanswered.length,
  };
}
