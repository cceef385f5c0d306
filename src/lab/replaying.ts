/**
 * Plays reported cases through this lab's own proxy, as a phone would, one after the other.
 * Promise: whatever a case does, the lab is afterwards as it was before (map, authorities, phones, cases); an outcome is
 * held against the alerts that were stored, and a case that could not be played is not ok.
 */
import type { Alert } from '../model/alert.ts';
import type { Device } from '../model/device.ts';
import type { ReplayInfo, ReplayOutcome } from '../model/lab.ts';
import type { ReplayCase } from '../replay/case.ts';
import { compare } from '../replay/expectation-check.ts';
import { ensureOperatorKey } from '../replay/operator-key.ts';
import { replays } from '../replay/registry.ts';
import { formatStep, runReplay } from '../replay/run.ts';
import type { UpstreamMapEntry } from './upstream-map.ts';

/** What playing needs of the running lab. */
export interface ReplayEnvironment {
  proxy: () => { host: string; port: number };
  caPem: string;
  dataDir: string;
  now: () => number;
  addUpstream(entries: UpstreamMapEntry[]): Promise<() => Promise<void>>;
  addUpstreamCa(pem: string): Promise<() => Promise<void>>;
  addDevice(device: Device): Promise<() => Promise<void>>;
  openCase(replay: ReplayCase): Promise<{ mark(phase: string): Promise<void>; close(): Promise<void> }>;
  alertsSince(seq: number): Alert[];
  lastSeq(): number;
  /** Resolves when no flow is open: everything sent was looked at. */
  quiet(): Promise<void>;
  /** A decoder of the operator's holds the private half of this key (SPKI PEM). */
  opens(publicKey: string): boolean;
}

export interface Replaying {
  list(): ReplayInfo[];
  /** Unknown names are outcomes that are not ok. One run at a time; a second waits for the first. */
  play(
    names: readonly string[],
    onOutcome?: (outcome: ReplayOutcome) => void,
    onStep?: (line: string) => void,
  ): Promise<ReplayOutcome[]>;
}

export const listReplays = (): ReplayInfo[] => replays.map(({ name, title, label }) => ({ name, title, label }));

export function createReplaying(environment: ReplayEnvironment): Replaying {
  let turn: Promise<unknown> = Promise.resolve();

  /** Whether this case's own payload can be opened: other keys of the operator say nothing about it. */
  async function operatorKeyOf({ operatorKey }: ReplayCase): Promise<'loaded' | 'absent'> {
    if (operatorKey === null) return 'absent';
    return environment.opens(await ensureOperatorKey(environment.dataDir, operatorKey)) ? 'loaded' : 'absent';
  }

  async function playOne(name: string, onStep: (line: string) => void): Promise<ReplayOutcome> {
    const replay = replays.find((one) => one.name === name);
    const failed = (note: string): ReplayOutcome => ({ case: name, expected: '–', seen: '–', ok: false, note });
    if (!replay) return failed(`there is no case of this name: ${replays.map((one) => one.name).join(', ')}`);
    const since = environment.lastSeq();
    const running = await environment.openCase(replay);
    try {
      await runReplay(replay, {
        proxy: environment.proxy(),
        caPem: environment.caPem,
        dataDir: environment.dataDir,
        now: environment.now,
        addUpstream: environment.addUpstream,
        addUpstreamCa: environment.addUpstreamCa,
        addDevice: environment.addDevice,
        mark: (phase) => running.mark(phase),
        onStep: (step) => onStep(formatStep(step)),
      });
      await environment.quiet();
      return (
        compare([replay], environment.alertsSince(since), await operatorKeyOf(replay))[0] ??
        failed('nothing to compare')
      );
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    } finally {
      await running.close();
    }
  }

  return {
    list: listReplays,
    play(names, onOutcome = () => {}, onStep = () => {}) {
      const played = turn.then(async () => {
        const outcomes: ReplayOutcome[] = [];
        for (const name of names) {
          const outcome = await playOne(name, onStep);
          outcomes.push(outcome);
          onOutcome(outcome);
        }
        return outcomes;
      });
      turn = played;
      return played;
    },
  };
}
