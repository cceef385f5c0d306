/**
 * What a neighbour notices while another phone sends a hostile load: its own requests at a quiet rate, from another address, the
 * event loop of the relay, and how long an IMEI takes to its alert. Each load meets a lab of its own, freshly started.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Contestant, type Running, type StartContext, targetOf } from './contestant.ts';
import { atFixedRate, type Latency } from './fixed-rate.ts';
import type { Hostile, Sent } from './hostile.ts';
import { metric, metrics } from './labs.ts';
import { leakingRequest, openLiveAlerts } from './live-alerts.ts';
import { startMeasured } from './measured-process.ts';
import { openPhone, type Target } from './phone.ts';
import { http1Text } from './traffic.ts';

/** Milliseconds. */
export interface LoopDelay {
  p99: number;
  worst: number;
}

export interface NeighbourRow {
  contestant: string;
  load: string;
  /** Of the load. */
  sent: Sent;
  neighbour: Latency;
  loop: LoopDelay;
  /** The same by the lab's own account (`/metrics`), since it started; null when it gives none. */
  ownLoop: LoopDelay | null;
  /** Milliseconds to the alert; who was not alerted in time is counted, not timed. */
  imei: { sent: number; alerted: number; worst: number };
}

const NEIGHBOUR = '127.0.0.2';
const IMEI = '490154203237518';
const DEVICES = `devices:
  - id: attacker
    match: { ip: 127.0.0.1 }
    identifiers: { serial: LABSERIAL0002 }
  - id: neighbour
    match: { ip: ${NEIGHBOUR} }
    identifiers: { imei: "${IMEI}", wifi_mac: "02:00:5e:10:00:01", email: lab@example.com }
`;
const PER_SECOND = 200;
const CONNECTIONS = 8;
const IMEI_EVERY_MS = 1000;
/** Longer, and an alert does not come, or the lab is taken for dead. */
const PATIENCE_MS = 30_000;
const DELAY_METRIC = 'phonehome_relay_event_loop_delay_seconds';

export interface NeighbourOptions {
  contestant: Contestant;
  context: StartContext;
  /** Null: nobody disturbs. */
  hostile: Hostile | null;
  seconds: number;
  loadCores: string;
}

export async function watchNeighbour(options: NeighbourOptions): Promise<NeighbourRow> {
  const { contestant, context, hostile, seconds } = options;
  const delayFile = path.join(context.dir, 'loop-delay.json');
  const preload = pathToFileURL(path.join(import.meta.dirname, 'loop-delay.ts')).href;
  const env = { NODE_OPTIONS: `--import=${preload}`, BENCH_LOOP_DELAY: delayFile };
  const running = await contestant.start({ ...context, devices: DEVICES, env });
  try {
    const attack = hostile && (await startAttack(hostile, running.port, options));
    const target = targetOf({ contestant, running }, context.originPort, NEIGHBOUR);
    try {
      await atFixedRate(target, rate(1));
      await loopDelay(running.pid, delayFile);
      const [neighbour, imei, sent] = await Promise.all([
        atFixedRate(target, rate(seconds)),
        timeImei(target, running, seconds),
        attack?.run(seconds) ?? { whole: 0, megabytes: 0 },
      ]);
      const loop = await loopDelay(running.pid, delayFile);
      const ownLoop = await ownAccount(running);
      return { contestant: contestant.id, load: hostile?.name ?? 'none', sent, neighbour, loop, ownLoop, imei };
    } finally {
      await attack?.stop();
    }
  } finally {
    await running.stop();
  }
}

const rate = (seconds: number) => ({
  perSecond: PER_SECOND,
  seconds,
  connections: CONNECTIONS,
  mostWaiting: Number.POSITIVE_INFINITY,
});

async function startAttack(hostile: Hostile, port: number, { context, loadCores }: NeighbourOptions) {
  const counted = Promise.withResolvers<Sent>();
  const attacker = await startMeasured({
    command: process.execPath,
    args: [path.join(import.meta.dirname, 'attacker.ts'), String(port), hostile.name, JSON.stringify(context.identity)],
    cores: loadCores,
    isReady(line) {
      if (line.startsWith('{')) counted.resolve(JSON.parse(line) as Sent);
      return line === 'ready';
    },
  });
  return {
    /** Begins, and ends after so many seconds whatever is under way. Returns what was sent. */
    async run(seconds: number): Promise<Sent> {
      attacker.tell('begin');
      await setTimeout(seconds * 1000);
      attacker.tell('count');
      const sent = await counted.promise;
      await attacker.stop();
      return sent;
    },
    stop: attacker.stop,
  };
}

/** Since it was asked last. Without end when the loop turns no more. */
async function loopDelay(pid: number, file: string): Promise<LoopDelay> {
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (const limit = performance.now() + PATIENCE_MS; !existsSync(file); await setTimeout(20))
    if (performance.now() > limit) return { p99: Number.POSITIVE_INFINITY, worst: Number.POSITIVE_INFINITY };
  return JSON.parse(readFileSync(file, 'utf8')) as LoopDelay;
}

async function ownAccount({ api }: Running): Promise<LoopDelay | null> {
  if (!api) return null;
  const text = await metrics(api);
  const p99 = metric(text, `${DELAY_METRIC}{quantile="0.99"}`);
  const worst = metric(text, `${DELAY_METRIC}{quantile="1"}`);
  return p99 === null || worst === null ? null : { p99: p99 * 1000, worst: worst * 1000 };
}

/** One in a new place every second, later when the last one was not yet answered, on a connection of its own. */
async function timeImei(target: Target, { api }: Running, seconds: number): Promise<NeighbourRow['imei']> {
  if (!api) return { sent: 0, alerted: 0, worst: 0 };
  const live = await openLiveAlerts(api);
  const phone = await openPhone(target);
  const times: Promise<number | null>[] = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    const began = performance.now();
    times.push(live.at(`$.v${times.length}`, PATIENCE_MS).then((at) => at && at - began));
    const answered = phone.send(http1Text(target.host, leakingRequest(times.length - 1, IMEI)));
    await Promise.all([setTimeout(IMEI_EVERY_MS), Promise.race([answered, setTimeout(PATIENCE_MS)])]);
  }
  const alerted = (await Promise.all(times)).filter((time) => time !== null);
  phone.socket.destroy();
  live.close();
  return { sent: times.length, alerted: alerted.length, worst: Math.max(0, ...alerted) };
}
