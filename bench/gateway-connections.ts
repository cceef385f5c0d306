/**
 * New connections through the gateway: a phone opens RATE a second to one server for SECONDS, sends a line of its own on
 * each and waits for its echo. Counts what was opened, echoed and lost, beside the same run without the gateway's listener
 * in between (forwarded by the kernel). `sudo node bench/gateway-connections.ts [RATE] [SECONDS]`, Linux, root.
 * Traffic stays between three network namespaces made here.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { startGatewayLab } from '../test/lab/gateway-lab.ts';
import { createLabNetwork, type LabNetwork } from '../test/lab/network.ts';

/** A server in no watched country: one that is adds an alert, which is counted, per connection. */
const SERVER = '93.184.215.14';
const PORT = 5222;
/** Ports of the phone's side are free again only after a minute. */
const PORT_RANGE = 'net.ipv4.ip_local_port_range=1024 65535';
/** Longer is lost. */
const PATIENCE_MS = 60_000;

interface Result {
  opened: number;
  echoed: number;
  wrong: number;
  errors: Record<string, number>;
  /** Of connect, line out, line back; milliseconds. */
  p50: number;
  p99: number;
  max: number;
  seconds: number;
}

/** Runs on the internet host: gives every line back. */
function serve(): void {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen({ host: SERVER, port: PORT, backlog: 4096 }, () => console.log('{"ready":true}'));
}

/** Runs on the phone. */
async function call(rate: number, seconds: number): Promise<void> {
  const times: number[] = [];
  const errors: Record<string, number> = {};
  let [opened, echoed, wrong] = [0, 0, 0];
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const line = `connection ${opened++}\n`;
      const began = performance.now();
      const socket = connect(PORT, SERVER);
      let back = '';
      const limit = setTimeout(() => socket.destroy(new Error('no echo in time')), PATIENCE_MS);
      socket.on('connect', () => socket.write(line));
      socket.on('data', (part) => {
        back += part;
        if (back.length < line.length) return;
        if (back === line) echoed++;
        else wrong++;
        times.push(performance.now() - began);
        socket.end();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => {
        const name = error.code ?? error.message;
        errors[name] = (errors[name] ?? 0) + 1;
      });
      socket.on('close', () => {
        clearTimeout(limit);
        resolve();
      });
    });
  const all: Promise<void>[] = [];
  const began = performance.now();
  while (opened < rate * seconds) {
    // What is due by now, in small bursts: timers of 1 ms are not exact.
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - began) / 1000) * rate));
    while (opened < due) all.push(one());
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const took = (performance.now() - began) / 1000;
  await Promise.all(all);
  times.sort((a, b) => a - b);
  const at = (share: number): number => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(1));
  const result: Result = { opened, echoed, wrong, errors, p50: at(0.5), p99: at(0.99), max: at(0.9999), seconds: took };
  console.log(JSON.stringify(result));
}

async function lineOf(child: ChildProcess): Promise<Record<string, unknown>> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  child.stderr?.pipe(process.stderr);
  const [line] = await once(lines, 'line');
  return JSON.parse(line);
}

const ownScript = (part: string, ...args: string[]): string[] => [
  process.execPath,
  import.meta.filename,
  part,
  ...args,
];

async function measure(net: LabNetwork, rate: number, seconds: number): Promise<Result> {
  net.run('phone', ['sysctl', '-q', '-w', PORT_RANGE]);
  return (await lineOf(net.start('phone', ownScript('call', String(rate), String(seconds))))) as unknown as Result;
}

/** CPU seconds (user and system) a process has used: fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms (proc(5)). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function peakMb(pid: number): number {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}

async function main(rate: number, seconds: number): Promise<void> {
  const plain = createLabNetwork();
  let direct: Result;
  try {
    plain.addServerAddress(SERVER);
    plain.run('gateway', ['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
    await lineOf(plain.start('internet', ownScript('serve')));
    direct = await measure(plain, rate, seconds);
  } finally {
    plain.down();
  }

  const lab = await startGatewayLab({
    addresses: [SERVER],
    devices: 'devices: [{ id: phone-1, match: { default: true }, identifiers: { imei: "490154203237518" } }]',
    servers: async (net) => {
      await lineOf(net.start('internet', ownScript('serve')));
      return null;
    },
    args: ['--log-file', '/dev/null'],
  });
  try {
    const before = cpuSeconds(lab.pid);
    const through = await measure(lab.net, rate, seconds);
    const lab_ = { cpuSeconds: Number((cpuSeconds(lab.pid) - before).toFixed(2)), peakRssMb: peakMb(lab.pid) };
    const counted = /^phonehome_flow_records_dropped_total (\d+)/m.exec(lab.metrics())?.[1];
    console.log(
      JSON.stringify(
        {
          rate,
          seconds,
          cores: cpus().length,
          node: process.version,
          direct,
          through,
          lab: lab_,
          flowRecordsDropped: Number(counted),
        },
        null,
        2,
      ),
    );
  } finally {
    await lab.end();
  }
}

const [part = '', ...rest] = process.argv.slice(2);
if (part === 'serve') serve();
else if (part === 'call') await call(Number(rest[0]), Number(rest[1]));
else await main(Number(part || 1000), Number(rest[0] ?? 30));
