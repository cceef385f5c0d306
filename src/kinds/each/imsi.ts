/**
 * IMSI (3GPP TS 23.003 clause 2.2): the number of the subscription on the SIM card.
 * Unregistered ones are judged against the list of networks that exist (ITU-T E.212) and the name beside them.
 */
import type { Device } from '../../model/device.ts';
import { hintOf, namesOther } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { type DigitSpan, digitSpans, standsAlone, standsAloneOrNamed } from '../parts/digit-spans.ts';
import { passesLuhn } from '../parts/luhn.ts';
import { networkLength } from '../parts/networks.ts';
import { isSequence, isZeroFrom, placeholders } from '../parts/placeholders.ts';
import { bad, digitsOf, good } from '../parts/registration.ts';
import { distinct, spelling } from '../parts/spelling.ts';
import { found, judgeNamedHash } from '../parts/verdict.ts';

/** The emulator's; of an IMSI without check digit all zeros after the network (001010000000001 is a lab SIM). */
const isNobody = placeholders({
  fixed: ['310260000000000', '310270000000000', '123456789012345', '310995000000000'],
  isCoded: true,
  isNobody: isZeroFrom(6, 0),
});

export const imsi: IdentifierKind = {
  kind: 'imsi',
  title: 'IMSI',
  register: (text) => {
    const value = digitsOf(text);
    return /^\d{14,15}$/.test(value) ? good(value) : bad('registered.imsi');
  },
  example: '001010123456789',
  isPlaceholder: isNobody,
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.imsi ?? []).flatMap(spellOne));
  },
  shape: { anchors: ['digits', 'hex'], unnamed: { digits: [14, 18] }, judge },
  vectors: [
    {
      name: 'test network beside its name',
      text: '{"SIM1LTEIMSI":"001010123456789"}',
      expect: { value: '001010123456789', confidence: 'likely' },
      source: 'NRKbeta 2019; test network 001/01 of 3GPP TS 34.108',
    },
    {
      name: 'in a query beside its name',
      text: '?imsi=310150123456789&x=1',
      expect: { value: '310150123456789', confidence: 'likely' },
      source: 'F-Secure 2014: activating?imsi=',
    },
    {
      name: 'fourteen digits, as early networks gave out',
      text: 'imsi=24201012345678',
      expect: { value: '24201012345678', confidence: 'likely' },
      source: '3GPP TS 23.003 2.2: not more than 15 digits',
    },
    {
      name: 'in the realm of a Wi-Fi calling login',
      text: '0452040123456789@wlan.mnc004.mcc452.3gppnetwork.org',
      expect: { value: '452040123456789', confidence: 'likely' },
      source: '3GPP TS 23.003 19.3.2: root NAI',
    },
    {
      name: 'bare, of a network that exists',
      text: '/sub/452040123456789/a',
      expect: { value: '452040123456789', confidence: 'possible' },
    },
    { name: 'country code that does not exist', text: 'imsi=199991234567890', expect: null, source: 'ITU-T E.212' },
    { name: 'no such network in that country', text: 'imsi=452990123456789', expect: null },
    { name: 'part of a longer number', text: 'id=45204012345678901', expect: null },
    { name: 'withheld: all zeros', text: 'imsi=000000000000000', expect: null },
    { name: 'the emulator has one for all', text: 'imsi=310260000000000', expect: null, source: 'Android emulator' },
    { name: 'beside the name of another kind', text: 'imei=452040123456789', expect: null },
  ],
};

function spellOne(registered: string): Spelling[] {
  const digits = registered.replace(/\D/g, '');
  if (digits.length < 6 || isNobody(digits)) return [];
  const length = networkLength(digits) ?? 5;
  const [mcc, mnc, msin] = [digits.slice(0, 3), digits.slice(3, length), digits.slice(length)];
  const spelled = [
    spelling(digits, digits, `${digits.length} digits`),
    ...['-', ' '].map((by) =>
      spelling([mcc, mnc, msin].join(by), digits, 'country, network, subscriber', { hashed: false }),
    ),
    spelling(`${mcc + mnc}-${msin}`, digits, 'network, subscriber', { hashed: false }),
    spelling(`suci-0-${mcc}-${mnc}-0-0-0-${msin}`, digits, 'SUCI with the null scheme', {
      anyCase: true,
      hashed: false,
    }),
  ];
  if (msin.length >= 9 && !isSequence(msin)) {
    spelled.push(spelling(msin, digits, 'subscriber part alone (MSIN)', { bounded: true, hashed: false }));
  }
  return spelled;
}

function judge(run: Run): Verdict | null {
  const hashed = judgeNamedHash(run, 'imsi');
  if (hashed || namesOther(run, 'imsi')) return hashed;
  for (const span of digitSpans(run, 14, 16)) {
    const verdict = judgeSpan(run, span);
    if (verdict) return verdict;
  }
  return null;
}

function judgeSpan(run: Run, span: DigitSpan): Verdict | null {
  const identity = networkIdentity(run, span);
  if (identity) return identity;
  const { digits } = span;
  if (digits.length > 15 || isNobody(digits) || networkLength(digits) === null) return null;
  const hint = hintOf(run, 'imsi');
  const grouped = span.groups.length > 1;
  if (grouped && span.groups[0] !== 3 && span.groups[0] !== networkLength(digits)) return null;
  if (hint && standsAloneOrNamed(run, span.start, span.end, 'imsi')) {
    return hint.group === 'strong'
      ? found(span, digits, 'likely', 'imsi.named')
      : found(span, digits, 'possible', 'imsi.hinted');
  }
  // Bare: a number that is an IMEI as well is more often the IMEI.
  if (hint || grouped || digits.length !== 15 || run.key !== null || passesLuhn(digits)) return null;
  if (!standsAlone(run.text, span.start, span.end)) return null;
  return found(span, digits, 'possible', 'imsi.bare');
}

/** `0<IMSI>@wlan.mnc004.mcc452.3gppnetwork.org`: the leading digit says how the phone authenticates. */
function networkIdentity(run: Run, span: DigitSpan): Verdict | null {
  const realm = /^@(?:wlan|nai\.epc|ims|nai\.5gc)\.mnc\d{3}\.mcc(\d{3})\./i.exec(
    run.text.slice(span.end, span.end + 40),
  );
  if (!realm || span.groups.length !== 1) return null;
  const digits = span.digits.length === 16 ? span.digits.slice(1) : span.digits;
  if (!digits.startsWith(realm[1] ?? '-') || isNobody(digits)) return null;
  return found({ start: span.end - digits.length, end: span.end }, digits, 'likely', 'imsi.nai');
}
