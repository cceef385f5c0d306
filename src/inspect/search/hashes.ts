/**
 * The digests under which a value may leave, and the inputs vendors feed them.
 * Promise: every digest of every plausible input once; hashing only hides a value from those who do not know it.
 * Sources: Englehardt et al., "Leaky Forms" (2022) for hashes of hashes; CASES.md for the truncated SHA-1.
 */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { murmur3x64, murmur3x86 } from './murmur3.ts';

export interface Digest {
  /** e.g. `sha1`, `md5 of md5`, `sha256 (upper case)`. */
  name: string;
  bytes: Buffer;
}

const LONG = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-256', 'ripemd160'];
/** Seen chained in the wild; others only alone. */
const CHAINED = ['md5', 'sha1', 'sha256'];

/** All digests of one spelling: raw, upper, lower, without separators, with salts before and after, hash of hash. */
export function digests(text: string, salts: readonly string[]): Digest[] {
  return hashInputs(text).flatMap(([label, input]) => digestsOf(label, input, salts));
}

/** All digests of one text. `label` says how it differs from the spelling; empty for the spelling itself. */
export function digestsOf(label: string, input: string, salts: readonly string[]): Digest[] {
  const out: Digest[] = [];
  const note = label === '' ? '' : ` (${label})`;
  const bytes = Buffer.from(input, 'utf8');
  const plain = new Map<string, string>();
  for (const name of LONG) {
    const digest = hash(name, bytes, 'buffer');
    out.push({ name: name + note, bytes: digest });
    if (CHAINED.includes(name)) plain.set(name, digest.toString('hex'));
  }
  out.push({ name: `murmur3${note}`, bytes: murmur3x64(bytes) });
  for (const [inner, hex] of plain) {
    for (const outer of CHAINED) out.push({ name: `${outer} of ${inner}${note}`, bytes: hash(outer, hex, 'buffer') });
    out.push({ name: `md5 of ${inner} upper hex${note}`, bytes: hash('md5', hex.toUpperCase(), 'buffer') });
  }
  for (const salt of salts) {
    for (const name of LONG) {
      out.push({ name: `${name} salted${note}`, bytes: hash(name, salt + input, 'buffer') });
      out.push({ name: `${name} salted${note}`, bytes: hash(name, input + salt, 'buffer') });
    }
  }
  return out;
}

/** 32-bit checksums: too short to be certain, so searched with boundaries and reported as likely. */
export function checksums(text: string): Digest[] {
  const bytes = Buffer.from(text, 'utf8');
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(bytes));
  return [
    { name: 'crc32', bytes: crc },
    { name: 'murmur3-32', bytes: murmur3x86(bytes) },
  ];
}

/** What vendors feed to the hash, and how it differs from the spelling; each text once. */
export function hashInputs(text: string): [string, string][] {
  const seen = new Map<string, string>([[text, '']]);
  const add = (label: string, input: string): void => {
    if (input !== '' && !seen.has(input)) seen.set(input, label);
  };
  add('upper case', text.toUpperCase());
  add('lower case', text.toLowerCase());
  const bare = text.replace(/[\s:.\-()]/g, '');
  add('no separators', bare);
  add('no separators, upper case', bare.toUpperCase());
  add('no separators, lower case', bare.toLowerCase());
  return [...seen].map(([input, label]) => [label, input]);
}
