/**
 * Which kind of key a phone's TLS can take from a server, read from its ClientHello. Pure.
 * Up to TLS 1.2 the cipher suite names the kind of key, and a curve must be among the phone's groups (RFC 8422 5.1); in
 * TLS 1.3 the signature algorithm names both (RFC 8446 4.2.3). P-256 is taken where it fits: it costs least.
 */
import type { TlsOffer } from '../model/connection.ts';
import type { LeafKey } from '../model/leaf-key.ts';
import { CIPHER_NAMES, GROUP_NAMES } from './tls-names.ts';

const TLS13 = 0x0304;
const TLS12 = 0x0303;
const GROUP = { p256: 0x0017, p384: 0x0018, p521: 0x0019, x25519: 0x001d, x448: 0x001e } as const;
const ECDSA_P256_SHA256 = 0x0403;
const ECDSA_P384_SHA384 = 0x0503;
/** PSS over ordinary RSA keys, all that TLS 1.3 allows of RSA. */
const RSA_PSS = [0x0804, 0x0805, 0x0806];
/** The second byte of an older code point names the key, the first a hash: SHA-1 to SHA-512. */
const isRsaPkcs1 = (code: number): boolean => (code & 0xff) === 1 && code >> 8 >= 2 && code >> 8 <= 6;
const isEcdsa = (code: number): boolean => (code & 0xff) === 3 && code >> 8 >= 2 && code >> 8 <= 6;

/** The same offer comes with every connection of a TLS stack. */
const chosen = new WeakMap<TlsOffer, LeafKey | null>();

/** Null: no certificate of the lab fits. Without an offer nobody knows better than the usual one. */
export function leafKeyFor(offer: TlsOffer | null): LeafKey | null {
  if (!offer) return 'p256';
  let key = chosen.get(offer);
  if (key === undefined) {
    key = choose(offer);
    chosen.set(offer, key);
  }
  return key;
}

function choose(offer: TlsOffer): LeafKey | null {
  const names = offer.ciphers.flatMap((code) => CIPHER_NAMES.get(code) ?? []);
  const highest = Math.max(...offer.versions);
  if (highest >= TLS13 && names.some((name) => name.startsWith('TLS_'))) return keyInTls13(offer);
  return keyInTls12(
    offer,
    names.filter((name) => !name.startsWith('TLS_')),
    Math.min(highest, TLS12),
  );
}

function keyInTls13({ signatureAlgorithms, groups }: TlsOffer): LeafKey | null {
  if (!groups.some((group) => GROUP_NAMES.has(group))) return null;
  if (signatureAlgorithms.includes(ECDSA_P256_SHA256)) return 'p256';
  if (signatureAlgorithms.some((code) => RSA_PSS.includes(code))) return 'rsa';
  return signatureAlgorithms.includes(ECDSA_P384_SHA384) ? 'p384' : null;
}

function keyInTls12({ signatureAlgorithms, groups }: TlsOffer, suites: string[], version: number): LeafKey | null {
  // A client that names no groups takes any; one that names no signatures takes SHA-1, and so do versions below 1.2.
  const hasGroup = (...wanted: number[]) => groups.length === 0 || wanted.some((group) => groups.includes(group));
  const signs = (test: (code: number) => boolean) =>
    version < TLS12 || signatureAlgorithms.length === 0 || signatureAlgorithms.some(test);
  const exchanges = hasGroup(...Object.values(GROUP));
  const has = (prefix: string) => suites.some((name) => name.startsWith(prefix));
  const canEcdsa = has('ECDHE-ECDSA-') && signs(isEcdsa);
  if (canEcdsa && hasGroup(GROUP.p256)) return 'p256';
  const encrypts = suites.some((name) => /^(?:AES|CAMELLIA)\d/.test(name));
  const canSign = signs((code) => isRsaPkcs1(code) || RSA_PSS.includes(code));
  if (encrypts || (canSign && (has('DHE-RSA-') || (has('ECDHE-RSA-') && exchanges)))) return 'rsa';
  return canEcdsa && hasGroup(GROUP.p384) ? 'p384' : null;
}
