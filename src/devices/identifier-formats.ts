/**
 * How each registered identifier is written, so that a typing error is found before a test run and not after it.
 * A value that cannot be what it claims is an error; a check digit that does not fit is a warning, since phones with
 * such numbers exist; a placeholder that every phone sends is an error, since it would raise false alerts.
 * No message contains the value.
 */
import type { TextIdentifierKind } from '../model/device.ts';

export type Checked = { ok: true; value: string; warning: string | null } | { ok: false; problem: string };

const good = (value: string, warning: string | null = null): Checked => ({ ok: true, value, warning });
const bad = (problem: string): Checked => ({ ok: false, problem });

/** Shorter values are found in any traffic by chance. */
const MIN_DISTINCTIVE = 5;

/** What phones send that have no such value or may not read it (Android, iOS). */
const PLACEHOLDER_WORDS = new Set(['unknown', 'null', 'none', 'n/a', 'undefined', 'android', '020000000000']);
const ONE_DIGIT_REPEATED = /^(0+|1+|f+)$/;
/** Free texts that may well read "Android" or "0000". */
const FREE_TEXT: ReadonlySet<TextIdentifierKind> = new Set(['ssid', 'device_name', 'email', 'phone_number']);
/** A whole series of Android 2.2 phones, and the emulator, had this one. */
const SHARED_ANDROID_ID = '9774d56d682e549c';

const digitsOf = (text: string): string => text.replace(/[\s.\-/]/g, '');

export const TEXT_FORMATS: Record<TextIdentifierKind, (text: string) => Checked> = {
  imei(text) {
    const value = digitsOf(text).toUpperCase();
    if (/^[0-9A-F]{14}$/.test(value) && /[A-F]/.test(value)) return good(value); // MEID
    if (!/^\d{14,16}$/.test(value)) return bad('must be 15 digits (14 without check digit, 16 as IMEISV, or a MEID)');
    return good(value, value.length === 15 && !luhn(value) ? 'check digit does not fit: mistyped?' : null);
  },
  imsi(text) {
    const value = digitsOf(text);
    return /^\d{14,15}$/.test(value) ? good(value) : bad('must be 14 or 15 digits');
  },
  iccid(text) {
    const value = digitsOf(text).toUpperCase().replace(/F$/, '');
    if (!/^\d{18,20}$/.test(value)) return bad('must be 18 to 20 digits');
    return good(value, value.startsWith('89') ? luhnWarning(value) : 'does not begin with 89: mistyped?');
  },
  serial: (text) => short(text),
  wifi_mac: mac,
  bluetooth_mac: mac,
  bssid: mac,
  phone_number(text) {
    const value = text.replace(/[\s().\-/]/g, '');
    if (!/^\+?\d{4,15}$/.test(value)) return bad('must be a phone number of 4 to 15 digits');
    return good(value, value.startsWith('+') ? null : 'has no country code: write it as +84… to find every spelling');
  },
  android_id(text) {
    const value = text.toLowerCase();
    if (value === SHARED_ANDROID_ID) return good(value, 'is shared by a whole series of old phones: it tells no phone');
    return good(value, /^[0-9a-f]{15,16}$/.test(value) ? null : 'is not 16 hexadecimal digits: mistyped?');
  },
  advertising_id: uuid,
  vendor_id: (text) => short(text),
  email: (text) => (/^[^\s@]+@[^\s@]+$/.test(text) ? good(text) : bad('must be an email address')),
  ssid: (text) => (Buffer.byteLength(text) <= 32 ? short(text) : bad('must be at most 32 bytes long')),
  device_name: (text) => short(text),
};

export const TEXT_KINDS = Object.keys(TEXT_FORMATS) as TextIdentifierKind[];

export function check(kind: TextIdentifierKind, text: string): Checked {
  const checked = TEXT_FORMATS[kind](text);
  return checked.ok && !FREE_TEXT.has(kind) && isPlaceholder(checked.value)
    ? bad('is a placeholder that every phone sends: remove it')
    : checked;
}

function isPlaceholder(value: string): boolean {
  const plain = value.toLowerCase().replace(/[\s:.-]/g, '');
  return PLACEHOLDER_WORDS.has(plain) || ONE_DIGIT_REPEATED.test(plain);
}

/** `aa:bb:cc:dd:ee:ff`, from any of the usual spellings; null when it is none. */
export function canonicalMac(text: string): string | null {
  const hex = text.replace(/[\s:.-]/g, '').toLowerCase();
  return /^[0-9a-f]{12}$/.test(hex) ? (hex.match(/../g) ?? []).join(':') : null;
}

function mac(text: string): Checked {
  const value = canonicalMac(text);
  return value ? good(value) : bad('must be a MAC address such as 02:00:5e:10:00:01');
}

function uuid(text: string): Checked {
  const value = text.toLowerCase();
  const fits = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
  return fits ? good(value) : good(text, 'is not a UUID: mistyped?');
}

function short(text: string): Checked {
  const tooShort = [...text].length < MIN_DISTINCTIVE;
  return good(text, tooShort ? 'is so short that other traffic holds it by chance' : null);
}

const luhnWarning = (digits: string): string | null =>
  // 18 and 19 digits exist with and without the check digit (ITU-T E.118).
  luhn(digits) || digits.length === 18 ? null : 'check digit does not fit: mistyped?';

/** ISO/IEC 7812-1 annex B. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    let digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    if (i % 2 === 1) digit = digit * 2 - (digit > 4 ? 9 : 0);
    sum += digit;
  }
  return sum % 10 === 0;
}
