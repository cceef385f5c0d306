/** How kinds write down what they decided, and the one verdict several of them share: a hash under a telling name. */
import type { Confidence, Kind } from '../../model/identifier.ts';
import { hintOf } from '../key-names.ts';
import type { Run, Verdict } from '../kind.ts';
import { isPlaceholderHash } from './placeholders.ts';

/** Hex digits of MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512. */
const HASH_LENGTHS = new Set([32, 40, 56, 64, 96, 128]);

/** A verdict on `text[start, end)`. `reasoning` is one sentence without the value. */
export function found(
  span: { start: number; end: number },
  value: string,
  confidence: Confidence,
  reasoning: string,
): Verdict {
  return { start: span.start, end: span.end, value, confidence, reasoning };
}

/** A hex hash beside a name that says both the kind and that it is hashed: `imei_md5`, `macsha1`. */
export function judgeNamedHash(run: Run, kind: Kind, title: string): Verdict | null {
  const hint = hintOf(run, kind);
  const value = run.text.slice(run.start, run.end);
  if (!hint?.hashed || !HASH_LENGTHS.has(value.length) || !/^[0-9A-Fa-f]+$/.test(value)) return null;
  if (isPlaceholderHash(value)) return null;
  return found(
    run,
    value,
    hint.group === 'weak' ? 'possible' : 'likely',
    `a hash of ${value.length * 4} bits beside a name that says it is a hashed ${title}`,
  );
}
