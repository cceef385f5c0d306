/**
 * ICCID (ITU-T E.118): the number of the SIM card, `89` + country calling code + issuer + card + Luhn digit.
 * Some systems leave the check digit out, pad with F to 20, or show it with nibbles swapped as the card stores it
 * (ETSI TS 102 221 13.2).
 */
import type { Device } from '../../model/device.ts';
import { hintOf, namesOther } from '../key-names.ts';
import type { Checked, IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { type DigitSpan, digitSpans, standsAlone, standsAloneOrNamed } from '../parts/digit-spans.ts';
import { luhnDigit, passesLuhn } from '../parts/luhn.ts';
import { isCallingCode } from '../parts/phone-library.ts';
import { isZeroFrom, placeholders } from '../parts/placeholders.ts';
import { bad, digitsOf, good } from '../parts/registration.ts';
import { distinct, spelling } from '../parts/spelling.ts';
import { found, judgeNamedHash } from '../parts/verdict.ts';

/** The emulator's, and all zeros after the `89`. */
const isNobody = placeholders({
  fixed: ['89014103211118510720', '8901410321111851072', '8901260000000000000'],
  isCoded: true,
  isNobody: isZeroFrom(2, 1),
});

export const iccid: IdentifierKind = {
  kind: 'iccid',
  title: 'ICCID (SIM card number)',
  register,
  example: '89001000000000000002',
  isPlaceholder: isNobody,
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.iccid ?? []).flatMap(spellOne));
  },
  shape: { anchors: ['digits', 'hex'], unnamed: { digits: [18, 27], hex: [20, 20] }, judge },
  vectors: [
    {
      name: 'nineteen digits with check digit beside their name',
      text: '{"SIM1ICCID":"8984040000012345673"}',
      expect: { value: '8984040000012345673', confidence: 'likely' },
      source: 'NRKbeta 2019: SIM1ICCID',
    },
    {
      name: 'twenty digits with check digit, without a name',
      text: 'a=89860012345678901238&b=1',
      expect: { value: '89860012345678901238', confidence: 'possible' },
    },
    {
      name: 'padded with F to twenty',
      text: 'iccid=8984040000012345673F',
      expect: { value: '8984040000012345673', confidence: 'likely' },
      source: 'ETSI TS 102 221 13.2',
    },
    {
      name: 'nibbles swapped, as the card stores it',
      text: '{"iccid":"984840000000214365F7"}',
      expect: { value: '8984040000001234567', confidence: 'likely' },
      source: 'ETSI TS 102 221 13.2',
    },
    {
      name: 'in groups of four as printed on the card',
      text: 'iccid: 8986 0012 3456 7890 1238',
      expect: { value: '89860012345678901238', confidence: 'likely' },
    },
    {
      name: 'of a Chinese operator, with letters',
      text: '{"iccid":"898602e3091512345678"}',
      expect: { value: '898602e3091512345678', confidence: 'likely' },
      source: 'China: letters are allowed after the number of the issuer (YD/T 1762)',
    },
    { name: 'letters, but no name', text: 'x=898602e3091512345678', expect: null },
    { name: 'wrong check digit and no name', text: 'a=89860012345678901235', expect: null },
    { name: 'all zeros', text: 'iccid=00000000000000000000', expect: null, source: 'NRKbeta 2019' },
    { name: 'all zeros after the 89', text: 'iccid=8900000000000000000', expect: null },
    { name: 'part of a longer number', text: 'n=189860012345678901238', expect: null },
    {
      name: 'the emulator has one for all',
      text: 'iccid=89014103211118510720',
      expect: null,
      source: 'Android emulator',
    },
  ],
};

function register(text: string): Checked {
  const written = digitsOf(text).toUpperCase();
  const value = /^\d{19}F$/.test(written) ? written.slice(0, -1) : written;
  if (LETTERED.test(value)) return good(value);
  if (!/^\d{18,20}$/.test(value)) return bad('registered.iccid');
  if (!value.startsWith('89')) return good(value, 'registered.iccid-begins');
  // 18 and 19 digits exist with and without the check digit (ITU-T E.118).
  const fits = passesLuhn(value) || value.length === 18;
  return good(value, fits ? null : 'registered.check-digit');
}

/** `89`, country and issuer in digits; the operators of China have letters in the rest. */
const LETTERED = /^89(?=.*[A-Fa-f].*\d)\d{4}[0-9A-Fa-f]{13,14}$/;

