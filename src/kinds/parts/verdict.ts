/** How kinds write down what they decided, and the one verdict several of them share: a hash under a telling name. */
import type { Confidence, Kind } from '../../model/identifier.ts';
import { type PlainKey, type Text, text } from '../../model/text.ts';
import { hintOf } from '../key-names.ts';
import type { Run, Verdict } from '../kind.ts';
import { isPlaceholderHash } from './placeholders.ts';

/** Hex digits of MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512. */
const HASH_LENGTHS = new Set([32, 40, 56, 64, 96, 128]);

/** Sentences of the catalogue that have no places, without their `reason.`. */
export type Reason = PlainKey extends infer K ? (K extends `reason.${infer Name}` ? Name : never) : never;

/** One object per sentence: what is said often is put into words once. */
const made = new Map<string, Text>();

export function reason(name: Reason): Text {
  return madeOnce(name, () => ({ key: `reason.${name}`, values: {} }));
}

type OfKind = 'uuid.named' | 'uuid.hinted' | 'mac.named' | 'mac.named-local' | 'mac.hinted' | 'registered';

/** The sentences that name the kind. */
export function reasonOf(name: OfKind, kind: Kind): Text {
  return madeOnce(`${name} ${kind}`, () => text(`reason.${name}`, { kind: text(`kind.${kind}`) }));
}

function madeOnce(name: string, make: () => Text): Text {
  let told = made.get(name);
  if (told === undefined) {
    told = make();
    made.set(name, told);
  }
  return told;
}

/** A verdict on `text[start, end)`. `reasoning` is one sentence without the value. */
export function found(
  span: { start: number; end: number },
  value: string,
  confidence: Confidence,
  reasoning: Reason | Text,
): Verdict {
  const why = typeof reasoning === 'string' ? reason(reasoning) : reasoning;
  return { start: span.start, end: span.end, value, confidence, reasoning: why };
}

/** A hex hash beside a name that says both the kind and that it is hashed: `imei_md5`, `macsha1`. */
export function judgeNamedHash(run: Run, kind: Kind): Verdict | null {
  const hint = hintOf(run, kind);
  const value = run.text.slice(run.start, run.end);
  if (!hint?.hashed || !HASH_LENGTHS.has(value.length) || !/^[0-9A-Fa-f]+$/.test(value)) return null;
  if (isPlaceholderHash(value)) return null;
  return found(
    run,
    value,
    hint.group === 'weak' ? 'possible' : 'likely',
    text('reason.hash-named', { bits: value.length * 4, kind: text(`kind.${kind}`) }),
  );
}
