/**
 * Which TLS to speak to a server so that it meets much the same client as without the lab: derived from what the
 * phone's ClientHello offered. Pure. Today: the range of versions.
 */
import type { SecureContextOptions } from 'node:tls';
import type { TlsOffer } from '../model/connection.ts';

export interface TlsProfile {
  /** Equal keys mean equal options. */
  key: string;
  options: SecureContextOptions;
}

const TLS13 = 0x0304;
const TLS12 = 0x0303;

export function profileOf(offer: TlsOffer | null): TlsProfile {
  const highest = Math.max(...(offer?.versions ?? [TLS13]));
  const lowest = Math.min(...(offer?.versions ?? [TLS12]));
  // A hello without supported_versions names only its highest version; such stacks speak the older ones as well.
  const old = lowest < TLS12 || highest < TLS13;
  const maxVersion =
    highest >= TLS13 ? 'TLSv1.3' : highest === TLS12 ? 'TLSv1.2' : highest === 0x0302 ? 'TLSv1.1' : 'TLSv1';
  return {
    key: `${old ? 'old' : 'new'} ${maxVersion}`,
    options: old
      ? { minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT:@SECLEVEL=0' }
      : { minVersion: 'TLSv1.2', maxVersion },
  };
}
