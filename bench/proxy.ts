/**
 * What the proxy costs, beside its peers in one run: CPU seconds per 1,000 requests, memory, time to the alert.
 * `npm run bench:proxy [-- --quick]`. The proxy runs on one core, load and origin (this process) on the other; loopback
 * only, bounded in count. Results of a whole run go to bench/results/YYYY-MM-DD-proxy.{json,md}.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MOST_ALERTS, timeAlerts } from './proxy/alert-time.ts';
import { CONTESTANTS, type Contestant, type Running } from './proxy/contestants.ts';
import { CONCURRENCY, openLoad, type Protocol } from './proxy/load.ts';
import { startOrigin } from './proxy/origin.ts';
import { type ProxyResults, quantile, type Row, toMarkdown } from './proxy/report.ts';
import { upload } from './proxy/upload.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    repetitions: { type: 'string' },
    only: { type: 'string', multiple: true },
  },
});
const repetitions = Number(flags.repetitions ?? (flags.quick ? 1 : 5));
/** Share of the usual number of requests. */
const scale = flags.quick ? 0.2 : 1;
const STALL_MS = flags.quick ? 1000 : 5000;
const SETTLED_MS = 2000;

if (availableParallelism() > 1) execFileSync('taskset', ['-a', '-cp', '1', String(process.pid)], { stdio: 'ignore' });
const loadBefore = loadavg()[0] ?? 0;
const origin = await startOrigin(STALL_MS);
const dir = await mkdtemp(path.join(tmpdir(), 'bench-proxy-'));
const upstreamCaFile = path.join(dir, 'origin-ca.pem');
await writeFile(upstreamCaFile, origin.caPem);

const leftOut: string[] = [];
const entered: { contestant: Contestant; row: Row }[] = [];
for (const contestant of CONTESTANTS) {
  if (flags.only && !flags.only.includes(contestant.name)) continue;
  const version = await contestant.version();
  if (version === null) leftOut.push(contestant.name);
  else {
    const { name, title, uploadMb } = contestant;
    const upload = { megabytes: uploadMb, peakMb: 0 };
    entered.push({ contestant, row: { name, title, version, cpu: {}, idleMb: 0, upload } });
  }
}
const start = async ({ name, start }: Contestant): Promise<Running> =>
  start(await mkdtemp(path.join(dir, `${name}-`)), upstreamCaFile);
const targetOf = ({ proxyPort }: Running) => ({ proxyPort, originPort: origin.port });

try {
  await measureMemory();
  await measureCpu();
  const alertMs = await measureAlerts();
  const results: ProxyResults = {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      kernel: release(),
      node: process.versions.node,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      loadBefore,
      loadAfter: loadavg()[0] ?? 0,
    },
    requestsPerRepetition: Object.fromEntries(entered.map(({ contestant }) => [contestant.name, count(contestant)])),
    concurrency: CONCURRENCY,
    rows: entered.map(({ row }) => row),
    leftOut,
    alertMs,
  };
  const text = toMarkdown(results);
  console.log(text);
  if (!flags.quick && !flags.only) {
    const file = path.join(import.meta.dirname, 'results', `${results.date}-proxy`);
    await writeFile(`${file}.json`, `${JSON.stringify(results, null, 1)}\n`);
    await writeFile(`${file}.md`, text);
  }
} finally {
  await origin.close();
  await rm(dir, { recursive: true, force: true });
}

function count({ requests }: Contestant): number {
  return Math.round(requests * scale);
}

/** Each in a fresh process: memory does not forget. Started once before, because the first start fills caches of code. */
async function measureMemory(): Promise<void> {
  for (const { contestant, row } of entered) {
    await (await start(contestant)).stop();
    const running = await start(contestant);
    await setTimeout(SETTLED_MS);
    row.idleMb = running.residentMb();
    await upload(targetOf(running), contestant.uploadMb);
    row.upload.peakMb = running.peakMb();
    say(`${contestant.name}: idle ${row.idleMb.toFixed(0)} MB, upload peak ${row.upload.peakMb.toFixed(0)} MB`);
    await running.stop();
  }
}

/** In turn, so that a slow minute of the machine is everybody's. */
async function measureCpu(): Promise<void> {
  const running = await Promise.all(entered.map(({ contestant }) => start(contestant)));
  try {
    for (let repetition = -1; repetition < repetitions; repetition++) {
      for (const [index, { contestant, row }] of entered.entries()) {
        for (const protocol of contestant.protocols) {
          const cost = await cpuPerThousand(running[index]!, protocol, count(contestant));
          // The first round warms compilers and caches up.
          if (repetition < 0) continue;
          const list = row.cpu[protocol] ?? [];
          row.cpu[protocol] = list;
          list.push(cost);
          say(`${contestant.name} ${protocol}: ${cost.toFixed(3)} CPU s / 1,000`);
        }
      }
    }
  } finally {
    await Promise.all(running.map((one) => one.stop()));
  }
}

async function cpuPerThousand(running: Running, protocol: Protocol, requests: number): Promise<number> {
  const load = await openLoad(protocol, targetOf(running));
  // Handshakes are not what is counted.
  await load.send(CONCURRENCY);
  const before = running.cpuSeconds();
  await load.send(requests);
  const cost = ((running.cpuSeconds() - before) / requests) * 1000;
  load.close();
  return cost;
}

async function measureAlerts(): Promise<ProxyResults['alertMs']> {
  const lab = CONTESTANTS.find(({ name }) => name === 'lab')!;
  const running = await start(lab);
  try {
    const times = await timeAlerts(targetOf(running), running.api!, flags.quick ? 100 : MOST_ALERTS);
    return { count: times.length, p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: Math.max(...times) };
  } finally {
    await running.stop();
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
