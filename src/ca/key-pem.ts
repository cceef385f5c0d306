/**
 * A private key in PKCS#8, encrypted under a passphrase: PBES2 (RFC 8018) with scrypt (RFC 7914) and AES-256-CBC, which OpenSSL
 * reads as well. Node writes such files with PBKDF2 of 2,048 rounds only.
 */
import { createCipheriv, createPrivateKey, type KeyObject, randomBytes, scryptSync } from 'node:crypto';
import { encode, integer, octets, oid, pem, sequence, smallInteger } from './der.ts';

const SEALED = 'ENCRYPTED PRIVATE KEY';
/** 16 MB and some 50 ms a guess; more than 32 MB OpenSSL refuses to read. */
const SCRYPT = { N: 16_384, r: 8, p: 1 };
const KEY_BYTES = 32;

export const isSealed = (text: string): boolean => text.includes(`-----BEGIN ${SEALED}-----`);

export function sealKey(key: KeyObject, passphrase: string): string {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', scryptSync(passphrase, salt, KEY_BYTES, SCRYPT), iv);
  const plain = key.export({ type: 'pkcs8', format: 'der' });
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  const { N, r, p } = SCRYPT;
  const kdf = sequence(
    oid('1.3.6.1.4.1.11591.4.11'),
    sequence(octets(salt), integer(Buffer.from([N >> 8, N & 0xff])), smallInteger(r), smallInteger(p)),
  );
  const scheme = sequence(oid('2.16.840.1.101.3.4.1.42'), octets(iv));
  const algorithm = sequence(oid('1.2.840.113549.1.5.13'), sequence(kdf, scheme));
  return pem(SEALED, encode(sequence(algorithm, octets(sealed))));
}

/** @throws when it is no key, or the passphrase is not its own */
export function openKey(text: string, passphrase: string | null): KeyObject {
  return isSealed(text) ? createPrivateKey({ key: text, passphrase: passphrase ?? '' }) : createPrivateKey(text);
}
