/**
 * The product as a user runs it: `bin/phonehome.mjs` as a process of its own, spoken to only through what it prints,
 * its proxy port and its API. Nothing in these tests reaches into the lab's code.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import type { Alert } from '../../src/model/alert.ts';
import type { LiveFrame } from '../../src/model/lab.ts';
import type { Lab } from '../clients/client.ts';
import { run } from '../clients/process.ts';
import { keepLeftBehind } from '../left-behind.ts';
import { ENGINE } from './engine.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');

export interface Ready {
  type: 'ready';
  proxy: { host: string; port: number };
  ui: { url: string };
  ca: { pem: string };
  token: string;
}

export interface LabProcess {
  pid: number;
  dataDir: string;
  ready: Ready;
  /** What a phone or client is given: proxy address and the lab's CA. */
  phone: Lab;
  /** The same without the CA installed. */
  stranger: Lab;
  /** Every line of NDJSON after `ready`. */
  lines: Record<string, unknown>[];
  stderr(): string;
  /** The current state of every alert the process printed. */
  alerts(): Alert[];
  /** Waits, up to a limit, until the printed alerts satisfy the condition; fails with what was there instead. */
  until(what: string, condition: (alerts: Alert[]) => boolean, limitMs?: number): Promise<Alert[]>;
  api(pathAndQuery: string): Promise<unknown>;
  /** Frames of `/api/alerts/live`, as they come. */
  live(query?: string, onFrame?: (frame: LiveFrame) => void): Promise<{ frames: LiveFrame[]; close(): void }>;
  /** High-water mark of resident memory so far, bytes (VmHWM of proc(5)). */
  peakRssBytes(): Promise<number>;
  /** Resident memory now (VmRSS). */
  residentBytes(): Promise<number>;
  /** File descriptors open now, sockets among them. */
  openFiles(): Promise<number>;
  /** As the power going out. */
  kill(): Promise<void>;
  /** As Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface StartOptions {
  command?: 'start' | 'demo';
  /** Kept when given; otherwise made, and removed with `stop`. */
  dataDir?: string;
  devices?: string;
  args?: string[];
  env?: Record<string, string>;
}

/** Registers the lab's usual phone for every address. */
export const ANY_PHONE = `devices:
  - id: phone-1
    model: Lab phone
    match: { default: true }
    identifiers:
      imei: "490154203237518"
      imsi: "001010123456789"
      wifi_mac: "02:00:5e:10:00:01"
      phone_number: "+84912345678"
`;

export async function startLab(options: StartOptions = {}): Promise<LabProcess> {
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'lab-')));
  const args = [options.command ?? 'start', '--json', '--proxy-port', '0', '--ui-port', '0', '--data', dataDir];
  args.push('--engine', ENGINE);
  if (options.devices) {
    const file = path.join(dataDir, 'given-devices.yaml');
    await writeFile(file, options.devices);
    args.push('--devices', file);
  }
  const child = spawn(process.execPath, [BIN, ...args, '--host', '127.0.0.1', ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  const lines: Record<string, unknown>[] = [];
  const errors: Buffer[] = [];
  const waiting = new Set<() => void>();
  const { promise, resolve, reject } = Promise.withResolvers<Ready>();
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  child.stderr.on('data', (part: Buffer) => errors.push(part));
  const stderr = (): string => Buffer.concat(errors).toString();
  child.once('error', reject);
  void exited.then((code) => reject(new Error(`the lab ended with ${code} before it was ready: ${stderr()}`)));
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Record<string, unknown>;
    if (line.type === 'ready') return resolve(line as unknown as Ready);
    lines.push(line);
    for (const wake of waiting) wake();
  });
  const ready = await promise;
  const phone: Lab = { proxy: { host: '127.0.0.1', port: ready.proxy.port }, caFile: ready.ca.pem };
  const token = async (): Promise<string> => (await readFile(ready.token, 'utf8')).trim();

  const leaves = (): Promise<void> =>
    keepLeftBehind(dataDir, {
      'stdout.ndjson': lines.map((line) => JSON.stringify(line)).join('\n'),
      'stderr.log': stderr(),
    });

  const lab: LabProcess = {
    pid: child.pid ?? 0,
    dataDir,
    ready,
    phone,
    stranger: { ...phone, caFile: null },
    lines,
    stderr,
    alerts() {
      const latest = new Map<string, Alert>();
      for (const line of lines) if (line.type === 'alert') latest.set((line.alert as Alert).id, line.alert as Alert);
      return [...latest.values()];
    },
    async until(what, condition, limitMs = 60_000) {
      const { promise: met, resolve: meet, reject: giveUp } = Promise.withResolvers<Alert[]>();
      const check = (): void => {
        const alerts = lab.alerts();
        if (condition(alerts)) meet(alerts);
      };
      const limit = setTimeout(() => {
        const seen = lab
          .alerts()
          .map((one) => `${one.type} ${one.severity} ${one.identifier?.kind ?? ''} ${one.message}`);
        giveUp(new Error(`no ${what} within ${limitMs} ms; alerts so far:\n${seen.join('\n')}\n${stderr()}`));
      }, limitMs);
      waiting.add(check);
      check();
      return met.finally(() => {
        clearTimeout(limit);
        waiting.delete(check);
      });
    },
    async api(pathAndQuery) {
      const answer = await fetch(new URL(pathAndQuery, ready.ui.url), {
        headers: { authorization: `Bearer ${await token()}` },
      });
      if (!answer.ok) throw new Error(`${pathAndQuery} was answered ${answer.status}: ${await answer.text()}`);
      return answer.json();
    },
    async live(query = '', onFrame = () => {}) {
      const frames: LiveFrame[] = [];
      const socket = new WebSocket(`${ready.ui.url.replace('http', 'ws')}/api/alerts/live${query}`, {
        headers: { authorization: `Bearer ${await token()}` },
      });
      const opened = Promise.withResolvers<void>();
      socket.once('error', opened.reject);
      socket.on('message', (data) => {
        const frame = JSON.parse(String(data)) as LiveFrame;
        frames.push(frame);
        onFrame(frame);
        opened.resolve();
      });
      await opened.promise;
      return { frames, close: () => socket.terminate() };
    },
    peakRssBytes: () => statusBytes(child.pid, 'VmHWM'),
    residentBytes: () => statusBytes(child.pid, 'VmRSS'),
    openFiles: async () => (await readdir(`/proc/${child.pid}/fd`)).length,
    async kill() {
      await end(child, 'SIGKILL', exited);
      await leaves();
    },
    async stop() {
      const code = await end(child, 'SIGTERM', exited);
      await leaves();
      if (!options.dataDir) await rm(dataDir, { recursive: true, force: true });
      return code;
    },
  };
  return lab;
}

/** A field of proc(5)'s status, which counts in kB. */
async function statusBytes(pid: number | undefined, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
}

function end(child: ChildProcess, signal: NodeJS.Signals, exited: Promise<number | null>): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  return exited;
}

/** A command that ends by itself. */
export async function phonehome(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await run(process.execPath, [BIN, ...args], { env, timeoutMs: 170_000 });
  return { code, stdout: stdout.toString(), stderr };
}
