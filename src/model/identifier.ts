/** What can leave a phone: the closed list of kinds, and the shape of one finding. */
import type { z } from 'zod';
import type * as schemas from './schemas/alert.ts';
import type { Text } from './text.ts';
import type { CONFIDENCES, WHERES } from './words.ts';

export { KINDS, type Kind } from './kinds.ts';

export type Confidence = (typeof CONFIDENCES)[number];
export type Where = (typeof WHERES)[number];
export type Identifier = z.infer<typeof schemas.identifier>;
export type Evidence = z.infer<typeof schemas.evidence>;

/** One identifier seen in one place. Holds the secret itself: it never leaves the process unencrypted. */
export interface Finding {
  identifier: Identifier;
  evidence: Evidence;
  exchange: number;
  /** The value as a person would write it, e.g. `490154203237518`. Secret. */
  value: string;
  /** The text that stood there, still encoded, at most 256 characters. Secret. */
  seen: string;
  /** Bytes around the finding in the innermost readable layer, at most 512. Secret. */
  window: Buffer;
  /** What earlier requests add to the reasoning, one sentence without the value; told once per alert. */
  remark?: Text;
}

/**
 * A short value of a request as it stands in a readable layer, whatever it means: what phones and runs are compared by.
 * Secret: only for as long as the call.
 */
export interface Token {
  flow: string;
  exchange: number;
  where: Where;
  /** As in `Evidence`. */
  path: string | null;
  /** Nearest name; of a path segment the one before it. */
  key: string | null;
  decoding: readonly string[];
  /** 8 to 256 characters without blanks. */
  text: string;
}

export type InspectEvent =
  | { type: 'finding'; finding: Finding }
  | {
      /** Part of this exchange was not looked into: said once per reason, never silent. */
      type: 'partially-scanned';
      flowId: string;
      exchange: number;
      /** In English. */
      reason: string;
      text: Text;
    };

/**
 * `first 6 … last 2`, and less of short values: at most half of a value (rounded up) is ever shown.
 * Email and other texts are masked alike.
 */
export function mask(value: string): string {
  const chars = [...value];
  if (chars.length < 4) return '*'.repeat(chars.length);
  const shown = Math.min(8, Math.ceil(chars.length / 2));
  const tail = Math.min(2, Math.floor(shown / 4));
  const head = shown - tail;
  return `${chars.slice(0, head).join('')}${'*'.repeat(chars.length - shown)}${tail ? chars.slice(-tail).join('') : ''}`;
}
