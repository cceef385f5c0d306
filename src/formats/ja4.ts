/**
 * JA4, the TLS client fingerprint of FoxIO (technical_details/JA4.md), over TCP: `t13d1516h2_8daaf6152771_e5627efa2ab1`.
 * Promise: a pure function of what the ClientHello offered; GREASE was taken out before.
 */
import { createHash } from 'node:crypto';
import type { TlsOffer } from '../model/connection.ts';

const VERSION_NAMES = new Map([
  [0x0304, '13'],
  [0x0303, '12'],
  [0x0302, '11'],
  [0x0301, '10'],
  [0x0300, 's3'],
  [0x0002, 's2'],
]);
const SERVER_NAME = 0x0000;
const ALPN = 0x0010;

/** `firstAlpn` is the first protocol name offered, as bytes; null for none. */
export function ja4(offer: TlsOffer, firstAlpn: Buffer | null): string {
  const version = VERSION_NAMES.get(Math.max(0, ...offer.versions)) ?? '00';
  const target = offer.extensions.includes(SERVER_NAME) ? 'd' : 'i';
  const head = `t${version}${target}${count(offer.ciphers)}${count(offer.extensions)}${alpnMark(firstAlpn)}`;
  const ciphers = sortedHex(offer.ciphers);
  const extensions = sortedHex(offer.extensions.filter((type) => type !== SERVER_NAME && type !== ALPN));
  const algorithms = offer.signatureAlgorithms.map(hex4).join(',');
  return `${head}_${digest(ciphers, '')}_${digest(extensions, algorithms === '' ? '' : `_${algorithms}`)}`;
}

function count(list: number[]): string {
  return String(Math.min(99, list.length)).padStart(2, '0');
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0');
}

function sortedHex(values: number[]): string {
  return values.map(hex4).sort().join(',');
}

function digest(list: string, suffix: string): string {
  if (list === '') return '000000000000';
  return createHash('sha256').update(list).update(suffix).digest('hex').slice(0, 12);
}

function alpnMark(name: Buffer | null): string {
  if (name === null || name.length === 0) return '00';
  const ends = String.fromCharCode(name[0]!, name[name.length - 1]!);
  if (/^[0-9A-Za-z]{2}$/.test(ends)) return ends;
  const hex = name.toString('hex');
  return `${hex[0]}${hex[hex.length - 1]}`;
}
