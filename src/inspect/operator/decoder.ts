/** What an operator's own decoder looks like to the engine. */
import type { Where } from '../../model/identifier.ts';

/** An operator's own decoder: a key or a small program that opens what the lab cannot. */
export interface OperatorDecoder {
  /** Chain entry in alerts, e.g. `rsa`. */
  name: string;
  /** Readable values are offered too, not only bytes that nothing else opened. */
  readsText?: boolean;
  /** The opened bytes, or null when these are not its own. Must not throw; at most 1 MB is offered. */
  open(bytes: Buffer, context: { host: string; where: Where; key: string | null }): Buffer | null;
  /** The same where it may take more than some milliseconds: yields units of work (budget.ts) between two steps. */
  openInSteps?(bytes: Buffer): Iterator<number, Buffer | null>;
}
