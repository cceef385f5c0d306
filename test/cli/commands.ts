/**
 * Many commands in one test file. A process of its own costs half a second of processor time, most of it to load the same sources
 * again. So the first of each command over each data directory runs as a process, from the shell's view: that it ends by itself, what
 * it leaves in its streams, its exit code. The others run in one process that stands (command-host.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { type Ended, phonehome } from './phonehome.ts';

const HOST = join(import.meta.dirname, 'command-host.ts');
const NAMES = new Set(COMMANDS.map(({ name }) => name));

/** To be called once, at the top of a file. Only for commands that read nothing from stdin. */
export function openCommands(): (args: string[]) => Promise<Ended> {
  const ran = new Set<string>();
  let host: ChildProcess | null = null;
  /** A host does one at a time. */
  let last: Promise<unknown> = Promise.resolve();
  afterAll(() => host?.kill());

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

  return (args) => {
    const [first = '', second = ''] = args;
    const name = [`${first} ${second}`, first].find((one) => NAMES.has(one));
    const key = `${name} ${args[args.indexOf('--data') + 1]}`;
    if (name === undefined || !ran.has(key)) {
      ran.add(key);
      return phonehome(args);
    }
    const answer = last.then(() => inHost(args));
    last = answer.catch(() => {});
    return answer;
  };
}
