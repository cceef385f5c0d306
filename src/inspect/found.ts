/** What was found in a layer, and the bytes around it that are kept as evidence. */
import type { Confidence, Kind } from '../model/identifier.ts';
import type { Text } from '../model/text.ts';
import { normalise } from './search/known.ts';

export interface Found {
  kind: Kind;
  value: string;
  known: boolean;
  confidence: Confidence;
  reasoning: Text;
  path: string | null;
  chain: string[];
  hash: string | null;
  offset: number;
  seen: string;
  window: Buffer;
  /** Beside a name that is used for several kinds: another name of the request may say which it is. */
  isAmbiguous?: boolean;
  /** In place of the masked value, for payloads that have none. */
  masked?: string;
}

/** Most characters of `seen`; most bytes on each side of a finding in `window`. */
export const MAX_SEEN = 256;
const AROUND = 128;
const MAX_WINDOW = 512;

/** Bytes around `[start, end)`, copied. */
export function windowAround(bytes: Buffer, start: number, end: number): Buffer {
  const from = Math.max(0, start - AROUND);
  return Buffer.from(bytes.subarray(from, Math.min(bytes.length, end + AROUND, from + MAX_WINDOW)));
}

const RANK: Record<Confidence, number> = { possible: 1, likely: 2, certain: 3 };

/** The higher the surer. */
export function rankOf({ confidence, known }: Found): number {
  return RANK[confidence] + (known ? 3 : 0);
}

/** The same thing of the same phone, wherever and however it was written. */
export function whatOf({ kind, value }: Pick<Found, 'kind' | 'value'>): string {
  return `${kind} ${normalise(value)}`;
}
