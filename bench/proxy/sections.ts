/** The parts of the benchmark, each of which fills its place in the results. What fails is a remark, not the end of the run. */
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { MOST_ALERTS, timeAlerts } from './alert-time.ts';
import { type Contestant, type Entered, type StartContext, targetOf } from './contestant.ts';
import { cpuPerConnection, cpuPerThousand } from './cpu-time.ts';
import { atFixedRate, type Rate, TooSlow } from './fixed-rate.ts';
import type { Hostile } from './hostile.ts';
import { alertsRaised } from './labs.ts';
import { peakOfUpload, settledMb, withIdleConnections } from './memory.ts';
import { watchNeighbour } from './neighbours.ts';
import type { BenchOrigin, Identity } from './origin.ts';
import { type ProxyResults, quantile, type Row, short } from './report.ts';

export interface Bench {
  dir: string;
  identity: Identity;
  origin: BenchOrigin;
  /** Share of the usual amount of work. */
  scale: number;
  proxyCores: string;
  loadCores: string;
  results: ProxyResults;
  contestants: Contestant[];
  /** Of phones beside the neighbour; null: none. */
  loads: (Hostile | null)[];
  say(line: string): void;
}

const LATENCY_SECONDS = 6;
const LATENCY_CONNECTIONS = 64;
/** With nobody in between: more means that the load, and not a proxy, is measured. */
const LATE_MS = 5;
const IDLE_CONNECTIONS = 2000;

export const SECTIONS: Record<string, (bench: Bench) => Promise<void>> = {
  cpu: (bench) => together(bench, measureCpu),
  latency: (bench) => together(bench, measureLatency, measureDirect),
  connections: (bench) => together(bench, measureConnections),
  memory: measureMemory,
  alerts: measureAlerts,
  neighbours: measureNeighbours,
};

const rowOf = ({ results }: Bench, { id }: Contestant): Row => results.rows.find((row) => row.id === id)!;

async function contextOf({ dir, identity, origin, proxyCores }: Bench, { id }: Contestant): Promise<StartContext> {
  return { dir: await mkdtemp(path.join(dir, `${id}-`)), identity, originPort: origin.port, cores: proxyCores };
}

const start = async (bench: Bench, contestant: Contestant): Promise<Entered> => ({
  contestant,
  running: await contestant.start(await contextOf(bench, contestant)),
});

async function attempt(bench: Bench, what: string, measure: () => Promise<void>): Promise<void> {
  try {
    await measure();
  } catch (error) {
    const remark = `${what}: ${error instanceof Error ? error.message : error}`;
    bench.say(remark);
    if (!bench.results.remarks.includes(remark)) bench.results.remarks.push(remark);
  }
}

type Measure = (bench: Bench, entered: Entered, isWarmUp: boolean) => Promise<void>;

/**
 * In turn, so that a slow minute of the machine is everybody's, and each round beginning with another one. The first round is
 * not counted and always whole: compilers take 10,000 requests and more to do what they can.
 */
async function together(bench: Bench, measure: Measure, atRound?: (bench: Bench) => Promise<void>): Promise<void> {
  const all: Entered[] = [];
  for (const contestant of bench.contestants)
    await attempt(bench, `${contestant.id} does not start`, async () => void all.push(await start(bench, contestant)));
  try {
    for (let round = -1; round < bench.results.rounds; round++) {
      if (round >= 0) await atRound?.(bench);
      for (let index = 0; index < all.length; index++) {
        const entered = all[(index + round + 1) % all.length]!;
        await attempt(bench, entered.contestant.id, () => measure(bench, entered, round < 0));
      }
    }
    for (const { contestant, running } of all) {
      const raised = await alertsRaised(running);
      const row = rowOf(bench, contestant);
      if (raised !== null) row.alertsRaised = (row.alertsRaised ?? 0) + raised;
    }
  } finally {
    await Promise.all(all.map(({ running }) => running.stop()));
  }
}

async function measureCpu(bench: Bench, entered: Entered, isWarmUp: boolean): Promise<void> {
  const { cpu } = rowOf(bench, entered.contestant);
  for (const protocol of entered.contestant.protocols) {
    const requests = Math.round(entered.contestant.requests * (isWarmUp ? 1 : bench.scale));
    const cost = await cpuPerThousand(entered, bench.origin.port, protocol, requests);
    if (isWarmUp) continue;
    cpu[protocol] = [...(cpu[protocol] ?? []), cost];
    bench.say(`${entered.contestant.id} ${protocol}: ${short(cost)} CPU s / 1,000`);
  }
}

const rateOf = ({ results, scale }: Bench, isWarmUp: boolean): Rate => ({
  perSecond: results.perSecond,
  seconds: isWarmUp || scale < 1 ? 2 : LATENCY_SECONDS,
  connections: LATENCY_CONNECTIONS,
  mostWaiting: results.perSecond,
});

