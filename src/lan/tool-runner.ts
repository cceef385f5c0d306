/**
 * The kernel's tools, started by a small process beside the lab. To start a program, Linux maps the memory of the process that starts
 * it anew: with the lab's 300 MB some 50 ms in which a thread stands still, and a copy of every page that is written afterwards, in
 * all threads. Several times a second, that is what a gateway's watching would cost; here it costs the lab a message.
 * Promise: as `tool.ts`; when the process is gone, the lab runs by itself what was asked and what is asked later.
 */
import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { text } from '../model/text.ts';
import { type Prefix, runTool, type Said, type Streamed, streamTool } from './tool.ts';

export interface Asked {
  id: number;
  kind: 'run' | 'stream';
  prefix: Prefix;
  name: string;
  args: readonly string[];
  limitMs: number | undefined;
}
export type Answer = { id: number; chunk: Buffer } | { id: number; said: Said | Streamed };

export interface ToolRunner {
  runTool: typeof runTool;
  streamTool: typeof streamTool;
  /** Ends the process, and with it what it runs; resolves when both are gone. */
  close(): Promise<void>;
}

interface Waiting {
  onData: (chunk: Buffer) => void;
  settle(said: Said | Streamed): void;
  /** The process is gone. */
  abandoned(): void;
}

export function openToolRunner(): ToolRunner {
  const program = fileURLToPath(new URL(`./tool-process${extname(import.meta.url)}`, import.meta.url));
  const child = fork(program, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
  });
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  let isGone = false;

  child.unref();
  child.channel?.unref();
  child.on('message', (answer: Answer) => {
    const one = waiting.get(answer.id);
    if ('chunk' in answer) return one?.onData(answer.chunk);
    waiting.delete(answer.id);
    return one?.settle(answer.said);
  });
  const gone = (): void => {
    isGone = true;
    for (const [id, { abandoned }] of waiting) {
      waiting.delete(id);
      abandoned();
    }
  };
  child.once('error', gone);
  child.once('exit', gone);

  function ask<Result extends Said | Streamed>(
    request: Omit<Asked, 'id'>,
    onData: (chunk: Buffer) => void,
    otherwise: () => Promise<Result> | Result,
  ): Promise<Result> {
    return new Promise((resolve) => {
      const id = asked++;
      waiting.set(id, {
        onData,
        settle: (said) => resolve(said as Result),
        abandoned: () => resolve(otherwise()),
      });
      child.send({ id, ...request } satisfies Asked, (error) => error && gone());
    });
  }

  return {
    runTool(prefix, name, args, limitMs) {
      const byItself = (): Promise<Said> => runTool(prefix, name, args, limitMs);
      return isGone ? byItself() : ask({ kind: 'run', prefix, name, args, limitMs }, () => {}, byItself);
    },
    streamTool(prefix, name, args, onData) {
      if (isGone) return streamTool(prefix, name, args, onData);
      // Part of it may have been handed over: half an answer is none.
      const half = (): Streamed => ({ ok: false, why: text('net.tool-ended', { name, code: '', said: '' }) });
      return ask({ kind: 'stream', prefix, name, args, limitMs: undefined }, onData, half);
    },
    close() {
      isGone = true;
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
      const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.ref();
      if (child.connected) child.disconnect();
      return exited;
    },
  };
}