function spellLettered(value: string): Spelling[] {
  const groups = value.match(/.{1,4}/g) ?? [];
  return distinct([
    spelling(value, value, `${value.length} characters`, { anyCase: true }),
    ...['-', ' '].map((by) => spelling(groups.join(by), value, 'in groups of four', { anyCase: true, hashed: false })),
    spelling(swapNibbles(value), value, 'nibbles swapped, as the card stores it', { anyCase: true, hashed: false }),
  ]);
}

function spellOne(registered: string): Spelling[] {
  const written = registered.replace(/[^0-9A-Fa-f]/g, '');
  if (LETTERED.test(written)) return isNobody(written) ? [] : spellLettered(written);
  const digits = registered.replace(/[^0-9]/g, '');
  if (digits.length < 18 || isNobody(digits)) return [];
  const checked = passesLuhn(digits);
  const body = checked ? digits.slice(0, -1) : digits;
  const whole = body + luhnDigit(body);
  const spelled = [
    spelling(digits, digits, `${digits.length} digits`),
    spelling(whole, digits, 'with check digit'),
    spelling(body, digits, 'without check digit'),
  ];
  for (const number of [digits, whole, body]) {
    const groups = number.match(/.{1,4}/g) ?? [];
    spelled.push(...['-', ' '].map((by) => spelling(groups.join(by), digits, 'in groups of four', { hashed: false })));
    const padded = number.padEnd(20, 'F');
    spelled.push(
      spelling(padded, digits, 'padded with F to 20', { anyCase: true, hashed: false }),
      spelling(swapNibbles(padded), digits, 'nibbles swapped, as the card stores it', { anyCase: true, hashed: false }),
    );
  }
  return distinct(spelled);
}

function judge(run: Run): Verdict | null {
  const hashed = judgeNamedHash(run, 'iccid');
  if (hashed || namesOther(run, 'iccid')) return hashed;
  const stored = judgeStored(run) ?? judgeLettered(run);
  if (stored) return stored;
  for (const span of digitSpans(run, 18, 20)) {
    const verdict = judgeSpan(run, span);
    if (verdict) return verdict;
  }
  return null;
}

function judgeSpan(run: Run, span: DigitSpan): Verdict | null {
  if (!standsAloneOrNamed(run, span.start, span.end, 'iccid')) return null;
  // Groups other than those printed on cards are a table of numbers.
  if (span.groups.length > 1 && !span.groups.slice(0, -1).every((size) => size >= 2 && size <= 7)) return null;
  return judgeNumber(run, span, span.digits);
}

/** Twenty hex digits: padded with F, or nibbles swapped. */
function judgeStored(run: Run): Verdict | null {
  const text = run.text.slice(run.start, run.end);
  if (!/^[0-9A-Fa-f]{20}$/.test(text) || !standsAlone(run.text, run.start, run.end)) return null;
  for (const form of [text, swapNibbles(text)]) {
    const plain = /^(\d{18,19})[Ff]{1,2}$/.exec(form)?.[1] ?? (form !== text && /^\d{20}$/.test(form) ? form : null);
    const verdict = plain && judgeNumber(run, run, plain);
    if (verdict) return verdict;
  }
  return null;
}

function judgeLettered(run: Run): Verdict | null {
  const text = run.text.slice(run.start, run.end);
  const hint = hintOf(run, 'iccid');
  if (!hint || !LETTERED.test(text) || !standsAlone(run.text, run.start, run.end) || isNobody(text)) return null;
  if (!isIssued(text)) return null;
  const confidence = hint.group === 'strong' ? 'likely' : 'possible';
  return found(run, text, confidence, 'iccid.lettered');
}

function judgeNumber(run: Run, span: { start: number; end: number }, digits: string): Verdict | null {
  if (!digits.startsWith('89') || isNobody(digits) || !isIssued(digits)) return null;
  const checked = digits.length >= 19 && passesLuhn(digits);
  const hint = hintOf(run, 'iccid');
  if (hint?.group === 'strong') {
    return found(span, digits, 'likely', checked ? 'iccid.checked-and-named' : 'iccid.named');
  }
  if (!checked) return null;
  return hint ? found(span, digits, 'likely', 'iccid.hinted') : found(span, digits, 'possible', 'iccid.bare');
}

/** The country part exists; 001 is what lab cards use. */
function isIssued(digits: string): boolean {
  const rest = digits.slice(2);
  return rest.startsWith('001') || [1, 2, 3].some((length) => isCallingCode(rest.slice(0, length)));
}

function swapNibbles(hex: string): string {
  return hex.replace(/(.)(.)/g, '$2$1');
}
