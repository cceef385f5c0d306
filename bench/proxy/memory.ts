/** What a contestant keeps in memory: idle, while a large upload is stalled, with many idle connections. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Entered, targetOf } from './contestant.ts';
import { inLanes } from './load.ts';
import type { BenchOrigin } from './origin.ts';
import { drained, openPhone, type Phone, type Target } from './phone.ts';
import { http1Text, nextRequest } from './traffic.ts';

const SETTLED_MS = 2000;
const PER_PHONE = 500;
const OPENED_AT_ONCE = 16;
/** So long without progress: what is in flight now is all that is taken. */
const STUCK_MS = 3000;
const PIECE_BYTES = 64 << 10;

/** Megabytes resident now, once what starting left behind had time to go. */
export async function settledMb({ running }: Entered): Promise<number> {
  await sleep(SETTLED_MS);
  return running.residentMb();
}

/** The highest so far, megabytes, after one upload to an origin that takes nothing until the phone can send no more. */
export async function peakOfUpload(entered: Entered, origin: BenchOrigin, megabytes: number): Promise<number> {
  await upload(targetOf(entered, origin.port), origin, megabytes);
  return entered.running.peakMb();
}

/** Megabytes resident with so many connections, each of which has carried a request and now waits. */
export async function withIdleConnections(entered: Entered, originPort: number, count: number): Promise<number> {
  const phones: Phone[] = [];
  try {
    await inLanes(OPENED_AT_ONCE, count, async () => {
      // No phone has thousands.
      const target = targetOf(entered, originPort, `127.0.0.${10 + Math.floor(phones.length / PER_PHONE)}`);
      const phone = await openPhone(target);
      phones.push(phone);
      await phone.send(http1Text(target.host, nextRequest()));
    });
    return await settledMb(entered);
  } finally {
    for (const { socket } of phones) socket.destroy();
  }
}

/** The phone waits whenever the proxy does not take more; when that lasts, or all is sent, the origin begins to read. */
async function upload(target: Target, origin: BenchOrigin, megabytes: number): Promise<void> {
  const phone = await openPhone(target);
  const length = megabytes << 20;
  const headers = { 'content-type': 'text/plain', 'content-length': String(length) };
  const answered = phone.send(http1Text(target.host, { path: '/stall', headers, body: '' }, 'PUT'));
  const stuck = setTimeout(origin.release, STUCK_MS);
  const pump = async (): Promise<void> => {
    for (let sent = 0, line = 0; sent < length && !phone.socket.destroyed; ) {
      let piece = '';
      while (piece.length < PIECE_BYTES) piece += `event ${line++} screen on, battery ${line % 100} %\n`;
      piece = piece.slice(0, length - sent);
      sent += piece.length;
      if (!phone.socket.write(piece, 'latin1')) await drained(phone.socket);
      stuck.refresh();
    }
  };
  // Either fails when the proxy gives up.
  await Promise.all([pump(), answered]).finally(() => {
    clearTimeout(stuck);
    phone.socket.destroy();
  });
}
