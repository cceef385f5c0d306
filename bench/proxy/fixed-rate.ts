/**
 * Requests at a fixed rate, whether or not the earlier ones are answered (open loop). Latency counts from the moment a
 * request was due, so that waiting for a free connection, or for a proxy that stands still, is seen and not left out.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { openPhone, type Phone, type Target } from './phone.ts';
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
/** A timer is late by up to this; closer than that, the loop turns without sleeping. */
const TIMER_MS = 2;

export class TooSlow extends Error {}

export async function atFixedRate(target: Target, rate: Rate): Promise<Latency> {
  const idle = await Promise.all(Array.from({ length: rate.connections }, () => openPhone(target)));
  const all = new Set(idle);
  const times: number[] = [];
  let failed = 0;
  let isOver = false;
  /** When requests were due that wait for a free connection, and that wait for their answer. */
  const waiting: number[] = [];
  const underWay = new Map<Phone, number>();

  const use = async (phone: Phone, due: number): Promise<void> => {
    underWay.set(phone, due);
    try {
      await phone.send(http1Text(target.host, nextRequest()));
      if (isOver) return;
      times.push(performance.now() - due);
      underWay.delete(phone);
    } catch {
      if (isOver) return;
      failed++;
      underWay.delete(phone);
      all.delete(phone);
      phone = await openPhone(target);
      all.add(phone);
      if (isOver) phone.socket.destroy();
    }
    const next = waiting.shift();
    if (next === undefined) idle.push(phone);
    else begin(phone, next);
  };
  /** What rejects is a connection that could not be opened anew: one less then. */
  const begin = (phone: Phone, due: number): void => void use(phone, due).catch(() => undefined);

  const total = rate.perSecond * rate.seconds;
  const began = performance.now();
  for (let sent = 0; sent < total && waiting.length <= rate.mostWaiting; ) {
    const due = began + (sent * 1000) / rate.perSecond;
    const early = due - performance.now();
    if (early > TIMER_MS) await setTimeout(early - TIMER_MS);
    else if (early > 0) await setImmediate();
    else {
      sent++;
      const phone = idle.pop();
      if (phone) begin(phone, due);
      else waiting.push(due);
      // Whoever is late must read answers all the same.
      if (!phone) await setImmediate();
    }
  }
  const isCarried = waiting.length <= rate.mostWaiting;
  const limit = performance.now() + PATIENCE_MS;
  while (isCarried && times.length + failed < total && performance.now() < limit) await setTimeout(10);
  isOver = true;
  const unanswered = [...underWay.values(), ...waiting.splice(0)];
  for (const { socket } of all) socket.destroy();
  if (!isCarried) throw new TooSlow(`${rate.perSecond} requests a second were not carried`);
  const now = performance.now();
  times.push(...unanswered.map((due) => now - due));
  return {
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    worst: Math.max(...times),
    failed: failed + unanswered.length,
  };
}
