/**
 * Xiaomi's account services never send an IMEI as it is but H(x): the first 16 characters of base64url(SHA-1(x)).
 * Documented in public vendor code; no standard hash length, so a search for whole hashes misses it.
 */
import { createHash } from 'node:crypto';

export function xiaomiToken(value: string): string {
  return createHash('sha1').update(value).digest('base64url').slice(0, 16);
}
