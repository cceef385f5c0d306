/**
 * A process under measurement: pinned to one core, read through /proc, ended by its own id.
 * CPU is user plus system time of the whole process in clock ticks of 10 ms (proc(5)), so other people's work on the
 * machine counts only through shared caches; memory is resident memory and its high-water mark.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** `getconf CLK_TCK` on every Linux this runs on. */
const TICKS_PER_SECOND = 100;
/** Compiling tables at a first start takes ten seconds on a busy machine. */
const START_MS = 90_000;

export interface MeasuredProcess {
  pid: number;
  /** User and system time so far, seconds. */
  cpuSeconds(): number;
  /** Resident memory now, and the highest so far, MB of 2^20 bytes. */
  residentMb(): number;
  peakMb(): number;
  /** SIGTERM, and SIGKILL when that is ignored for five seconds. */
  stop(): Promise<void>;
}

export interface StartOptions {
  command: string;
  args: string[];
  core: number;
  env?: Record<string, string>;
  /** Called with every line of stdout until it returns true: then the process is ready. */
  isReady: (line: string) => boolean;
  /** For programs that say nothing: called now and then until it returns true. */
  answers?: () => Promise<boolean>;
}

export async function startMeasured(options: StartOptions): Promise<MeasuredProcess> {
  const child = spawn('taskset', ['-c', String(options.core), options.command, ...options.args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  const said: string[] = [];
  child.stderr.on('data', (part: Buffer) => said.push(part.toString().slice(0, 2000)) > 50 && said.shift());
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', reject);
  void exited.then(() => reject(new Error(`${options.command} ended: ${said.join('')}`)));
  const limit = setTimeout(() => reject(new Error(`${options.command} was not ready in time`)), START_MS);
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (options.isReady(line)) resolve();
  });
  const poll = setInterval(async () => {
    if (await options.answers?.()) resolve();
  }, 100);
  await promise.finally(() => {
    clearTimeout(limit);
    clearInterval(poll);
  });
  return watch(child, exited);
}

function watch(child: ChildProcess, exited: Promise<void>): MeasuredProcess {
  const pid = child.pid ?? 0;
  const status = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  return {
    pid,
    cpuSeconds() {
      // The name may hold blanks; fields are counted after its closing bracket: utime is the 12th, stime the 13th.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    residentMb: () => status('VmRSS'),
    peakMb: () => status('VmHWM'),
    async stop() {
      child.kill();
      const limit = setTimeout(() => child.kill('SIGKILL'), 5000);
      await exited;
      clearTimeout(limit);
    },
  };
}
