/**
 * Telephone numbers: the phone's own, and others' when they stand alone (those in a contact, a message or a call
 * record are reported as such). Unregistered ones are judged by libphonenumber: with a plus or a telling name only,
 * because ten digits alone are anything.
 */
import type { CountryCode } from 'libphonenumber-js/max';
import type { Device } from '../../model/device.ts';
import { hintOf, namesOther } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { type DigitSpan, digitSpans } from '../parts/digit-spans.ts';
import { phoneLibrary } from '../parts/phone-library.ts';
import { countryOf, isNobodysNumber, lastDigits, spellPhone } from '../parts/phone-spellings.ts';
import { recordAround } from '../parts/records.ts';
import { bad, good } from '../parts/registration.ts';
import { distinct } from '../parts/spelling.ts';
import { found, judgeNamedHash } from '../parts/verdict.ts';

/** Written before a number, they say what it is. */
const SCHEME = /(?:\b(?:tel|sms|smsto|callto):|wa\.me\/|whatsapp:\/\/send\?phone=)\+?$/i;

export const phoneNumber: IdentifierKind = {
  kind: 'phone_number',
  title: 'phone number',
  register: (text) => {
    const value = text.replace(/[\s().\-/]/g, '');
    if (!/^\+?\d{4,15}$/.test(value)) return bad('registered.phone-number');
    return good(value, value.startsWith('+') ? null : 'registered.no-country');
  },
  example: '+84912345678',
  isPlaceholder: isNobodysNumber,
  canonical: lastDigits,
  mayBeOf: ['contact'],
  spell(device: Device): Spelling[] {
    const numbers = device.identifiers.phone_number ?? [];
    const country = numbers.length > 0 ? countryOf(device) : null;
    return distinct(numbers.flatMap((number) => spellPhone(number, country)));
  },
  shape: { anchors: ['digits', 'hex', 'key'], named: 'phone_number', judge },
  vectors: [
    {
      name: 'international beside its name',
      text: '{"phone_number":"+84912345678"}',
      expect: { value: '+84912345678', confidence: 'likely' },
    },
    {
      name: 'international without plus, in a parameter that names an external id',
      text: '?type=MXPH&externalId=84912345678',
      expect: { value: '+84912345678', confidence: 'likely' },
      source: 'F-Secure 2014: pass/user@id?type=MXPH&externalId=',
    },
    {
      name: 'grouped, with plus, without a name',
      text: 'call +84 912 345 678 now',
      expect: { value: '+84912345678', confidence: 'possible' },
      source: 'ITU-T E.123',
    },
    {
      name: 'a link to dial',
      text: 'href tel:+47-22-04-70-00 end',
      expect: { value: '+4722047000', confidence: 'likely' },
      source: 'RFC 3966',
    },
    {
      name: 'with 00 beside its name',
      text: 'msisdn=0084912345678',
      expect: { value: '+84912345678', confidence: 'likely' },
    },
    {
      name: 'national beside its name',
      text: '{"LINE_1_NUMBER":"0912345678"}',
      expect: { value: '0912345678', confidence: 'likely' },
    },
    { name: 'milliseconds since 1970', text: '{"time":1763805600000}', expect: null },
    { name: 'no such number in that country', text: 'a +84 0000 000', expect: null },
    { name: 'part of a longer number', text: 'x=+8491234567812345678', expect: null },
    { name: 'the emulator has one for all', text: 'phone=15555215554', expect: null, source: 'Android emulator' },
    { name: 'the digits in order', text: 'phone=1234567890', expect: null },
    { name: 'beside the name of another kind', text: 'imsi=84912345678', expect: null },
  ],
};

function judge(run: Run): Verdict | null {
  const hashed = judgeNamedHash(run, 'phone_number');
  if (hashed || namesOther(run, 'phone_number')) return hashed;
  for (const span of digitSpans(run, 8, 15)) {
    const verdict = judgeSpan(run, span);
    if (verdict) return verdict;
  }
  return null;
}

function judgeSpan(run: Run, span: DigitSpan): Verdict | null {
  const { text } = run;
  if (/[A-Za-z0-9]/.test(text.charAt(span.end)) || isNobodysNumber(span.digits)) return null;
  const before = text.slice(Math.max(0, span.start - 32), span.start);
  const scheme = SCHEME.test(before);
  const plus = before.endsWith('+') && !/[A-Za-z0-9]$/.test(before.slice(0, -1));
  const hint = hintOf(run, 'phone_number');
  if (!plus && (/[A-Za-z0-9.]$/.test(before) || !(scheme || hint))) return null;
  if (hint && !plus && !scheme && !/^0/.test(span.digits)) {
    const national = judgeNational(run, span, hint.group);
    if (national !== undefined) return national;
  }
  const international = plus || scheme || !span.digits.startsWith('0') || span.digits.startsWith('00');
  const value = international ? parseInternational(span.digits) : parseNational(span.digits, run.device);
  if (value === null || isNobodysNumber(value)) return null;
  // A person in a list, a text message and a call are kinds of their own.
  if (recordAround(run) !== null) return null;
  const at = { start: plus ? span.start - 1 : span.start, end: span.end };
  if (scheme) return found(at, value, 'likely', 'phone-number.link');
  // Beside a weak name a national number counts when the phone's own country has such a number.
  const exists = international || value.startsWith('+');
  if (hint?.group === 'strong' || (hint && exists)) {
    return found(at, value, 'likely', exists ? 'phone-number.named' : 'phone-number.national');
  }
  return found(at, value, 'possible', 'phone-number.bare');
}

/** Eleven digits that are a mobile number of China, and would read as one of North America with its country code. */
const AMBIGUOUS = /^1[3-9]\d{9}$/;

/**
 * Without plus and trunk zero: the phone's own country may have such a number; else no country is asserted, unless the number
 * exists with the country code that it begins with. Undefined: it is judged as an international one.
 */
function judgeNational(run: Run, span: DigitSpan, group: string): Verdict | null | undefined {
  const { digits } = span;
  const own = run.device ? parseNational(digits, run.device) : null;
  if (own?.startsWith('+')) return recordAround(run) ? null : found(span, own, 'likely', 'phone-number.own-country');
  if (!AMBIGUOUS.test(digits) && parseInternational(digits) !== null) return undefined;
  const isUsual = AMBIGUOUS.test(digits) || (group !== 'weak' && digits.length >= 9 && digits.length <= 11);
  if (!isUsual || recordAround(run)) return null;
  return found(span, digits, 'possible', 'phone-number.no-country');
}

function parseInternational(digits: string): string | null {
  const parsed = phoneLibrary().parsePhoneNumberFromString(`+${digits.replace(/^00/, '')}`);
  return parsed?.isValid() ? String(parsed.number) : null;
}

/** National numbers: valid in the phone's own country when it is known, else of a usual length with one trunk zero. */
function parseNational(digits: string, device: Device | undefined): string | null {
  const country: CountryCode | null = device ? countryOf(device) : null;
  if (country) {
    const parsed = phoneLibrary().parsePhoneNumberFromString(digits, country);
    return parsed?.isValid() ? String(parsed.number) : null;
  }
  return /^0[1-9]\d{7,9}$/.test(digits) ? digits : null;
}
