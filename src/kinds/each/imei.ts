/**
 * IMEI, IMEISV (3GPP TS 23.003 clause 6) and MEID (3GPP2 S.R0048): the number of the phone itself.
 * Registered values are searched with and without check digit and in the groupings labels print; unregistered ones
 * are known by check digit, reporting body and the name beside them. A bare number is never more than `possible`:
 * app ids and counters pass the check digit too (one in ten).
 */
import { createHash } from 'node:crypto';
import type { Device } from '../../model/device.ts';
import { hintOf, namesOther } from '../key-names.ts';
import type { Checked, IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { type DigitSpan, digitSpans, standsAloneOrNamed } from '../parts/digit-spans.ts';
import { luhnDigit, passesLuhn } from '../parts/luhn.ts';
import { spellAsUuid } from '../parts/made-uuid.ts';
import { isZeroFrom, placeholders } from '../parts/placeholders.ts';
import { bad, digitsOf, good } from '../parts/registration.ts';
import { distinct, spelling } from '../parts/spelling.ts';
import { found, judgeNamedHash } from '../parts/verdict.ts';

/** Reporting body identifiers that GSMA has given out (TS.06 annex A; 00 is for test phones, 99 for CDMA). */
const REPORTING_BODIES = new Set([
  '00',
  '01',
  '10',
  '30',
  '33',
  '35',
  '44',
  '45',
  '49',
  '50',
  '51',
  '52',
  '53',
  '54',
  '86',
  '91',
  '98',
  '99',
]);
/** Groupings that labels and dialogs print; a number in other groups is a table or a date. */
const GROUPINGS = new Set([
  '15',
  '14',
  '16',
  '17',
  '2-6-6-1',
  '6-2-6-1',
  '8-6-1',
  '2-6-6',
  '6-2-6',
  '8-6',
  '2-6-6-2',
  '6-2-6-2',
  '8-6-2',
  '3-3-3-3-3',
]);

/** The emulator's, Android's of a radio that is off, and the digits in order. */
const isNobody = placeholders({
  fixed: [
    ...['004999010640000', '358240051111110', '012345678912345', '01234567891234'],
    ...['123456789012345', '123456789012347'],
  ],
  isCoded: true,
  isNobody: isZeroFrom(6, 1),
});

/** With its software version, and a digit before or behind. */
const LONGEST = 17;

export const imei: IdentifierKind = {
  kind: 'imei',
  title: 'IMEI',
  register,
  example: '490154203237518',
  isPlaceholder: isNobody,
  /** The phone is named by the first fourteen digits: the check digit may be left out, be sent as zero, or give way to a software version. */
  canonical: (value) => (digitsOf(value).length > LONGEST ? value : digitsOf(value).slice(0, 14)),
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.imei ?? []).flatMap(spellOne));
  },
  shape: { anchors: ['digits', 'hex'], unnamed: { digits: [14, 22] }, judge },
  vectors: [
    {
      name: 'fifteen digits beside their name',
      text: '{"IMEI1":"490154203237518"}',
      expect: { value: '490154203237518', confidence: 'likely' },
      source: 'NRKbeta 2019: IMEI1 in the report to vnet.cn',
    },
    {
      name: 'fifteen digits that pass the check, without a name',
      text: '/v1/up/490154203237518/ok',
      expect: { value: '490154203237518', confidence: 'possible' },
    },
    {
      name: 'grouped as the 3GPP writes it',
      text: 'imei=49-015420-323751-8',
      expect: { value: '490154203237518', confidence: 'likely' },
      source: '3GPP TS 23.003 6.2.1',
    },
    {
      name: 'check digit sent as zero, as signalling does',
      text: 'imei=490154203237510',
      expect: { value: '490154203237510', confidence: 'likely' },
      source: '3GPP TS 23.003 6.2.1: the check digit is not transmitted, a spare digit is sent as zero',
    },
    {
      name: 'CSV with a prefix and a list number',
      text: 'TN:IMEI1,490154203237518,client,model',
      expect: { value: '490154203237518', confidence: 'likely' },
      source: 'Figaro 2017: layout of the report to tinno.com',
    },
    {
      name: 'software version in place of the check digit',
      text: '{"imeisv":"4901542032375101"}',
      expect: { value: '4901542032375101', confidence: 'likely' },
      source: '3GPP TS 23.003 6.2.2',
    },
    {
      name: 'MEID in hexadecimal',
      text: 'meid=A0000000002329',
      expect: { value: 'A0000000002329', confidence: 'likely' },
      source: '3GPP2 S.R0048',
    },
    {
      name: 'its MD5 beside a name that says so',
      text: 'imeimd5=69e6b0c3a1ee3e2b3ad2b1ccb7f3c2a1',
      expect: { value: '69e6b0c3a1ee3e2b3ad2b1ccb7f3c2a1', confidence: 'likely' },
      source: 'OpenRTB 2.6 device.didmd5 carries the same',
    },
    { name: 'part of a longer number', text: 'id=7490154203237518442', expect: null },
    { name: 'fraction of a decimal', text: 'r=0.490154203237518', expect: null },
    { name: 'wrong check digit and no name', text: 'x=490154203237519', expect: null },
    { name: 'reporting body that was never given out', text: 'x=790154203237515', expect: null },
    { name: 'withheld: all zeros', text: 'imei=000000000000000', expect: null, source: 'NRKbeta 2019' },
    { name: 'MEID that stands for none', text: 'meid=11111111111111', expect: null, source: 'NRKbeta 2019' },
    { name: 'the emulator has one for all', text: 'imei=358240051111110', expect: null, source: 'Android emulator' },
    { name: 'beside the name of another kind', text: 'imsi=490154203237518', expect: null },
    { name: 'date, time and a counter', text: 'at 2026-11-22 101500 1', expect: null },
    { name: 'MD5 of nothing', text: 'imei_md5=d41d8cd98f00b204e9800998ecf8427e', expect: null },
  ],
};

