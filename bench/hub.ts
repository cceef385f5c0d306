/**
 * What a hub carries, with broker and database of Debian on this machine: `npm run bench:hub -- --help`. Loopback only; everything
 * lies in a directory that goes in the end. Whole runs are written to bench/results/.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { toolPath } from '../test/clients/tools.ts';
import { openGround } from './hub/ground.ts';
import { fill, measureQueries, multiply } from './hub/queries.ts';
import { measureRelay } from './hub/relay.ts';
import { type HubResults, toMarkdown } from './hub/report.ts';
import { measureBurst, measureLive, measureWeek } from './hub/stream.ts';
import { commitMeasured, machineFacts } from './machine.ts';

const HELP = `npm run bench:hub -- [options]

  --section NAME   only this one; may be repeated: burst live week queries relay
  --quick          a tenth of the work, written nowhere unless --out says so
  --out DIR        where DATE-hub.json and .md go, default bench/results; a second run of a day is numbered

Needs nats-server and postgresql: apt-get install nats-server postgresql`;

const { values: flags } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    quick: { type: 'boolean', default: false },
    section: { type: 'string', multiple: true, default: ['burst', 'live', 'week', 'relay', 'queries'] },
    out: { type: 'string' },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit();
}
const share = flags.quick ? 0.1 : 1;
const wants = (section: string): boolean => flags.section.includes(section);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const named = (what: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${what}-${n + 1}`);
const versionOf = (program: string): string =>
  /\d+\.\d+(?:\.\d+)?/.exec(execFileSync(program, ['--version']).toString())?.[0] ?? 'unknown';

const dir = await mkdtemp(path.join(tmpdir(), 'bench-hub-'));
const [burst, live, week, relay] = [named('burst', 10), named('live', 50), 'week-1', 'relay-1'];
const ground = await openGround(dir, [...burst, ...live, week, relay]);
const results: HubResults = {
  date: new Date().toISOString().slice(0, 10),
  command: `npm run bench:hub ${process.argv
    .slice(2)
    .map((one) => path.basename(one))
    .join(' ')}`.trim(),
  version: commitMeasured(),
  machine: {
    ...machineFacts(),
    nats: versionOf(toolPath('nats-server')),
    postgres: versionOf(path.join(path.dirname(toolPath('postgres')), 'postgres')),
  },
  bursts: [],
};

try {
  if (wants('burst')) {
    results.bursts.push(await measureBurst(ground, burst, Math.round(5000 * share)));
    say(`burst: ${JSON.stringify(results.bursts)}`);
  }
  if (wants('live')) {
    results.live = await measureLive(ground, live, { phones: 20, aMinute: 12, seconds: Math.max(20, 90 * share) });
    say(`live: ${JSON.stringify(results.live)}`);
  }
  if (wants('week')) {
    results.week = await measureWeek(ground, week, { phones: 20, aDay: Math.round(400 * share) });
    say(`week: ${JSON.stringify(results.week)}`);
  }
  if (wants('relay')) {
    // Many short ones: what a machine does meanwhile is the same for the two of a pair.
    const rounds = { rounds: flags.quick ? 4 : 40, requests: 1500, connections: 120 };
    results.relay = await measureRelay(ground, relay, rounds, say);
    say(`relay: ${JSON.stringify(results.relay.ratios)}`);
  }
  if (wants('queries')) {
    const seconds = await fill(ground, Math.round(5_000_000 * share));
    results.queries = await measureQueries(ground, seconds);
    say(`queries: ${JSON.stringify(results.queries)}`);
    await multiply(ground, 100);
    results.manyLines = await measureQueries(ground, seconds);
    say(`many lines: ${JSON.stringify(results.manyLines)}`);
  }
} finally {
  // What was measured before something failed is kept as well.
  results.machine.loadAfter = loadavg()[0] ?? 0;
  const text = toMarkdown(results);
  console.log(text);
  if (!flags.quick || flags.out) await keep(text);
  await ground.close();
  await rm(dir, { recursive: true, force: true });
}
process.exit();

async function keep(text: string): Promise<void> {
  const folder = flags.out ?? path.join(import.meta.dirname, 'results');
  await mkdir(folder, { recursive: true });
  let file = path.join(folder, `${results.date}-hub`);
  for (let number = 2; existsSync(`${file}.json`); number++) file = path.join(folder, `${results.date}-hub-${number}`);
  await writeFile(`${file}.json`, `${JSON.stringify(results, null, 1)}\n`);
  await writeFile(`${file}.md`, text);
  say(`written: ${file}.md`);
}
