/**
 * A decoder program of the operator, called as if it were a function. It runs in a thread of its own and is waited for
 * `LIMIT_MS`; one that takes longer is ended and started again, a few times, and after that let be.
 * Promise: a program that loops, throws or ends costs the caller no more than that; it is named in what was not looked into.
 */
import { extname } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { OperatorDecoder } from './decoder.ts';
import type { ProgramAnswer, ProgramCall, ProgramFacts, ProgramThreadData } from './program-worker.ts';

export interface OpenedProgram {
  facts: ProgramFacts;
  open: OperatorDecoder['open'];
  close(): void;
}

const LIMIT_MS = 200;
/** A program that hangs on one payload may be right for all others. */
const MAX_STARTS = 4;
const STARTING = { name: null, description: null, readsText: null, hasOpen: false } as const;

interface Thread {
  worker: Worker;
  port: MessagePort;
  signal: Int32Array;
  isReady: boolean;
}

/** Resolves when the program was loaded, or with the problem it has. */
export async function openProgram(href: string): Promise<OpenedProgram> {
  let starts = 0;
  let thread: Thread | null = null;

  async function start(): Promise<ProgramFacts> {
    starts++;
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(4));
    const data: ProgramThreadData = { href, port: port2, signal };
    const url = new URL(`./program-worker${extname(import.meta.url)}`, import.meta.url);
    const worker = new Worker(url, { workerData: data, transferList: [port2], stdout: true, stderr: true });
    const begun: Thread = { worker, port: port1, signal, isReady: false };
    thread = begun;
    const facts = await new Promise<ProgramFacts>((resolve) => {
      port1.once('message', resolve);
      worker.once('error', (error: Error) => resolve({ ...STARTING, problem: error.message.split('\n', 1)[0] ?? '' }));
      worker.once('exit', () => resolve({ ...STARTING, problem: 'it ended by itself' }));
    });
    begun.isReady = true;
    worker.on('error', () => {});
    worker.once('exit', () => end(begun));
    // Neither keeps the lab from ending.
    worker.unref();
    port1.unref();
    return facts;
  }

  function end(ended: Thread): void {
    if (thread !== ended) return;
    thread = null;
    ended.port.close();
    void ended.worker.terminate();
    if (starts < MAX_STARTS) void start();
  }

  const facts = await start();
  return {
    facts,
    open(bytes, context) {
      if (!thread?.isReady) throw new Error('it was ended');
      const { port, signal } = thread;
      const before = Atomics.load(signal, 0);
      const call: ProgramCall = { bytes: Uint8Array.from(bytes), context };
      port.postMessage(call);
      if (Atomics.wait(signal, 0, before, LIMIT_MS) === 'timed-out') {
        end(thread);
        throw new Error(`it took more than ${LIMIT_MS} ms`);
      }
      const answer = receiveMessageOnPort(port)?.message as ProgramAnswer | undefined;
      if (!answer) throw new Error('it gave no answer');
      if ('fault' in answer) throw new TypeError(answer.fault);
      return answer.opened && Buffer.from(answer.opened.buffer, answer.opened.byteOffset, answer.opened.length);
    },
    close() {
      starts = MAX_STARTS;
      if (thread) end(thread);
    },
  };
}
