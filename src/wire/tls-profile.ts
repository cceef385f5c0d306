/**
 * Which TLS to speak to a server so that it meets much the same client as without the lab: versions, cipher suites,
 * groups and signature algorithms in the phone's own order, and the extensions OpenSSL can leave out or add. Pure.
 * What stays different: the order of extensions, GREASE, and extensions OpenSSL does not know (ALPS, SCT, ECH).
 */
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { TlsOffer } from '../model/connection.ts';
import { CIPHER_NAMES, COMPRESSION_NAMES, GROUP_NAMES, SIGNATURE_NAMES } from './tls-names.ts';

export interface TlsProfile {
  /** Equal keys mean equal options. */
  key: string;
  options: SecureContextOptions;
  /** The phone asks for a stapled OCSP answer. */
  requestOcsp: boolean;
}

const TLS13 = 0x0304;
const TLS12 = 0x0303;
const TLS11 = 0x0302;
const EXT = {
  statusRequest: 0x0005,
  padding: 0x0015,
  encryptThenMac: 0x0016,
  extendedMasterSecret: 0x0017,
  sessionTicket: 0x0023,
};
/** SSL_OP_NO_EXTENDED_MASTER_SECRET and SSL_OP_TLSEXT_PADDING of OpenSSL 3, which Node does not name. */
const NO_EXTENDED_MASTER_SECRET = 1;
const PADDING = 1 << 4;

/** The versions of the phone and nothing else: what is used when its lists cannot be spoken. */
export function plainProfileOf(offer: TlsOffer | null): TlsProfile {
  const highest = Math.max(...(offer?.versions ?? [TLS13]));
  const lowest = Math.min(...(offer?.versions ?? [TLS12]));
  // A hello without supported_versions names only its highest version; such stacks speak the older ones as well.
  const old = lowest < TLS12 || highest < TLS13;
  const maxVersion =
    highest >= TLS13 ? 'TLSv1.3' : highest === TLS12 ? 'TLSv1.2' : highest === TLS11 ? 'TLSv1.1' : 'TLSv1';
  return {
    key: `${old ? 'old' : 'new'} ${maxVersion}`,
    options: {
      ...(old
        ? { minVersion: 'TLSv1', maxVersion, ciphers: `DEFAULT${WEAK_TOO}` }
        : { minVersion: 'TLSv1.2', maxVersion }),
      secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
    },
    requestOcsp: false,
  };
}

export function profileOf(offer: TlsOffer | null): TlsProfile {
  const plain = plainProfileOf(offer);
  if (!offer) return plain;
  const ciphers = namesOf(offer.ciphers, CIPHER_NAMES);
  const groups = namesOf(offer.groups, GROUP_NAMES);
  const sigalgs = namesOf(offer.signatureAlgorithms, SIGNATURE_NAMES);
  const weak = plain.options.minVersion === 'TLSv1';
  // Without a suite for the versions below 1.3, a server that has only those could not be reached at all.
  const usable = ciphers.some((name) => !name.startsWith('TLS_'));
  // Phones connect to servers without RFC 5746 too.
  let secureOptions = constants.SSL_OP_LEGACY_SERVER_CONNECT;
  if (!offer.extensions.includes(EXT.encryptThenMac)) secureOptions |= constants.SSL_OP_NO_ENCRYPT_THEN_MAC;
  if (!offer.extensions.includes(EXT.sessionTicket)) secureOptions |= constants.SSL_OP_NO_TICKET;
  if (!offer.extensions.includes(EXT.extendedMasterSecret)) secureOptions |= NO_EXTENDED_MASTER_SECRET;
  if (offer.extensions.includes(EXT.padding)) secureOptions |= PADDING;
  const compression = namesOf(offer.certificateCompression, COMPRESSION_NAMES);
  const options: SecureContextOptions = {
    ...plain.options,
    ...(usable ? { ciphers: ciphers.join(':') + (weak ? WEAK_TOO : '') } : {}),
    ...(groups.length > 0 ? { ecdhCurve: keyShares(groups).join(':') } : {}),
    ...(sigalgs.length > 0 ? { sigalgs: sigalgs.join(':') } : {}),
    ...(compression.length > 0 ? { certificateCompression: compression } : {}),
    secureOptions,
  };
  const requestOcsp = offer.extensions.includes(EXT.statusRequest);
  return { key: JSON.stringify(options), options, requestOcsp };
}

const WEAK_TOO = ':@SECLEVEL=0';

function namesOf<T extends string>(numbers: number[], names: ReadonlyMap<number, T>): T[] {
  return [...new Set(numbers)].flatMap((number) => names.get(number) ?? []);
}

/** Phones that lead with the post-quantum group send a classic share as well, which saves a round trip. */
function keyShares(groups: string[]): string[] {
  if (groups[0] !== 'X25519MLKEM768' || !groups.includes('X25519')) return groups;
  return groups.map((name) => (name === 'X25519MLKEM768' || name === 'X25519' ? `*${name}` : name));
}
