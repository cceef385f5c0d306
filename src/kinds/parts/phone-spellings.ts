/**
 * All the ways one telephone number is written: international, with 00, national, grouped, and as RFC 3966 has it.
 * Shared by `phone_number` (the phone's own) and `contact` (planted ones).
 */
import type { CountryCode } from 'libphonenumber-js/max';
import type { Device } from '../../model/device.ts';
import type { Spelling } from '../kind.ts';
import { countryOfImsi } from './networks.ts';
import { phoneLibrary } from './phone-library.ts';
import { isSequence, placeholders } from './placeholders.ts';
import { distinct, spelling } from './spelling.ts';

/** The emulator's, film numbers, and the digits in order. */
export const isNobodysNumber = placeholders({
  fixed: [
    ...['15555215554', '15555215556', '15551234567', '5551234567'],
    ...['1234567890', '123456789', '0123456789', '10000000000'],
  ],
  isCoded: true,
});

/** National and international forms of one number end alike; a name has no digits and stays as it is. */
export function lastDigits(value: string): string {
  return /^\+?\d{8,15}$/.test(value) ? value.slice(-8) : value;
}

/** Country of the phone: of its first international number, else of its SIM card's network; null when neither tells. */
export function countryOf(device: Device | undefined): CountryCode | null {
  const { getCountries, parsePhoneNumberFromString } = phoneLibrary();
  for (const number of device?.identifiers.phone_number ?? []) {
    const country = number.trim().startsWith('+') ? parsePhoneNumberFromString(number)?.country : null;
    if (country) return country;
  }
  const network = device?.identifiers.imsi?.map(countryOfImsi).find((country) => country !== null);
  return getCountries().find((country) => country === network) ?? null;
}

/** Spells a number registered in any form; numbers nobody can parse are searched as they stand. */
export function spellPhone(registered: string, country: CountryCode | null): Spelling[] {
  const digits = registered.replace(/\D/g, '');
  if (digits.length < 7 || isNobodysNumber(digits)) return [];
  const parsed = phoneLibrary().parsePhoneNumberFromString(
    registered.replace(/^\s*00/, '+'),
    country ? { defaultCountry: country } : undefined,
  );
  if (!parsed) return [spelling(digits, registered, 'as registered', { bounded: true })];
  const value = String(parsed.number);
  const code = String(parsed.countryCallingCode);
  const own = String(parsed.nationalNumber);
  const national = parsed.formatNational();
  const trunk = national.replace(/\D/g, '');
  const groups = parsed.formatInternational().split(' ').slice(1);
  const plain = { hashed: false };
  const short = { bounded: true, hashed: false };
  const spelled = [
    spelling(`+${code}${own}`, value, 'international'),
    spelling(`${code}${own}`, value, 'international without plus', { bounded: code.length + own.length < 11 }),
    spelling(`00${code}${own}`, value, 'international with 00'),
    spelling(`011${code}${own}`, value, 'international as dialled from North America', plain),
    spelling(trunk, value, 'national', { bounded: true }),
    ...(isSequence(own) ? [] : [spelling(own, value, 'national without trunk prefix', short)]),
    spelling(national, value, 'national, formatted', short),
    spelling(`+${code}${trunk}`, value, 'international with the trunk prefix left in', plain),
    spelling(`${code}-${own}`, value, 'country code and number', short),
  ];
  for (const by of [' ', '-', '.']) {
    const joined = groups.join(by);
    spelled.push(
      spelling(`+${code}${by}${joined}`, value, 'international, grouped', plain),
      spelling(`00${code}${by}${joined}`, value, 'international with 00, grouped', short),
      spelling(trunk.slice(0, trunk.length - own.length) + joined, value, 'national, grouped', short),
    );
  }
  spelled.push(
    spelling(`+${code} ${own}`, value, 'international, country code apart', plain),
    spelling(`(+${code}) ${groups.join(' ')}`, value, 'country code in brackets', plain),
    spelling(`(+${code})${own}`, value, 'country code in brackets', plain),
  );
  return distinct(spelled.filter(({ text }) => text.replace(/\D/g, '').length >= 7));
}
