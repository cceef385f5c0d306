/**
 * Starts the lab in its two halves: the relay in this thread, and everything that reads what it copies in a worker. The worker
 * opens knowledge → detection → network → api (lab-worker.ts), then the ports are opened here (ports.ts).
 * Promise: a lab that starts is whole; one that cannot start says in one line why, and leaves no port open.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openAuthority } from '../ca/authority.ts';
import type { Alert } from '../model/alert.ts';
import type { Log } from '../model/connection.ts';
import { faultOf } from '../model/fault.ts';
import type { Lab, LabOptions } from '../model/lab.ts';
import { createRelayEnd } from '../ring/relay-end.ts';
import type { RelayCalls, RelayStats } from './calls.ts';
import { type Closers, createClosers } from './closers.ts';
import { openDataDirectory, pathsIn } from './data-directory.ts';
import { sealWhatIsClear } from './key-passphrase.ts';
import { LAB_THREAD, type LabThread, startLabThread } from './lab-thread.ts';
import { openLog } from './log.ts';
import { MARKER_EVERY_MS, sendMarker } from './marker.ts';
import { openPorts, type Ports } from './ports.ts';
import { createReplayRuns } from './replay-runs.ts';
import { threadCpuMs } from './thread-time.ts';

/** Listening everywhere is reachable on loopback. */
const ANY_HOST = new Set(['0.0.0.0', '::']);
/** What is on its way to the lab when it is stopped is still looked into, for this long, milliseconds. */
const DRAIN_MS = 2000;
/** Between two samples of the relay's delay, milliseconds. */
const SAMPLE_MS = 10;

/** @throws LabError: one line that says what to do. */
export async function startLab(options: LabOptions): Promise<Lab> {
  return (await startHalves(options)).lab;
}