async function measureLatency(bench: Bench, entered: Entered, isWarmUp: boolean): Promise<void> {
  const { latency } = rowOf(bench, entered.contestant);
  try {
    const { p50, p99, failed } = await atFixedRate(targetOf(entered, bench.origin.port), rateOf(bench, isWarmUp));
    if (failed > 0) throw new Error(`${failed} requests failed at the fixed rate`);
    if (!isWarmUp) latency.push({ p50, p99 });
    bench.say(`${entered.contestant.id}: p50 ${short(p50)} ms, p99 ${short(p99)} ms`);
  } catch (error) {
    // Cold code is slow: only in a round that counts it is said.
    if (!(error instanceof TooSlow && isWarmUp)) throw error;
  }
}

async function measureDirect(bench: Bench): Promise<void> {
  const target = { port: bench.origin.port, tunnelTo: null, host: `localhost:${bench.origin.port}` };
  const { p50, p99 } = await atFixedRate(target, rateOf(bench, false));
  bench.results.direct.push({ p50, p99 });
  const remark = `the load itself was late: with nobody in between, p99 was over ${LATE_MS} ms at times; a busy machine?`;
  if (p99 > LATE_MS && !bench.results.remarks.includes(remark)) bench.results.remarks.push(remark);
  bench.say(`nobody in between: p50 ${short(p50)} ms, p99 ${short(p99)} ms`);
}

async function measureConnections(bench: Bench, entered: Entered, isWarmUp: boolean): Promise<void> {
  const { connection } = rowOf(bench, entered.contestant);
  for (const kind of ['known', 'neverSeen'] as const) {
    if (kind === 'neverSeen' && !entered.contestant.mintsCertificates) continue;
    const connections = Math.round(entered.contestant.connections * (isWarmUp ? 1 : bench.scale));
    const cost = await cpuPerConnection(entered, bench.origin.port, kind, connections);
    if (isWarmUp) continue;
    connection[kind].push(cost);
    bench.say(`${entered.contestant.id} new connection, ${kind}: ${short(cost)} CPU ms`);
  }
}

/** Each in a fresh process: memory does not forget. Started once before, because the first start fills caches of code. */
async function measureMemory(bench: Bench): Promise<void> {
  for (const contestant of bench.contestants) {
    const row = rowOf(bench, contestant);
    const megabytes = contestant.uploadMb;
    const count = Math.round(IDLE_CONNECTIONS * bench.scale);
    await attempt(bench, `${contestant.id}, memory`, async () => {
      await (await start(bench, contestant)).running.stop();
      await using(bench, contestant, async (entered) => {
        row.idleMb = await settledMb(entered);
        row.upload = { megabytes, peakMb: await peakOfUpload(entered, bench.origin, megabytes) };
      });
      await using(bench, contestant, async (entered) => {
        row.idleConnections = { count, megabytes: await withIdleConnections(entered, bench.origin.port, count) };
      });
      bench.say(
        `${contestant.id}: idle ${short(row.idleMb!)} MB, upload peak ${short(row.upload!.peakMb)} MB, ${count} idle connections ${short(row.idleConnections!.megabytes)} MB`,
      );
    });
  }
}

async function using(bench: Bench, contestant: Contestant, use: (entered: Entered) => Promise<void>): Promise<void> {
  const entered = await start(bench, contestant);
  try {
    await use(entered);
  } finally {
    await entered.running.stop();
  }
}

const isLab = ({ id }: Contestant): boolean => id.startsWith('lab');

async function measureAlerts(bench: Bench): Promise<void> {
  for (const contestant of bench.contestants.filter(isLab)) {
    await attempt(bench, `${contestant.id}, alerts`, () =>
      using(bench, contestant, async (entered) => {
        const most = Math.round(MOST_ALERTS * Math.max(bench.scale, 0.25));
        const times = await timeAlerts(targetOf(entered, bench.origin.port), entered.running.api!, most);
        const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
        rowOf(bench, contestant).alert = { count: times.length, p50, p99, max: Math.max(...times) };
        bench.say(`${contestant.id}: last byte to alert p50 ${short(p50)} ms, p99 ${short(p99)} ms`);
      }),
    );
  }
}

/** Of labs as they are started: what memory flags do is not the question here. */
async function measureNeighbours(bench: Bench): Promise<void> {
  const { results, loads, loadCores } = bench;
  for (const hostile of loads) {
    for (const contestant of bench.contestants.filter((one) => isLab(one) && !one.id.endsWith('-plain'))) {
      await attempt(bench, `${contestant.id}, ${hostile?.title ?? 'no load'}`, async () => {
        const context = await contextOf(bench, contestant);
        const row = await watchNeighbour({
          contestant,
          context,
          hostile,
          seconds: results.neighbourSeconds,
          loadCores,
        });
        results.neighbours.push(row);
        const { neighbour, loop, imei } = row;
        bench.say(
          `${contestant.id}, ${hostile?.title ?? 'no load'} (${row.sent.whole} sent): neighbour p50 ${short(neighbour.p50)} p99 ${short(neighbour.p99)} worst ${short(neighbour.worst)} ms; ` +
            `loop p99 ${short(loop.p99)} worst ${short(loop.worst)} ms; IMEI ${imei.alerted}/${imei.sent}, worst ${short(imei.worst)} ms`,
        );
      });
    }
  }
}
