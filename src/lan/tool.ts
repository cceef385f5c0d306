/**
 * The kernel's own tools (nft, conntrack, tcpdump, dumpcap), run beside the lab: once, or for as long as it watches.
 * Promise: no shell; nothing is thrown; a tool that ends is started again with growing pauses; why it cannot work is one
 * line that says what to do, told once per reason; stopping ends the child and resolves when it is gone.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isSameText, type Text, text } from '../model/text.ts';

/** Words put before a command: none for root or a process with the capabilities, else e.g. `sudo -n`. */
export type Prefix = readonly string[];

/** CAP_NET_ADMIN (12) and CAP_NET_RAW (13) among those a child inherits, from linux/capability.h. */
const NEEDED = (1n << 12n) | (1n << 13n);

/** Root, and a process whose children inherit the capabilities, need no prefix; others ask sudo, which answers at once or not at all. */
export function rightsPrefix(readStatus = () => readFileSync('/proc/self/status', 'utf8')): Prefix {
  if (process.getuid?.() === 0) return [];
  try {
    const inherited = /^CapAmb:\s*([0-9a-f]+)$/m.exec(readStatus())?.[1] ?? '0';
    return (BigInt(`0x${inherited}`) & NEEDED) === NEEDED ? [] : ['sudo', '-n'];
  } catch {
    return ['sudo', '-n'];
  }
}

export type Said = { ok: true; out: string } | { ok: false; why: Text };
export type Streamed = { ok: true } | { ok: false; why: Text };

const TIME_LIMIT_MS = 10_000;
/** 4,096 refused destinations are 1 MB of JSON; a dump of 65,536 connections 16 MB. */
const MAX_OUTPUT_BYTES = 64 << 20;

/** `ending` kills the tool. */
export function runTool(
  prefix: Prefix,
  name: string,
  args: readonly string[],
  limitMs = TIME_LIMIT_MS,
  ending?: AbortSignal,
): Promise<Said> {
  const [command = name, ...rest] = [...prefix, name, ...args];
  const options = {
    timeout: limitMs,
    maxBuffer: MAX_OUTPUT_BYTES,
    env: environment(),
    encoding: 'utf8' as const,
  };
  return new Promise((resolve) => {
    const child = execFile(command, rest, options, (error, out, complaint) => {
      ending?.removeEventListener('abort', kill);
      if (!error) resolve({ ok: true, out });
      else resolve({ ok: false, why: explain(prefix, name, (error as NodeJS.ErrnoException).code, complaint) });
    });
    const kill = (): void => void child.kill();
    ending?.addEventListener('abort', kill);
  });
}

/** As `runTool`, with the output handed over as it comes: a large one neither fills memory nor holds up the relay. */
export function streamTool(
  prefix: Prefix,
  name: string,
  args: readonly string[],
  onData: (chunk: Buffer) => void,
  ending?: AbortSignal,
): Promise<Streamed> {
  const [command = name, ...rest] = [...prefix, name, ...args];
  return new Promise((resolve) => {
    const child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
      timeout: TIME_LIMIT_MS,
    });
    const kill = (): void => void child.kill();
    ending?.addEventListener('abort', kill);
    child.once('close', () => ending?.removeEventListener('abort', kill));
    let complaint = '';
    child.stdout.on('data', onData);
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      complaint = `${complaint}${part}`.slice(-2000);
    });
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ ok: false, why: explain(prefix, name, error.code, complaint) }),
    );
    child.once('close', (code) =>
      resolve(code === 0 ? { ok: true } : { ok: false, why: explain(prefix, name, code, complaint) }),
    );
  });
}

export interface Running {
  /** Ends the tool for good. */
  stop(): Promise<void>;
}

