import { expect, it } from 'vitest';
import type { TlsOffer } from '../../src/model/connection.ts';
import { leafKeyFor } from '../../src/wire/leaf-choice.ts';

const TLS13 = [0x0304, 0x0303];
const TLS12 = [0x0303];
const ECDSA = 0xc02b;
const ECDHE_RSA = 0xc02f;
const AES_GCM_13 = 0x1301;
const [P256, P384, X25519, FFDHE] = [0x17, 0x18, 0x1d, 0x100];
const [SIGN_P256, SIGN_P384, PSS, PKCS1, ED25519] = [0x0403, 0x0503, 0x0804, 0x0401, 0x0807];
const offer = (versions: number[], ciphers: number[], groups: number[], signatureAlgorithms: number[]): TlsOffer => ({
  versions,
  ciphers,
  groups,
  signatureAlgorithms,
  extensions: [],
  certificateCompression: [],
});

it.each([
  [
    'what a phone of today offers',
    'p256',
    offer(TLS13, [AES_GCM_13, ECDSA, ECDHE_RSA], [X25519, P256], [SIGN_P256, PSS]),
  ],
  ['TLS 1.3 with RSA signatures only', 'rsa', offer(TLS13, [AES_GCM_13], [X25519], [PSS, PKCS1])],
  ['TLS 1.3 with P-384 signatures only', 'p384', offer(TLS13, [AES_GCM_13], [P384], [SIGN_P384])],
  ['TLS 1.3 with Ed25519 only', null, offer(TLS13, [AES_GCM_13], [X25519], [ED25519])],
  ['TLS 1.3 with PKCS#1 only, which signs no handshake there', null, offer(TLS13, [AES_GCM_13], [X25519], [PKCS1])],
  ['TLS 1.2 with RSA suites only', 'rsa', offer(TLS12, [ECDHE_RSA], [X25519, P256], [SIGN_P256, PKCS1])],
  ['TLS 1.2 with RSA key exchange', 'rsa', offer(TLS12, [0x2f], [], [])],
  ['TLS 1.2 with finite fields', 'rsa', offer(TLS12, [0x9e], [FFDHE], [PKCS1])],
  ['TLS 1.2 with X25519 and both kinds of suites', 'rsa', offer(TLS12, [ECDSA, ECDHE_RSA], [X25519], [SIGN_P256, PSS])],
  ['TLS 1.2 with X25519 and ECDSA suites only', null, offer(TLS12, [ECDSA], [X25519], [SIGN_P256])],
  ['TLS 1.2 with P-384 and ECDSA suites only', 'p384', offer(TLS12, [ECDSA], [P384], [SIGN_P384])],
  ['TLS 1.2 that names no groups and no signatures', 'p256', offer(TLS12, [ECDSA], [], [])],
  ['TLS 1.0', 'rsa', offer([0x0301], [0x2f, 0x35], [], [])],
  ['suites that no OpenSSL speaks any more', null, offer(TLS12, [0x0005, 0x000a], [], [])],
] as const)('%s: %s', (_what, key, given) => {
  expect(leafKeyFor(given as TlsOffer)).toBe(key);
});

it('what could not be read is given the usual one', () => {
  expect(leafKeyFor(null)).toBe('p256');
});
