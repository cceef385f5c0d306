/**
 * What every part of the gateway works on, and what a part is: something `up` makes and `down` undoes.
 * Promise of every part: `up` twice is `up` once; `down` is harmless where nothing was made; both say what they did.
 */
import { labError } from '../formats/refusal.ts';
import { say } from '../formats/say.ts';
import type { GatewayCheck } from '../model/gateway.ts';
import { type Text, text } from '../model/text.ts';
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
  /** Hears each step. */
  tell: (step: Text) => void;
}

export interface Part {
  /** @throws LabError */
  up(dependencies: Dependencies): void;
  /** Never throws: what cannot be undone is said, and the rest goes on. */
  down(dependencies: Dependencies): void;
  check(dependencies: Dependencies): GatewayCheck[];
}

export const ok = (name: string, found: Text): GatewayCheck => checked(name, 'ok', found, null);
export const warn = (name: string, found: Text, advice: Text): GatewayCheck => checked(name, 'warn', found, advice);
export const fail = (name: string, found: Text, advice: Text): GatewayCheck => checked(name, 'fail', found, advice);

const checked = (name: string, state: GatewayCheck['state'], found: Text, advice: Text | null): GatewayCheck => ({
  name,
  state,
  found: say(found),
  advice: advice && say(advice),
  text: { found, advice },
});

/** A command is the same in every language. */
export const run = (command: string): Text => text('gateway.run', { command });

/** @throws LabError saying what could not be done, and why */
export function must(ran: Ran, what: Text): string {
  if (ran.ok) return ran.out;
  throw labError(text('gateway.cannot', { what, why: ran.why }));
}
