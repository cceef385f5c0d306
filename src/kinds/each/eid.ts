/**
 * EID (GSMA SGP.22 4.3.1, SGP.02 2.2.2): the number of the eSIM chip, which stays whatever subscription is on it. 32 digits,
 * `89` + country and issuer + chip + two check digits by ISO/IEC 7064 MOD 97-10.
 */
import type { Device } from '../../model/device.ts';
import { hintOf, namesOther } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { standsAlone } from '../parts/digit-spans.ts';
import { isZeroFrom, placeholders } from '../parts/placeholders.ts';
import { bad, digitsOf, good } from '../parts/registration.ts';
import { distinct, spelling } from '../parts/spelling.ts';
import { found, judgeNamedHash } from '../parts/verdict.ts';

const DIGITS = 32;
const isNobody = placeholders({ isCoded: true, isNobody: isZeroFrom(2, 2) });

export const eid: IdentifierKind = {
  kind: 'eid',
  title: 'EID (eSIM chip number)',
  register: (text) => {
    const value = digitsOf(text);
    if (!/^\d{32}$/.test(value)) return bad('registered.eid');
    return good(value, passesMod97(value) ? null : 'registered.check-digits');
  },
  example: '89049032123451234512345678901235',
  isPlaceholder: isNobody,
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.eid ?? []).flatMap(spellOne));
  },
  shape: { anchors: ['digits', 'hex'], unnamed: { digits: [DIGITS, DIGITS + 8], hex: [DIGITS, DIGITS] }, judge },
  vectors: [
    {
      name: 'beside its name',
      text: '{"eid":"89049032123451234512345678901235"}',
      expect: { value: '89049032123451234512345678901235', confidence: 'likely' },
      source: 'GSMA SGP.02 2.2.2: the EID of the example',
    },
    {
      name: 'in groups of four, as the settings show it',
      text: 'eid: 8904 9032 1234 5123 4512 3456 7890 1235',
      expect: { value: '89049032123451234512345678901235', confidence: 'likely' },
    },
    {
      name: 'with both check digits right, without a name',
      text: '/v1/89049032123451234512345678901235/x',
      expect: { value: '89049032123451234512345678901235', confidence: 'possible' },
    },
    { name: 'wrong check digits and no name', text: 'x=89049032123451234512345678901236', expect: null },
    { name: 'id of an event', text: '{"eid":"8904903212345123"}', expect: null },
    { name: 'a digest that begins so', text: 'eid=8904903212345123451234567890123f', expect: null },
    { name: 'all zeros', text: 'eid=00000000000000000000000000000000', expect: null },
  ],
};

function spellOne(registered: string): Spelling[] {
  const digits = registered.replace(/\D/g, '');
  if (digits.length !== DIGITS || isNobody(digits)) return [];
  const groups = digits.match(/.{4}/g) ?? [];
  return [
    spelling(digits, digits, '32 digits'),
    ...['-', ' '].map((by) => spelling(groups.join(by), digits, 'in groups of four', { hashed: false })),
  ];
}

function judge(run: Run): Verdict | null {
  const hashed = judgeNamedHash(run, 'eid');
  if (hashed || namesOther(run, 'eid')) return hashed;
  const digits = run.text.slice(run.start, run.end).replace(/[- ]/g, '');
  if (!/^89\d{30}$/.test(digits) || isNobody(digits) || !standsAlone(run.text, run.start, run.end)) return null;
  if (!passesMod97(digits)) return null;
  return hintOf(run, 'eid') ? found(run, digits, 'likely', 'eid.named') : found(run, digits, 'possible', 'eid.bare');
}

/** ISO/IEC 7064 MOD 97-10: the whole number leaves 1. */
function passesMod97(digits: string): boolean {
  return BigInt(digits) % 97n === 1n;
}
