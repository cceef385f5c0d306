/**
 * What the proxy costs, beside its peers in one run: CPU per request and per connection, latency it adds, memory, time to the
 * alert, and what a neighbour notices of a hostile phone. `npm run bench:proxy -- --help`. The proxy runs on one core, load
 * and origin (this process) on the other; loopback only, bounded in count. Whole runs are written to bench/results/.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { machineFacts } from './machine.ts';
import { HOSTILE } from './proxy/hostile.ts';
import { labsOf, ROOT, relay } from './proxy/labs.ts';
import { CONCURRENCY } from './proxy/load.ts';
import { createIdentity, startOrigin } from './proxy/origin.ts';
import { PEERS_OF_THE_FIELD } from './proxy/peers.ts';
import { type ProxyResults, toMarkdown } from './proxy/report.ts';
import { type Bench, SECTIONS } from './proxy/sections.ts';

const HELP = `npm run bench:proxy -- [options]        CPU, latency, new connections, memory, time to the alert (25 minutes)
npm run bench:neighbours -- [options]   a neighbour's requests while another phone sends hostile loads (2 minutes a lab)

  --section NAME     only this one; may be repeated: ${Object.keys(SECTIONS).join(' ')}
  --only ID          only this contestant; may be repeated. Ids: lab lab-plain relay nginx sslsplit http-mitm-proxy mockttp mitmproxy
  --tree DIR         another checkout of the product, with its dependencies, takes part as lab@COMMIT and lab@COMMIT-plain;
                     may be repeated. The first one is "before" in the table of goals
  --load NAME        only this hostile load; may be repeated: ${HOSTILE.map(({ name }) => name).join(' ')}
  --rounds N         default 7; 1 with --quick
  --rate N           requests a second for latency, default 4000
  --proxy-cores L    cores of the contestants as taskset lists them, default 0; load and origin are on core 1
  --quick            one round of a fifth of the work, written nowhere unless --out says so: for development
  --out DIR          where DATE-proxy.json and .md go, default bench/results; a second run of a day is numbered

For figures to be kept: an otherwise idle machine of two cores, all contestants installed
  apt-get install mitmproxy sslsplit nginx-light libnginx-mod-stream; npm ci --prefix bench/peers
and "before" beside "after":
  git worktree add ../before COMMIT && (cd ../before && npm ci)
  npm run bench:proxy -- --tree ../before && npm run bench:neighbours -- --tree ../before
Ctrl-C ends it and everything it started.`;

const { values: flags } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    quick: { type: 'boolean', default: false },
    section: { type: 'string', multiple: true, default: ['cpu', 'latency', 'connections', 'memory', 'alerts'] },
    only: { type: 'string', multiple: true },
    tree: { type: 'string', multiple: true, default: [] },
    load: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    rate: { type: 'string', default: '4000' },
    'proxy-cores': { type: 'string', default: '0' },
    out: { type: 'string' },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit();
}

if (availableParallelism() > 1) execFileSync('taskset', ['-a', '-cp', '1', String(process.pid)], { stdio: 'ignore' });
const dir = await mkdtemp(path.join(tmpdir(), 'bench-proxy-'));
// What was started is ended by the kernel (measured-process.ts).
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void rm(dir, { recursive: true, force: true }).finally(() => process.exit(130)));

const scale = flags.quick ? 1 / 5 : 1;
const identity = await createIdentity(path.join(dir, 'identity'));
const origin = await startOrigin(identity);
const results: ProxyResults = {
  date: new Date().toISOString().slice(0, 10),
  command: `bench/proxy.ts ${process.argv
    .slice(2)
    .map((one) => path.basename(one))
    .join(' ')}`.trim(),
  machine: {
    ...machineFacts(),
  },
  rounds: Number(flags.rounds ?? (flags.quick ? 1 : 7)),
  concurrency: CONCURRENCY,
  perSecond: Number(flags.rate),
  direct: [],
  rows: [],
  neighbours: [],
  neighbourSeconds: 10,
  leftOut: [],
  remarks: [],
};
const bench: Bench = {
  dir,
  identity,
  origin,
  scale,
  loads: [null, ...HOSTILE].filter((one) => !flags.load || flags.load.includes(one?.name ?? 'none')),
  proxyCores: flags['proxy-cores'],
  loadCores: availableParallelism() > 1 ? '1' : '0',
  results,
  contestants: [],
  say: (line) => process.stderr.write(`${line}\n`),
};

try {
  await enter();
  for (const [name, run] of Object.entries(SECTIONS)) if (flags.section.includes(name)) await run(bench);
  results.machine.loadAfter = loadavg()[0] ?? 0;
  const text = toMarkdown(results);
  console.log(text);
  if (!flags.quick || flags.out) await keep(text);
} finally {
  await origin.close();
  await rm(dir, { recursive: true, force: true });
}

/** Everybody who is asked for and installed. */
async function enter(): Promise<void> {
  const labs = await Promise.all([ROOT, ...flags.tree.map((tree) => path.resolve(tree))].map(labsOf));
  for (const contestant of [...labs.flat(), relay, ...PEERS_OF_THE_FIELD]) {
    const { id, title, needs } = contestant;
    if (flags.only && !flags.only.includes(id)) continue;
    const version = await contestant.version();
    if (version === null) {
      results.leftOut.push({ id, needs });
      bench.say(`${id} is left out: it needs ${needs}`);
      continue;
    }
    bench.contestants.push(contestant);
    results.rows.push({ id, title, version, cpu: {}, latency: [], connection: { known: [], neverSeen: [] } });
  }
}

async function keep(text: string): Promise<void> {
  const name = flags.section.every((section) => section === 'neighbours') ? 'neighbours' : 'proxy';
  const folder = flags.out ?? path.join(import.meta.dirname, 'results');
  let file = path.join(folder, `${results.date}-${name}`);
  for (let number = 2; existsSync(`${file}.json`); number++)
    file = path.join(folder, `${results.date}-${name}-${number}`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.json`, `${JSON.stringify(results, null, 1)}\n`);
  await writeFile(`${file}.md`, text);
  bench.say(`written: ${file}.md`);
}
