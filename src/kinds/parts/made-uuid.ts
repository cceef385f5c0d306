/** UUIDs that programs make of an identifier, so that it looks like a random one. */
import { createHash } from 'node:crypto';
import type { Spelling } from '../kind.ts';
import { spelling } from './spelling.ts';

/** Its MD5 in the form of a UUID, as it is and as `java.util.UUID.nameUUIDFromBytes` has it (RFC 9562 5.3: version and variant set). */
export function spellAsUuid(text: string, value: string): Spelling[] {
  const bytes = createHash('md5').update(text).digest();
  const flags = { anyCase: true, hashed: false };
  const plain = spelling(dashed(bytes.toString('hex')), value, 'UUID that is its MD5', flags);
  bytes[6] = (bytes[6]! & 0x0f) | 0x30;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const named = dashed(bytes.toString('hex'));
  return [spelling(named, value, 'UUID made from its bytes (java.util.UUID.nameUUIDFromBytes)', flags), plain];
}

/** `8-4-4-4-12`. */
export function dashed(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
