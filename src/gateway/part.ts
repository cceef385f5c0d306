/**
 * What every part of the gateway works on, and what a part is: something `up` makes and `down` undoes.
 * Promise of every part: `up` twice is `up` once; `down` is harmless where nothing was made; both say what they did.
 */
import type { GatewayCheck } from '../model/gateway.ts';
import { LabError } from '../model/lab.ts';
import type { GatewayConfig } from './config.ts';
import type { Machine, Ran } from './machine.ts';
import type { GatewayState } from './state.ts';

export interface Dependencies {
  machine: Machine;
  config: GatewayConfig;
  dataDir: string;
  /** Root's own directory of this gateway. */
  runDir: string;
  /** Parts note here what was before they change it; `save` before the change. */
  state: GatewayState;
  save: () => void;
  now: () => number;
  say: (line: string) => void;
}

export interface Part {
  /** @throws LabError */
  up(dependencies: Dependencies): void;
  /** Never throws: what cannot be undone is said, and the rest goes on. */
  down(dependencies: Dependencies): void;
  check(dependencies: Dependencies): GatewayCheck[];
}

export const ok = (name: string, found: string): GatewayCheck => ({ name, state: 'ok', found, advice: null });
export const warn = (name: string, found: string, advice: string): GatewayCheck => ({
  name,
  state: 'warn',
  found,
  advice,
});
export const fail = (name: string, found: string, advice: string): GatewayCheck => ({
  name,
  state: 'fail',
  found,
  advice,
});

/** @throws LabError saying what could not be done, and why */
export function must(ran: Ran, what: string): string {
  if (ran.ok) return ran.out;
  throw new LabError(`${what}: ${ran.why}`);
}
