/** What every fault is given. */
import type { Random, Trial } from '../trials/trial.ts';

export interface FaultContext {
  random: Random;
  isFull: boolean;
  /** How often; each fault says how often by itself. */
  times?: number;
}

export type Fault = Trial<FaultContext>;
