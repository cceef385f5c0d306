/**
 * How values are remembered without being kept.
 * `quick` is for telling repeats in memory: 53 bits, seeded at random for each process. `lasting` is for the store: SHA-256
 * with a secret of the installation before it, cut to 128 bits, so that a stolen database answers no guesses.
 */
import { hash, randomBytes } from 'node:crypto';

export interface Hashes {
  quick(text: string): number;
  lasting(text: string): string;
}

/** @param secret at least 16 bytes */
export function createHashes(secret: Buffer, seed = randomBytes(8)): Hashes {
  const prefix = `${secret.toString('hex')} `;
  const seedA = seed.readUInt32LE(0);
  const seedB = seed.readUInt32LE(4);
  return {
    quick(text) {
      // Two lanes of multiply and rotate, mixed at the end as in MurmurHash3.
      let a = seedA ^ text.length;
      let b = seedB;
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        a = Math.imul(a ^ code, 0x9e3779b1);
        a ^= a >>> 15;
        b = Math.imul(b ^ code, 0x85ebca6b);
        b = (b << 13) | (b >>> 19);
      }
      a = Math.imul(a ^ (b >>> 16), 0xc2b2ae35);
      b = Math.imul(b ^ (a >>> 13), 0x27d4eb2f);
      return ((a ^ (a >>> 16)) & 0x1fffff) * 0x100000000 + ((b ^ (b >>> 15)) >>> 0);
    },
    lasting: (text) => hash('sha256', prefix + text, 'hex').slice(0, 32),
  };
}
