/** The keys of leaves, one of each kind per run: made when first asked for, or before, in the background. */
import { generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { LeafKey } from '../model/leaf-key.ts';
import { type SubjectKey, subjectKey } from './certificate.ts';

export interface KeyOfLeaves {
  privateKey: KeyObject;
  /** PKCS#8. */
  pem: string;
  subject: SubjectKey;
}

export interface LeafKeys {
  /** An RSA key that is not there yet takes 0.1 s. */
  of(kind: LeafKey): KeyOfLeaves;
  prepare(): Promise<void>;
}

const RSA = { modulusLength: 2048 };
const CURVES = { p256: 'P-256', p384: 'P-384' } as const;

export function createLeafKeys(): LeafKeys {
  const keys = new Map<LeafKey, KeyOfLeaves>();
  const keep = (kind: LeafKey, pair: { privateKey: KeyObject; publicKey: KeyObject }): KeyOfLeaves => {
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const key = { privateKey: pair.privateKey, pem, subject: subjectKey(pair.publicKey) };
    keys.set(kind, key);
    return key;
  };
  return {
    of(kind) {
      const known = keys.get(kind);
      if (known) return known;
      const pair =
        kind === 'rsa' ? generateKeyPairSync('rsa', RSA) : generateKeyPairSync('ec', { namedCurve: CURVES[kind] });
      return keep(kind, pair);
    },
    async prepare() {
      if (keys.has('rsa')) return;
      const pair = await promisify(generateKeyPair)('rsa', RSA);
      // Somebody may not have waited: leaves were signed for that key.
      if (!keys.has('rsa')) keep('rsa', pair);
    },
  };
}
