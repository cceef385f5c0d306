/**
 * Values that stand where an identifier would and identify nobody: opted out, withheld, not yet set, emulator. Each kind
 * says what its own are; what all have in common stands here.
 * Promise: they are never searched for and never reported, and nobody can register one.
 * Sources: Android documentation (02:00:00:00:00:00 since Android 6, `unknown` serial, zero advertising id since
 * Play services 2021), iOS (zero IDFA without tracking consent), Android emulator sources (telephony and Wi-Fi
 * constants), 3GPP2 S.R0048 (reserved MEIDs), and the traffic reports the lab replays.
 */
import { createHash } from 'node:crypto';
import { isPseudonym } from '../../formats/pseudonym.ts';

/** Words that mean "no value", in any kind. */
const NO_VALUE = new Set(
  (
    ' unknown null nil none undefined na nan false true default empty error test unavailable notavailable notset ' +
    'anonymous restricted redacted xxx todo string'
  ).split(' '),
);

export interface PlaceholderRules {
  /** Compared without separators, in lower case. */
  fixed?: readonly string[];
  /** Written in digits or hex, where one repeated character means "none". */
  isCoded?: boolean;
  /** Text that people type: compared with its separators as well, so that `<unknown ssid>` is told from a network called that way. */
  isSpoken?: boolean;
  /** Of the value without separators, in lower case: anything else that says nobody. */
  isNobody?(compact: string): boolean;
}

/** True for a value that identifies nobody. Separators and case do not matter. */
export function placeholders(rules: PlaceholderRules = {}): (value: string) => boolean {
  const { fixed = [], isCoded = false, isSpoken = false, isNobody } = rules;
  const knowsWordsOnly = fixed.length === 0 && !isCoded && !isNobody;
  return (value) => {
    if (isPseudonym(value)) return true;
    // The usual no, said quickly.
    if (knowsWordsOnly && hasMoreLetters(value, LONGEST_WORD)) return false;
    const lower = value.trim().toLowerCase();
    const compact = lower.replace(/[^\p{L}\p{N}]/gu, '');
    // A name of emoji only has no letters and is a name all the same.
    if (NO_VALUE.has(compact) && !(isSpoken && /[^\x20-\x7e]/.test(lower))) return true;
    if (fixed.includes(compact) || (isSpoken && fixed.includes(lower))) return true;
    return (isCoded && isOneCharacter(compact)) || isNobody?.(compact) === true;
  };
}

const LONGEST_WORD = Math.max(...[...NO_VALUE].map(({ length }) => length));

/** More than so many letters and digits of ASCII. */
function hasMoreLetters(value: string, most: number): boolean {
  let count = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    const low = code | 0x20;
    if ((code >= 0x30 && code <= 0x39) || (low >= 0x61 && low <= 0x7a)) count++;
    if (count > most) return true;
  }
  return false;
}

/** No word for "none" and nothing else. */
export const isNoValue = placeholders();

/** `000…`, `fff…`, `111…`. */
function isOneCharacter(compact: string): boolean {
  for (let i = 1; i < compact.length; i++) if (compact[i] !== compact[0]) return false;
  return true;
}

/** Zeros between the first `from` characters and the last `rest`: a number of the right length that nobody has. */
export function isZeroFrom(from: number, rest: number): (compact: string) => boolean {
  return (compact) => compact.length >= 14 && /^0*$/.test(compact.slice(from, compact.length - rest));
}

/** `123456789`, `987654321`: stand in alphabets and test data everywhere; as a part of a value they are not searched alone. */
export function isSequence(digits: string): boolean {
  return '01234567890123456789'.includes(digits) || '98765432109876543210'.includes(digits);
}

let hashes: Set<string> | null = null;

/** True for the MD5, SHA-1 or SHA-256 (hex) of "no value": apps that hash do not look first. */
export function isPlaceholderHash(hex: string): boolean {
  hashes ??= new Set(
    [...NO_VALUE, '0', '000000000000000', '00000000000000', '00000000-0000-0000-0000-000000000000', '02:00:00:00:00:00']
      .concat(['020000000000', '00:00:00:00:00:00', '000000000000', 'UNKNOWN', 'NULL', '0000000000000000'])
      .flatMap((text) => ['md5', 'sha1', 'sha256'].map((name) => createHash(name).update(text).digest('hex'))),
  );
  return hashes.has(hex.toLowerCase()) || isOneCharacter(hex.toLowerCase());
}
