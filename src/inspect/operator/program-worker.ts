/** Runs one decoder program of the operator in a thread of its own: it may loop or throw, and nobody but it waits. */
import { type MessagePort, workerData } from 'node:worker_threads';

export interface ProgramThreadData {
  /** URL of the program. */
  href: string;
  port: MessagePort;
  /** Counts the answers. */
  signal: Int32Array;
}

export interface ProgramCall {
  bytes: Uint8Array;
  context: unknown;
}

export type ProgramAnswer = { opened: Uint8Array | null } | { fault: string };

/** What the program says of itself, in the first message. */
export interface ProgramFacts {
  name: unknown;
  description: unknown;
  readsText: unknown;
  hasOpen: boolean;
  /** Why it cannot be loaded; null when it was. */
  problem: string | null;
}

/** A decoder that makes more than this of at most 1 MB is wrong. */
const MAX_OPENED = 16 << 20;

const { href, port, signal } = workerData as ProgramThreadData;

function answer(given: ProgramAnswer): void {
  port.postMessage(given);
  Atomics.add(signal, 0, 1);
  Atomics.notify(signal, 0);
}

function resultOf(opened: unknown): ProgramAnswer {
  if (opened === null || opened === undefined) return { opened: null };
  if (!(opened instanceof Uint8Array)) return { fault: 'no Buffer' };
  return opened.length > MAX_OPENED ? { fault: 'too large' } : { opened };
}

const facts: ProgramFacts = { name: null, description: null, readsText: null, hasOpen: false, problem: null };
try {
  const program = (await import(href)) as Record<string, unknown>;
  const { open } = program;
  const { name, description, readsText } = program;
  Object.assign(facts, { name, description, readsText, hasOpen: typeof open === 'function' });
  port.on('message', ({ bytes, context }: ProgramCall) => {
    try {
      answer(resultOf((open as (bytes: Buffer, context: unknown) => unknown)(Buffer.from(bytes), context)));
    } catch {
      answer({ fault: 'it threw' });
    }
  });
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  facts.problem = `${code ?? 'error'}: ${String(message ?? error).split('\n', 1)[0]}`;
}
port.postMessage({
  ...facts,
  name: typeof facts.name === 'string' ? facts.name : null,
  description: typeof facts.description === 'string' ? facts.description : null,
  readsText: facts.readsText === true,
});
