/**
 * Starts the lab's thread, and starts it again when it dies or hangs. Promise: the relay goes on meanwhile; what was not looked
 * into is told by the lab that follows; a lab that cannot even begin is the caller's failure, in one line.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { heard } from '../formats/refusal.ts';
import type { Log } from '../model/connection.ts';
import { faultOf } from '../model/fault.ts';
import type { LabOptions } from '../model/lab.ts';
import type { RelayEnd } from '../ring/relay-end.ts';
import { connectCalls, type LabCalls, type LabReady, type LabThreadData, type RelayCalls } from './calls.ts';

export interface LabThread {
  ready(): LabReady;
  /** Asked of the thread that runs now; rejects when it ends before it answers. */
  calls: LabCalls;
  /** It made no progress for too long: ended, and another one started. */
  giveUp(): void;
  /** Flushes and ends it, within `STOP_MS`. */
  stop(): Promise<void>;
}

export interface LabThreadOptions {
  options: LabOptions;
  end: RelayEnd;
  /** What the relay does for it. */
  relay: Omit<RelayCalls, 'ready' | 'failed' | 'passed' | 'barrier'>;
  /** It is up again, with the ports of before. */
  onRestarted: () => void;
  log: Log;
}

/** Its name, for the kernel too. */
export const LAB_THREAD = 'lab';
/** The store is flushed and the live connections are closed within this, milliseconds. */
const STOP_MS = 4000;
/** Between two starts; doubled while they fail, milliseconds. */
const RESTART_MS = 100;
const MAX_RESTART_MS = 30_000;
/** Of the youngest generation of its heap: docs/decisions/0007. Megabytes. */
const YOUNG_MB = 24;

interface Running {
  worker: Worker;
  calls: LabCalls;
  ended: Promise<string>;
}

/** @throws LabError as the lab's thread says it */
export async function startLabThread({ options, end, relay, onRestarted, log }: LabThreadOptions): Promise<LabThread> {
  let isStopping = false;
  let running: Running;
  let facts: LabReady;

  async function start(restart: LabThreadData['restart']): Promise<void> {
    // The port it had: clients come back to it.
    const own = restart ? { ...options, uiPort: facts.uiPort } : options;
    const data: LabThreadData = { options: own, ring: end.shared(), restart };
    const worker = new Worker(new URL(`./lab-worker-entry${extname(import.meta.url)}`, import.meta.url), {
      workerData: data,
      name: LAB_THREAD,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    let fault = 'it ended by itself';
    worker.on('error', (error) => {
      fault = `internal fault: ${faultOf(error).what}`;
      log.error({ ...faultOf(error) }, 'the lab thread failed');
    });
    const ended = new Promise<string>((resolve) => worker.once('exit', () => resolve(fault)));
    const began = Promise.withResolvers<LabReady>();
    const calls = connectCalls<LabCalls, RelayCalls>(worker, {
      ...relay,
      ready: began.resolve,
      failed: (why) => began.reject(heard(why)),
      passed: end.passed,
      barrier: end.barrier,
    });
    void ended.then((why) => {
      began.reject(new Error(`the lab's thread ended: ${why}`));
      calls.$close(new Error(`the lab's thread ended: ${why}`));
    });
    running = { worker, calls: calls as unknown as LabCalls, ended };
    facts = await began.promise;
    end.started();
    void ended.then((why) => restartAfter(why, RESTART_MS));
  }

  async function restartAfter(reason: string, waitMs: number): Promise<void> {
    if (isStopping) return;
    log.error({ reason }, 'the half of the lab that reads ended; it is started again, the relay goes on');
    const openFlows = end.renew();
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (isStopping) return;
    try {
      await start({ reason, openFlows });
      onRestarted();
    } catch (error) {
      log.error({ ...faultOf(error) }, 'the lab could not be started again');
      await restartAfter(reason, Math.min(waitMs * 2, MAX_RESTART_MS));
    }
  }

  await start(null);
  return {
    ready: () => facts,
    calls: {
      opened: (ports) => running.calls.opened(ports),
      pinChanged: async (state) => running.calls.pinChanged(state).catch(() => {}),
      checkMarker: () => running.calls.checkMarker(),
      replays: () => running.calls.replays(),
      replay: (run, names) => running.calls.replay(run, names),
      stop: () => running.calls.stop(),
    },
    giveUp: () => void running.worker.terminate(),
    async stop() {
      isStopping = true;
      const timer = setTimeout(() => void running.worker.terminate(), STOP_MS);
      // A thread that is being started, or died a moment ago, has nothing to flush.
      running.calls.stop().catch(() => {});
      await running.ended;
      clearTimeout(timer);
    },
  };
}
