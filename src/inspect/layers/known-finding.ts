/** Says what a hit of a registered value is: how it was written, which digest, how much of it. */

import { digestForm, digestText } from '../../formats/digest-name.ts';
import { spellingText } from '../../kinds/parts/spelling-label.ts';
import { reasonOf } from '../../kinds/parts/verdict.ts';
import { type Text, text } from '../../model/text.ts';
import { type Found, MAX_SEEN } from '../found.ts';
import type { Place } from '../place.ts';
import type { Hit } from '../search/known.ts';
import type { Pattern } from '../search/pattern.ts';

/**
 * Null for a raw digest whose text form one layer up is the same thing and is reported there.
 * `chain` holds only what the hit itself adds.
 */
export function describe(hit: Hit, bytes: Buffer, place: Place): Omit<Found, 'path' | 'offset' | 'window'> | null {
  const { pattern, start, end } = hit;
  const length = end - start;
  const common = {
    kind: pattern.kind,
    value: pattern.value,
    known: true,
    seen: bytes.toString('utf8', start, Math.min(end, start + MAX_SEEN)),
  };
  // Packed decimals and addresses are found as they stand, in digits, one layer up.
  if (place.unwrapped === 'hex' && (pattern.encoding === 'bcd' || pattern.encoding === 'bytes')) return null;
  if (!pattern.digest) {
    return {
      ...common,
      confidence: 'certain',
      reasoning: registered(pattern),
      chain: pattern.encoding === null ? [] : [pattern.encoding],
      hash: null,
    };
  }
  const { name, form, from } = pattern.digest;
  if (form === 'raw' && isReportedAbove(place, start, length)) return null;
  const shown = shownForm(hit, bytes);
  const of = {
    digest: digestText(name),
    kind: text(`kind.${pattern.kind}`),
    spelling: spellingText(pattern.label),
    form: digestForm(shown),
  };
  const isWhole = from === 0 && length >= textLength(pattern.full);
  const size = isWhole ? '' : `[${from === 0 ? '' : from}:${from + length} ${shown}]`;
  return {
    ...common,
    confidence: pattern.weak ? 'likely' : 'certain',
    reasoning: isWhole
      ? text('reason.digest', of)
      : text(form === 'raw' ? 'reason.digest-bytes' : 'reason.digest-characters', { ...of, length }),
    chain: [],
    hash: isWhole ? `${name} ${shown}` : `${name}${size}`,
  };
}

/** Of each pattern once: what a phone sends all the time is put into words once. */
const told = new WeakMap<Pattern, Text>();

function registered(pattern: Pattern): Text {
  let said = told.get(pattern);
  if (said === undefined) {
    said =
      pattern.label === ''
        ? reasonOf('registered', pattern.kind)
        : text('reason.registered-as', { kind: text(`kind.${pattern.kind}`), spelling: spellingText(pattern.label) });
    told.set(pattern, said);
  }
  return said;
}

function isReportedAbove(place: Place, start: number, length: number): boolean {
  if (place.unwrapped === 'hex') return true;
  return place.unwrapped === 'base64' && start % 3 === 0 && length >= 12;
}

/** Base64 without `+`, `/` and padding may be either alphabet: then it is named after the one that leaves padding away. */
function shownForm(hit: Hit, bytes: Buffer): string {
  const { form } = hit.pattern.digest!;
  if (form !== 'base64') return form;
  for (let i = hit.start; i < hit.end; i++) {
    if (bytes[i] === 0x2b || bytes[i] === 0x2f || bytes[i] === 0x3d) return 'base64';
  }
  return 'base64url';
}

function textLength(full: Buffer): number {
  let length = full.length;
  while (length > 0 && full[length - 1] === 0x3d) length--;
  return length;
}
