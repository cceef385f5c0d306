/**
 * Values that stand where an identifier would and identify nobody: opted out, withheld, not yet set, emulator.
 * Promise: they are never searched for and never reported, not even when somebody registers one.
 * Sources: Android documentation (02:00:00:00:00:00 since Android 6, `unknown` serial, zero advertising id since
 * Play services 2021), iOS (zero IDFA without tracking consent), Android emulator sources (telephony and Wi-Fi
 * constants), 3GPP2 S.R0048 (reserved MEIDs), and the traffic reports the lab replays.
 */
import { createHash } from 'node:crypto';
import type { Kind } from '../../../model/identifier.ts';

/** Words that mean "no value", in any kind. */
const NO_VALUE = new Set(
  [
    '',
    'unknown',
    'null',
    'nil',
    'none',
    'undefined',
    'na',
    'nan',
    'false',
    'true',
    'default',
    'empty',
    'error',
    'test',
  ].concat(['unavailable', 'notavailable', 'notset', 'anonymous', 'restricted', 'redacted', 'xxx', 'todo', 'string']),
);

/** Compared without separators, in lower case. */
const FIXED: Partial<Record<Kind, readonly string[]>> = {
  imei: [
    '004999010640000',
    '358240051111110',
    '012345678912345',
    '01234567891234',
    '123456789012345',
    '123456789012347',
  ],
  imsi: ['310260000000000', '310270000000000', '123456789012345', '310995000000000'],
  iccid: ['89014103211118510720', '8901410321111851072', '8901260000000000000'],
  phone_number: [
    '15555215554',
    '15555215556',
    '15551234567',
    '5551234567',
    '1234567890',
    '123456789',
    '0123456789',
    '10000000000',
  ],
  serial: [
    '0123456789abcdef',
    '123456789abcdef',
    '1234567890abcdef',
    '0123456789',
    '1234567890',
    '12345678',
    'serial',
    'generic',
  ],
  wifi_mac: ['020000000000', '525400123456', '0215b2000000', '001122334455', 'aabbccddeeff', '123456789abc'],
  android_id: ['0123456789abcdef', 'dead00beef'],
  advertising_id: ['00000000000000000000000000000001'],
  email: [
    'foo@bar.com',
    'user@domain.com',
    'name@example.com',
    'email@example.com',
    'user@example.com',
    'you@example.com',
  ],
  ssid: ['androidwifi', '<unknown ssid>', 'unknown ssid', '0x', 'unknownssid', 'wifi', 'wired', 'mobile', 'cellular'],
  device_name: ['localhost', 'android', 'iphone', 'ipad', 'phone', 'mobile', 'device', 'samsung', 'generic'],
};

/** Kinds written in digits or hex, where one repeated character means "none". */
const CODED = new Set<Kind>([
  'imei',
  'imsi',
  'iccid',
  'phone_number',
  'serial',
  'wifi_mac',
  'android_id',
  'advertising_id',
]);
const SAME_FAMILY: Partial<Record<Kind, Kind>> = {
  bluetooth_mac: 'wifi_mac',
  bssid: 'wifi_mac',
  vendor_id: 'advertising_id',
};
/** Lookups keep a space and angle brackets, so that `<unknown ssid>` is told from a network called that way. */
const SPOKEN = new Set<Kind>(['ssid', 'device_name', 'email']);

/** True for a value that identifies nobody. Separators and case do not matter. */
export function isPlaceholder(kind: Kind, value: string): boolean {
  const family = SAME_FAMILY[kind] ?? kind;
  const lower = value.trim().toLowerCase();
  const compact = lower.replace(/[^\p{L}\p{N}]/gu, '');
  // An SSID of emoji only has no letters and is a name all the same.
  if (NO_VALUE.has(compact) && !(SPOKEN.has(kind) && /[^\x20-\x7e]/.test(lower))) return true;
  const fixed = FIXED[family];
  if (fixed?.includes(compact) || (SPOKEN.has(kind) && fixed?.includes(lower))) return true;
  return CODED.has(family) && (isOneCharacter(compact) || restIsZero(family, compact));
}

/** `000…`, `fff…`, `111…`. */
function isOneCharacter(compact: string): boolean {
  for (let i = 1; i < compact.length; i++) if (compact[i] !== compact[0]) return false;
  return true;
}

/** An ICCID of all zeros keeps its `89`; an IMSI its country and network. */
function restIsZero(kind: Kind, compact: string): boolean {
  if (kind !== 'iccid' && kind !== 'imsi' && kind !== 'imei') return false;
  // A check digit may follow the zeros of an IMEI or ICCID; an IMSI has none (001010000000001 is a lab SIM).
  const zeros = compact.slice(kind === 'iccid' ? 2 : 6, kind === 'imsi' ? undefined : -1);
  return compact.length >= 14 && /^0*$/.test(zeros);
}

/** `123456789`, `987654321`: stand in alphabets and test data everywhere; as a part of a value they are not searched alone. */
export function isSequence(digits: string): boolean {
  return '01234567890123456789'.includes(digits) || '98765432109876543210'.includes(digits);
}

let hashes: Set<string> | null = null;

/** True for the MD5, SHA-1 or SHA-256 (hex) of "no value": apps that hash do not look first. */
export function isPlaceholderHash(hex: string): boolean {
  hashes ??= new Set(
    [...NO_VALUE, '0', '000000000000000', '00000000000000', '00000000-0000-0000-0000-000000000000', '02:00:00:00:00:00']
      .concat(['020000000000', '00:00:00:00:00:00', '000000000000', 'UNKNOWN', 'NULL', '0000000000000000'])
      .flatMap((text) => ['md5', 'sha1', 'sha256'].map((name) => createHash(name).update(text).digest('hex'))),
  );
  return hashes.has(hex.toLowerCase()) || isOneCharacter(hex.toLowerCase());
}
