import type { Checkpoint } from './checkpoint.ts';
import type { Text } from './text.ts';

/** What was found when a store was held against its chain. */
export interface StoreVerdict {
  isIntact: boolean;
  /** Records of the chain; rows that were held against theirs; records whose rows were destroyed, with a tombstone. */
  records: number;
  rows: number;
  destroyed: number;
  /** Where the chain begins, and where rows were taken in that are older than it. */
  began: { position: number; time: string; reason: string; rows: Record<string, number> }[];
  /** Its last record. */
  head: { position: number; hash: string };
  /** Its latest signature, to be noted elsewhere: whoever cuts the end off cannot make another that fits. Null: none fits. */
  checkpoint: Checkpoint | null;
  /** The chain goes on from the one that was expected; null: none was. */
  isExpected: boolean | null;
  /** The last record that is signed; null: none. */
  signed: { position: number; time: string } | null;
  /** The first that does not fit, and how many there are. */
  problem: StoreProblem | null;
  problems: number;
}

export interface StoreProblem {
  /** Number of the record in the chain; null for a row that has none. */
  position: number | null;
  /** e.g. `alert`. */
  type: string | null;
  what: string;
  /** The same for every language. */
  text: Text;
}
