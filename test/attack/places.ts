/**
 * Fifty phones with a hundred connections each, and one of them opens more as fast as it can: the others must not notice. Measured is
 * what each of them waits for an answer, on connections it holds and on new ones.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { type LabProcess, startLab } from '../e2e/lab-process.ts';
import type { Tally, Trial } from '../trials/trial.ts';
import type { FloodCounts, FloodTask } from './flood.ts';

const HOST = 'collector.example.com';
/** 99 of 100 answers to a phone that does nothing wrong; in short what shows on any machine: that nobody is locked out. */
const MOST_MS = { full: 50, short: 1000 };
const EVERY_MS = 100;
/** Every so many requests come on a connection of their own. */
const NEW_EVERY = 5;

interface Size {
  phones: number;
  each: number;
  seconds: number;
  mostMs: number;
}

interface Phone {
  address: string;
  sockets: Socket[];
  waits: number[];
  /** Of new connections alone. */
  begins: number[];
  helds: number[];
  failed: number;
}

export const places: Trial<{ isFull: boolean }> = {
  name: 'a phone that takes all connections',
  needs: [],
  async run({ isFull }) {
    const size = isFull
      ? { phones: 50, each: 100, seconds: 30, mostMs: MOST_MS.full }
      : { phones: 20, each: 20, seconds: 3, mostMs: MOST_MS.short };
    const directory = await mkdtemp(path.join(tmpdir(), 'places-'));
    const origin = thread({ serve: true });
    const dial = `127.0.0.1:${await said<number>(origin)}`;
    const map = path.join(directory, 'map.json');
    await writeFile(map, JSON.stringify([{ host: HOST, port: 80, dial, address: '192.0.2.80' }]));
    const lab = await startLab({ args: ['--upstream-map', map] });
    try {
      return await attack(lab, size);
    } finally {
      await lab.stop();
      await origin.terminate();
      await rm(directory, { recursive: true });
    }
  },
};

async function attack(lab: LabProcess, size: Size): Promise<Tally> {
  const { port } = lab.phone.proxy;
  const phones = Array.from({ length: size.phones - 1 }, (_, i): Phone => {
    return { address: `127.0.77.${i + 1}`, sockets: [], waits: [], begins: [], helds: [], failed: 0 };
  });
  for (let n = 0; n < size.each; n++)
    await Promise.all(phones.map(async (phone) => phone.sockets.push(await opened(port, phone.address))));
  await during(phones, port, size.seconds);
  const quiet = percentile(
    phones.flatMap(({ waits }) => waits),
    0.99,
  );
  for (const phone of phones) {
    phone.waits = [];
    phone.begins = [];
    phone.helds = [];
  }
  await lab.api('/api/stats');
  const flood = thread({ serve: false, port, host: HOST, from: '127.0.77.200', atOnce: 2000 });
  await during(phones, port, size.seconds);
  flood.postMessage('counts');
  const { opened: tried, refused } = await said<FloodCounts>(flood);
  await flood.terminate();
  const { relay } = (await lab.api('/api/stats')) as { relay: { loopDelay: { p99: number; max: number } } };
  const relayMs = `${(relay.loopDelay.p99 * 1000).toFixed(0)} and ${(relay.loopDelay.max * 1000).toFixed(0)} ms`;
  for (const { sockets } of phones) for (const socket of sockets) socket.destroy();
  // Where others work on the machine, what they cost without the flood is no fault of the lab's.
  const most = Math.max(size.mostMs, 2 * quiet);
  const lost = phones.flatMap((phone) => {
    const p99 = percentile(phone.waits, 0.99);
    if (phone.failed > 0) return [`${phone.address}: ${phone.failed} requests were not answered`];
    return p99 <= most ? [] : [`${phone.address}: 99 of 100 answers within ${p99.toFixed(0)} ms`];
  });
  const waits = phones.flatMap((phone) => phone.waits);
  const held = phones.length * size.each;
  const note = `${held} connections of ${phones.length} phones, ${waits.length} answers: p50 ${percentile(waits, 0.5).toFixed(1)}, p99 ${percentile(waits, 0.99).toFixed(1)} ms (${quiet.toFixed(1)} without the flood; new connections p99 ${percentile(
    phones.flatMap(({ begins }) => begins),
    0.99,
  ).toFixed(
    1,
  )}); the relay was late by at most (99 of 100 times, ever) ${relayMs}; the flood opened ${tried}, ${refused} were closed`;
  return { tried: phones.length, lost, note };
}

/** All phones ask, each at its own moments; new connections are spread over them as well. */
async function during(phones: Phone[], port: number, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  await Promise.all(
    phones.map(async (phone, index) => {
      await pause((index / phones.length) * EVERY_MS);
      for (let n = 0; performance.now() < end; n++) {
        const began = performance.now();
        try {
          const isNew = (n + index) % NEW_EVERY === 0;
          if (isNew) (await opened(port, phone.address)).destroy();
          else await ask(phone.sockets[n % phone.sockets.length] as Socket, `/${n}`);
          const wait = performance.now() - began;
          phone.waits.push(wait);
          (isNew ? phone.begins : phone.helds).push(wait);
        } catch {
          phone.failed++;
        }
        await pause(EVERY_MS);
      }
    }),
  );
}

/** A connection on which one request was answered. */
async function opened(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
  socket.on('error', () => {});
  await ask(socket, '/first');
  return socket;
}

function ask(socket: Socket, target: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const settle = (done: () => void) => {
      socket.off('data', onData).off('close', onClose);
      done();
    };
    const onData = (part: Buffer) => {
      text += part.toString('latin1');
      if (text.endsWith('\r\n\r\nok')) settle(resolve);
    };
    const onClose = () => settle(() => reject(new Error('closed')));
    socket.on('data', onData).once('close', onClose);
    if (socket.destroyed) onClose();
    socket.write(`GET http://${HOST}${target} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  });
}

const thread = (task: FloodTask): Worker => new Worker(new URL('./flood.ts', import.meta.url), { workerData: task });
const said = <T>(worker: Worker): Promise<T> =>
  new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function percentile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.POSITIVE_INFINITY;
}
