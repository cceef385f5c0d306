/**
 * A process under measurement: pinned, read through /proc, ended by its own id, and by the kernel when this process ends
 * in whatever way. CPU is user plus system time of all its threads and of its children, in clock ticks of 10 ms (proc(5)), so
 * other people's work on the machine counts only through shared caches; memory is resident memory and its high-water mark.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
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
  /** Writes a line to its standard input. */
  tell(line: string): void;
  /** SIGTERM, and SIGKILL when that is ignored for five seconds. */
  stop(): Promise<void>;
}

export interface StartOptions {
  command: string;
  args: string[];
  /** As taskset(1) lists them. */
  cores: string;
  env?: Record<string, string>;
  /** What the kernel sends when this process ends. Default KILL; TERM for a program that must end others itself. */
  atOurEnd?: 'KILL' | 'TERM';
  /** Called with every line of stdout; it is ready when this first returns true. */
  isReady?: (line: string) => boolean;
  /** For programs that say nothing: called now and then until it returns true. */
  answers?: () => Promise<boolean>;
}

export async function startMeasured(options: StartOptions): Promise<MeasuredProcess> {
  const { command, args, cores, atOurEnd = 'KILL' } = options;
  const prefix = ['--pdeathsig', atOurEnd, 'taskset', '-c', cores];
  const child = spawn('setpriv', [...prefix, command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  const said: string[] = [];
  child.stderr.on('data', (part: Buffer) => said.push(part.toString().slice(0, 2000)) > 50 && said.shift());
  child.stdin.on('error', () => undefined);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', reject);
  void exited.then(() => reject(new Error(`${command} ended: ${said.join('')}`)));
  const limit = setTimeout(() => reject(new Error(`${command} was not ready in time: ${said.join('')}`)), START_MS);
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (options.isReady?.(line)) resolve();
  });
  const poll = setInterval(async () => {
    if (await options.answers?.()) resolve();
  }, 100);
  const measured = watch(child, exited);
  try {
    await promise;
  } catch (error) {
    await measured.stop();
    throw error;
  } finally {
    clearTimeout(limit);
    clearInterval(poll);
  }
  return measured;
}

function watch(child: ChildProcess, exited: Promise<void>): MeasuredProcess {
  const pid = child.pid ?? 0;
  const sum = (of: (pid: number) => number): number => family(pid).reduce((total, one) => total + of(one), 0);
  const megabytes = (field: string) => (): number => sum((one) => statusKb(one, field)) / 1024;
  return {
    pid,
    cpuSeconds: () => sum(cpuTicks) / TICKS_PER_SECOND,
    residentMb: megabytes('VmRSS'),
    peakMb: megabytes('VmHWM'),
    tell: (line) => child.stdin?.write(`${line}\n`),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null || pid === 0) return;
      child.kill();
      const limit = setTimeout(() => child.kill('SIGKILL'), 5000);
      await exited;
      clearTimeout(limit);
    },
  };
}

/** Of a process somebody else started, with its children: as `cpuSeconds`. */
export const cpuSecondsOf = (pid: number): number =>
  family(pid).reduce((total, one) => total + cpuTicks(one), 0) / TICKS_PER_SECOND;

/** Of each thread by its name, seconds; the first one is called `main`. */
export function threadSecondsOf(pid: number): Map<string, number> {
  const seconds = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    const name = Number(thread) === pid ? 'main' : text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    const [user, system] = text.split(') ').at(-1)!.split(' ').slice(11, 13).map(Number);
    seconds.set(name, (seconds.get(name) ?? 0) + (user! + system!) / TICKS_PER_SECOND);
  }
  return seconds;
}

/** The process and all that came of it and still run. A thread may end between being listed and being read. */
function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
  return [pid, ...children.flatMap(family)];
}

function cpuTicks(pid: number): number {
  // The name may hold blanks; fields are counted after its closing bracket: utime, stime, and those of children that ended.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
}

function statusKb(pid: number, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}
