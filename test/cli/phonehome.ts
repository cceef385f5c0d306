/** Runs the real command line as a child process, as a user's shell would. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../bin/phonehome.mjs', import.meta.url));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcessWithoutNullStreams;
  /** Resolves with all of stdout so far once it contains `text`; rejects with what was said when the process ends before. */
  untilStdout(text: string): Promise<string>;
  untilStderr(text: string): Promise<string>;
  ended: Promise<Ended>;
}

interface Options {
  env?: Record<string, string>;
  cwd?: string;
}

export const startPhonehome = (args: string[], options: Options = {}): Running =>
  startCommand(process.execPath, [BIN, ...args], options);

/** The same within another command. */
export function startCommand(command: string, args: string[], options: Options = {}): Running {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
  });
  const said = { stdout: '', stderr: '' };
  const waiting: {
    stream: 'stdout' | 'stderr';
    text: string;
    resolve: (all: string) => void;
    reject: (error: Error) => void;
  }[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      said[stream] += chunk;
      for (const each of waiting)
        if (each.stream === stream && said[stream].includes(each.text)) each.resolve(said[stream]);
    });
  }
  const until = (stream: 'stdout' | 'stderr', text: string) =>
    new Promise<string>((resolve, reject) => {
      if (said[stream].includes(text)) resolve(said[stream]);
      else waiting.push({ stream, text, resolve, reject });
    });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      for (const each of waiting)
        each.reject(
          new Error(`ended (${code}) before ${each.stream} said "${each.text}":\n${said.stdout}\n${said.stderr}`),
        );
      resolve({ code, signal, ...said });
    });
  });
  return { child, untilStdout: (text) => until('stdout', text), untilStderr: (text) => until('stderr', text), ended };
}

export async function phonehome(args: string[], options: Options = {}): Promise<Ended> {
  const { child, ended } = startPhonehome(args, options);
  child.stdin.end();
  return await ended;
}