/** The lab, and the thread that reads. @throws LabError */
export async function startHalves(options: LabOptions): Promise<{ lab: Lab; thread: LabThread }> {
  const unlock = openDataDirectory(options.data);
  const log = openLog(options.logFile);
  const closers = createClosers((error) => log.error({ ...faultOf(error) }, 'the lab did not close cleanly'));
  closers.add(unlock);
  closers.add(() => log.flush());
  try {
    return await openLab(options, log, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function openLab(options: LabOptions, log: Log, closers: Closers): Promise<{ lab: Lab; thread: LabThread }> {
  const now = Date.now;
  const audience = createAudience();
  const authority = openAuthority(pathsIn(options.data).certs, { now, passphrase: options.caPassphrase ?? null });
  sealWhatIsClear(options.data, options.caPassphrase ?? null);
  const end = createRelayEnd({ now, workedMs: () => threadCpuMs(LAB_THREAD), onStuck: () => lab.giveUp() });
  closers.add(end.stop);
  const runs = createReplayRuns();
  const open: { ports: Ports | null } = { ports: null };
  const lab = await startLabThread({
    options,
    end,
    relay: relayCalls(open, end.stats, runs.said, audience.hear),
    onRestarted: () => void resume().catch((error) => log.error({ ...faultOf(error) }, 'the lab could not go on')),
    log,
  });
  closers.add(lab.stop);
  closers.add(() =>
    Promise.race([end.barrier(), new Promise<void>((resolve) => setTimeout(resolve, DRAIN_MS).unref())]),
  );
  const warnings = [...lab.ready().warnings];
  const ports = await openPorts({ options, authority, end, ready: lab.ready, lab: lab.calls, warnings, log }, closers);
  open.ports = ports;
  async function resume(): Promise<void> {
    await lab.calls.opened({ proxyPort: ports.proxyPort });
    await mark();
  }
  async function mark(): Promise<void> {
    sendMarker(end, { serial: lab.ready().marker, id: ports.newId(now()), time: now() });
    await end.barrier();
    await lab.calls.checkMarker();
  }
  await resume();
  const markers = setInterval(() => void mark().catch(() => {}), MARKER_EVERY_MS).unref();
  closers.add(() => clearInterval(markers));
  void authority.prepare().catch((error) => log.error({ ...faultOf(error) }, 'no RSA key could be made'));
  return {
    lab: describe(options, { ports, lab, authority, runs, audience, stop: closers.close, warnings }),
    thread: lab,
  };
}

function describe(
  { host, data }: LabOptions,
  of: {
    ports: Ports;
    lab: LabThread;
    authority: ReturnType<typeof openAuthority>;
    runs: ReturnType<typeof createReplayRuns>;
    audience: Audience;
    stop: () => Promise<void>;
    warnings: string[];
  },
): Lab {
  const { ports, lab } = of;
  const transparent = ports.transparentPort();
  return {
    proxy: { host, port: ports.proxyPort },
    transparent: transparent === null ? null : { port: transparent },
    gateway: ports.wayIn(lab.ready().uiPort),
    ui: { url: `http://${ANY_HOST.has(host) ? '127.0.0.1' : host}:${lab.ready().uiPort}` },
    ca: { pem: of.authority.root.pemPath },
    token: pathsIn(data).token,
    onAlert: of.audience.join,
    replay: (names, onOutcome, onStep) => of.runs.play((run) => lab.calls.replay(run, names), onOutcome, onStep),
    stop: of.stop,
    warnings: of.warnings,
  };
}

/** Of this many alerts that came before anybody listened the latest are kept. */
const MAX_EARLY = 1000;

interface Audience {
  hear(alert: Alert): void;
  join(listener: (alert: Alert) => void): () => void;
}

/** Who hears of alerts. What came while the lab opened is told to the first who joins: it may say what cannot be seen. */
function createAudience(): Audience {
  const listeners = new Set<(alert: Alert) => void>();
  let early: Alert[] | null = [];
  return {
    hear(alert) {
      if (early?.push(alert) === MAX_EARLY + 1) early.shift();
      for (const listener of listeners) listener(alert);
    },
    join(listener) {
      listeners.add(listener);
      for (const alert of early ?? []) listener(alert);
      early = null;
      return () => void listeners.delete(listener);
    },
  };
}

type Answered = Omit<RelayCalls, 'ready' | 'failed' | 'passed' | 'barrier'>;

/** What the lab's thread may ask before the ports are open is answered as of an empty relay. */
function relayCalls(
  open: { ports: Ports | null },
  stats: () => Omit<RelayStats, 'loopDelay'>,
  replayed: RelayCalls['replayed'],
  alert: RelayCalls['alert'],
): Answered {
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  delay.enable();
  const ports = (): Ports => {
    if (!open.ports) throw new Error('the relay is not open yet');
    return open.ports;
  };
  return {
    alert,
    replayed,
    setPhones: (phones) => open.ports?.phones.set(phones),
    pins: () => ports().pins.list(),
    setPin: (...given) => ports().pins.override(...given),
    setHints: (hints) => open.ports?.setHints(hints),
    forgetPhone: (device) => ports().pins.forget(device),
    trustTests: () => ports().trustTests.list(),
    requestTrustTest: (given) => ports().trustTests.request(given),
    cancelTrustTest: (id) => ports().trustTests.cancel(id),
    upstreamMap: () => ports().upstreamMap.list(),
    addUpstream: (entries) => ports().upstreamMap.add(entries),
    removeUpstream: (host, port) => ports().upstreamMap.remove(host, port),
    trust: (pem) => ports().trust(pem),
    distrust: (pem) => ports().distrust(pem),
    stats() {
      // What is measured is the time between two samples.
      const seconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - SAMPLE_MS / 1e3);
      const loopDelay = {
        p50: seconds(delay.percentile(50)),
        p99: seconds(delay.percentile(99)),
        max: seconds(delay.max),
      };
      delay.reset();
      return { ...stats(), loopDelay };
    },
  };
}