export interface KeptTool {
  name: string;
  args: readonly string[];
  prefix: Prefix;
  onData: (chunk: Buffer) => void;
  /** Before the first byte of every run: what was read half is void. */
  onStart?: () => void;
  /** Null: it works again. Each line once until then. */
  onTrouble: (why: Text | null) => void;
  /** Of standard error, line by line. */
  onComplaint?: (line: string) => void;
  /** First pause before another try, milliseconds; doubled up to a minute. */
  pauseMs?: number;
}

const LONGEST_PAUSE_MS = 60_000;
/** A run this long was a good one: the next pause is the first again. */
const GOOD_RUN_MS = 10_000;
/** A tool that cannot work says so sooner. */
const SETTLED_MS = 3000;

export function keepRunning(tool: KeptTool): Running {
  const { name, prefix, onData, onTrouble, pauseMs = 1000 } = tool;
  let child: ChildProcess | null = null;
  let pause = pauseMs;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let told: Text | null = null;
  let gone: (() => void) | null = null;

  function start(): void {
    timer = null;
    const [command = name, ...rest] = [...prefix, name, ...tool.args];
    const startedAt = performance.now();
    let complaint = '';
    let ended = false;
    tool.onStart?.();
    const started = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
    child = started;
    // Some tools say nothing while all is well.
    const well = setTimeout(works, SETTLED_MS);
    well.unref();
    started.stdout.on('data', (chunk: Buffer) => {
      works();
      onData(chunk);
    });
    started.stderr.setEncoding('utf8').on('data', (part: string) => {
      complaint = `${complaint}${part}`.slice(-2000);
      for (const line of part.split('\n')) if (line.trim() !== '') tool.onComplaint?.(line.trim());
    });
    const end = (code: string | number | null | undefined): void => {
      if (ended) return;
      ended = true;
      child = null;
      clearTimeout(well);
      if (stopped) {
        gone?.();
        return;
      }
      const line = explain(prefix, name, code, complaint);
      if (!isSameText(line, told)) onTrouble(line);
      told = line;
      if (performance.now() - startedAt > GOOD_RUN_MS) pause = pauseMs;
      timer = setTimeout(start, pause);
      timer.unref();
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    };
    started.once('error', (error: NodeJS.ErrnoException) => end(error.code));
    started.once('close', (code) => end(code));
  }

  function works(): void {
    if (told !== null) onTrouble(null);
    told = null;
  }

  start();
  return {
    stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      if (!child) return Promise.resolve();
      return new Promise((resolve) => {
        gone = resolve;
        child?.kill('SIGTERM');
      });
    },
  };
}

/** Tools for administrators are often not in a user's PATH; messages are compared in English. */
const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`,
  LC_ALL: 'C',
});

const PACKAGES: Readonly<Record<string, string>> = {
  nft: 'nftables',
  conntrack: 'conntrack',
  tcpdump: 'tcpdump',
  dumpcap: 'wireshark-common',
  editcap: 'wireshark-common',
  mergecap: 'wireshark-common',
};

/** What dumpcap and tshark say when nothing is wrong. */
const CHATTER = /^(?:Capturing on|File: |Packets |Running as user)/;

/** One line for the operator. */
function explain(prefix: Prefix, name: string, code: string | number | null | undefined, complaint: string): Text {
  const needsRoot = text('net.tool-root', { name });
  // A directory of the PATH that may not be looked into makes "not there" a "not allowed".
  const absent = code === 'ENOENT' || code === 'EACCES';
  if (absent && prefix.length > 0) return needsRoot;
  if (absent || complaint.includes(`${name}: command not found`))
    return text('net.tool-missing', { name, package: PACKAGES[name] ?? name });
  if (/permission|not permitted|must be root|password is required|need to be root/i.test(complaint)) return needsRoot;
  const said = complaint.split('\n').find((line) => line.trim() !== '' && !CHATTER.test(line));
  return text('net.tool-ended', {
    name,
    code: typeof code === 'number' ? ` (${code})` : '',
    said: said ? `: ${said.trim()}` : '',
  });
}
