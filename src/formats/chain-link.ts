/** One record of a lab's chain and its hash: what the store writes, a package holds and a hub checks. */
import { hash } from 'node:crypto';

export type ChainType = 'alert' | 'value' | 'flow' | 'case' | 'coverage' | 'gap' | 'audit' | 'begin' | 'tombstone';

export interface ChainRecord {
  position: number;
  type: ChainType;
  /** Position of the record whose row this one's takes the place of. */
  replaces: number | null;
  commitment: Uint8Array;
}

export interface Head {
  position: number;
  hash: Uint8Array;
}

/** Before the first record. */
export const START: Head = { position: 0, hash: new Uint8Array(32) };

/** SHA-256 over one line: the hash before it and its own commitment in hex, its number, its type, what it replaces. */
export function hashOf(previous: Uint8Array, record: ChainRecord): Buffer {
  const { position, type, replaces, commitment } = record;
  return hash('sha256', textOf(hex(previous), { position, type, replaces, commitment: hex(commitment) }), 'buffer');
}

/** The same of what is in hex already, in hex: a reader of millions makes no buffer for each. */
export function hexHashOf(previous: string, record: HexRecord): string {
  return hash('sha256', textOf(previous, record), 'hex');
}

type HexRecord = Omit<ChainRecord, 'commitment'> & { commitment: string };

const textOf = (previous: string, { position, type, replaces, commitment }: HexRecord): string =>
  `${previous} ${commitment} ${position} ${type} ${replaces ?? '-'}\n`;

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