function register(text: string): Checked {
  // As `*#06#` shows it, the number of the software version behind it.
  const value = digitsOf(text.replace(/^([\d\s-]{14,22})\s?\/\s?\d{2}$/, '$1')).toUpperCase();
  if (/^[0-9A-F]{14}$/.test(value) && /[A-F]/.test(value)) return good(value); // MEID
  if (!/^\d{14,16}$/.test(value)) return bad('registered.imei');
  return good(value, value.length === 15 && !passesLuhn(value) ? 'registered.check-digit' : null);
}

function spellOne(registered: string): Spelling[] {
  const compact = registered.replace(/[^0-9A-Fa-f]/g, '').toUpperCase();
  if (isNobody(compact)) return [];
  if (/[A-F]/.test(compact))
    return compact.length === 14 || compact.length === 15 ? spellMeid(compact.slice(0, 14)) : [];
  if (compact.length < 14 || compact.length > 17)
    return compact === '' ? [] : [spelling(compact, registered, 'as registered')];
  const body = compact.slice(0, 14);
  // A 16-digit value ends in a software version, which changes with every update: search it, and the phone apart.
  const value = compact.length === 15 ? compact : body + luhnDigit(body);
  const [rbi, type, serial] = [body.slice(0, 2), body.slice(2, 8), body.slice(8)];
  const [tac, fac] = [body.slice(0, 6), body.slice(6, 8)];
  const grouped = [
    [rbi, type, serial, value.slice(14)],
    [tac, fac, serial, value.slice(14)],
    [body.slice(0, 8), serial, value.slice(14)],
  ];
  return [
    spelling(value, value, '15 digits'),
    ...spellAsUuid(value, value),
    ...(compact.length > 15 ? [spelling(compact, value, 'with software version (IMEISV)')] : []),
    ...grouped.flatMap((parts) =>
      ['-', ' '].map((by) => spelling(parts.join(by), value, 'grouped', { hashed: false })),
    ),
    spelling([tac, fac, serial].join('-'), value, '14 digits, grouped', { hashed: false }),
    spelling([rbi, type, serial].join('-'), value, '14 digits, grouped', { hashed: false }),
    spelling(`${body.slice(0, 8)}-${serial}-0`, value, 'as a URN, with a spare digit', { hashed: false }),
    spelling(body, value, '14 digits (without check digit, or the start of an IMEISV)'),
  ];
}

function spellMeid(meid: string): Spelling[] {
  const manufacturer = String(Number.parseInt(meid.slice(0, 8), 16)).padStart(10, '0');
  const serial = String(Number.parseInt(meid.slice(8), 16)).padStart(8, '0');
  const pesn = `80${createHash('sha1').update(Buffer.from(meid, 'hex')).digest('hex').slice(-6)}`;
  return [
    spelling(meid, meid, 'MEID, hexadecimal', { anyCase: true }),
    spelling(meid + luhnDigit(meid, 16), meid, 'MEID with check digit', { anyCase: true }),
    spelling(manufacturer + serial, meid, 'MEID, 18 decimal digits'),
    spelling(pesn.toUpperCase(), meid, 'pseudo ESN of the MEID', { anyCase: true, bounded: true, hashed: false }),
  ];
}

function judge(run: Run): Verdict | null {
  const hashed = judgeNamedHash(run, 'imei');
  if (hashed) return hashed;
  const meid = judgeMeid(run);
  if (meid || namesOther(run, 'imei')) return meid;
  for (const span of digitSpans(run, 14, 17)) {
    const verdict = judgeSpan(run, span);
    if (verdict) return verdict;
  }
  return null;
}

function judgeSpan(run: Run, span: DigitSpan): Verdict | null {
  const { digits } = span;
  if (!GROUPINGS.has(span.groups.join('-')) || isNobody(digits)) return null;
  if (!standsAloneOrNamed(run, span.start, span.end, 'imei')) return null;
  const body = REPORTING_BODIES.has(digits.slice(0, 2));
  const checked = digits.length === 15 && passesLuhn(digits);
  const group = hintOf(run, 'imei')?.group ?? hintBeside(run, span);
  if (group === 'strong') {
    if (checked) return found(span, digits, 'likely', 'imei.checked-and-named');
    if (!body) return null;
    if (digits.length !== 15) return found(span, digits, 'likely', 'imei.body-and-named');
    return digits.endsWith('0')
      ? found(span, digits, 'likely', 'imei.named-zero')
      : found(span, digits, 'possible', 'imei.named-wrong');
  }
  if (!checked || !body) return null;
  return group === 'weak'
    ? found(span, digits, 'likely', 'imei.checked-and-hinted')
    : found(span, digits, 'possible', 'imei.checked');
}

/** A list such as `imei1,<digits>` or `IMEI490154…` names itself without a key. */
function hintBeside(run: Run, span: DigitSpan): string | null {
  const before = /([A-Za-z]{3,10})\d?[^A-Za-z0-9]{0,3}$/.exec(run.text.slice(Math.max(0, span.start - 16), span.start));
  return before?.[1] ? (hintOf(before[1], 'imei')?.group ?? null) : null;
}

function judgeMeid(run: Run): Verdict | null {
  const text = run.text.slice(run.start, run.end);
  const hint = hintOf(run, 'imei');
  if (!/^[A-Fa-f][0-9A-Fa-f]{13,14}$/.test(text) || !hint || isNobody(text)) return null;
  if (text.length === 15 && !passesLuhn(text, 16)) return null;
  return found(run, text.toUpperCase(), hint.group === 'strong' ? 'likely' : 'possible', 'imei.meid');
}
