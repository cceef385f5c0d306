/**
 * Many commands in one test file. A process of its own costs half a second of processor time, most of it to load the same sources
 * again. So the first of each command runs as a process, from the shell's view: that it ends by itself, what it leaves in its streams, its
 * exit code. The others run in one process that stands (command-host.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { type Ended, phonehome } from './phonehome.ts';

const HOST = join(import.meta.dirname, 'command-host.ts');
const NAMES = new Set(COMMANDS.map(({ name }) => name));

/**
 * To be called once, at the top of a file. Only for commands that read nothing from stdin; one with an environment of its own is a process.
 * @param each of what the first is a process: each command, or each command over each data directory
 */
export function openCommands(each: 'command' | 'command and directory' = 'command'): typeof phonehome {
  const ran = new Set<string>();
  let host: ChildProcess | null = null;
  /** A host does one at a time. */
  let last: Promise<unknown> = Promise.resolve();
  afterAll(() => host?.disconnect());

  function inHost(args: string[]): Promise<Ended> {
    host ??= fork(HOST, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, NO_COLOR: '1' } });
    const asked = host;
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void =>
        reject(new Error(`phonehome ${args.join(' ')} ended its host: ${code}`));
      asked.once('exit', ended);
      asked.once('message', (answer: Ended) => {
        asked.off('exit', ended);
        resolve(answer);
      });
      asked.send(args);
    });
  }

  return (args, options) => {
    if (options) return phonehome(args, options);
    const [first = '', second = ''] = args;
    const name = [`${first} ${second}`, first].find((one) => NAMES.has(one));
    const key = each === 'command' ? `${name}` : `${name} ${args[args.indexOf('--data') + 1]}`;
    if (!ran.has(key)) {
      ran.add(key);
      return phonehome(args);
    }
    const answer = last.then(() => inHost(args));
    last = answer.catch(() => {});
    return answer;
  };
}
