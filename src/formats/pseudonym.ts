/**
 * What stands in the place of a value in a redacted package: `redacted-imei-fjqshbsn`, with the name of a hash or an encoding behind
 * it where the value stood in one (`…-md5`). The detector knows that these are nobody's.
 */

/** Sixteen consonants: no words, no digits, nothing that is hex. */
const LETTERS = 'bcdfghjkmnpqrstv';
const PSEUDONYM = /^redacted-[a-z-]{2,40}-[bcdfghjkmnpqrstv]{8}(?:-[a-z0-9-]{1,20})?$/;

/** @param digest of the value, four bytes of it */
export function pseudonym(kind: string, digest: Uint8Array): string {
  const name = [...digest.subarray(0, 4)].map((byte) => `${LETTERS[byte >> 4]}${LETTERS[byte & 15]}`).join('');
  return `redacted-${kind.replaceAll('_', '-')}-${name}`;
}

/** No number fits into it: `sha3-256`, `base64`. */
const MAX_DIGITS = 6;

export const isPseudonym = (value: string): boolean =>
  value.startsWith('redacted-') && PSEUDONYM.test(value) && (value.match(/\d/g)?.length ?? 0) <= MAX_DIGITS;
