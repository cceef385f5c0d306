/**
 * Other people: the contacts an operator planted, by name and by number, and, with nothing planted, vCards and lists
 * of names with numbers.
 */
import type { Device } from '../../model/device.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { digitSpans } from '../parts/digit-spans.ts';
import { countryOf, isNobodysNumber, lastDigits, spellPhone } from '../parts/phone-spellings.ts';
import { isTelephone, recordAround } from '../parts/records.ts';
import { distinct } from '../parts/spelling.ts';
import { spellText } from '../parts/text-spellings.ts';
import { found } from '../parts/verdict.ts';

/** Shorter names are words that stand anywhere. */
const SHORTEST_NAME = 5;

export const contact: IdentifierKind = {
  kind: 'contact',
  title: 'contact',
  canonical: lastDigits,
  spell(device: Device): Spelling[] {
    if (device.canaries.contacts.length === 0) return [];
    const country = countryOf(device);
    return distinct(
      device.canaries.contacts.flatMap(({ name, phone }) => [...spellName(name), ...spellPhone(phone, country)]),
    );
  },
  factOf(value: string, device: Device): string | null {
    const isOne = ({ name, phone }: { name: string; phone: string }): boolean =>
      name === value || lastDigits(plain(phone)) === lastDigits(plain(value));
    const index = device.canaries.contacts.findIndex(isOne);
    return index < 0 ? null : `contact ${index}`;
  },
  shape: { anchors: ['digits', 'key'], named: 'phone_number', judge },
  vectors: [
    {
      name: 'telephone line of a vCard',
      text: 'BEGIN:VCARD\nVERSION:3.0\nFN:Canary Nguyen\nTEL;TYPE=CELL:+84987654321\nEND:VCARD\n',
      expect: { value: '+84987654321', confidence: 'likely' },
      source: 'RFC 2426',
    },
    {
      name: 'list of names with numbers',
      text: '{"contacts":[{"name":"An","phone":"0912000001"},{"name":"Binh","phone":"0912000002"}]}',
      expect: { value: '0912000001', confidence: 'likely' },
    },
    {
      name: 'lines of names and numbers',
      text: 'An Nguyen,+84912000001\nBinh Tran,+84912000002\nChi Le,+84912000003\n',
      expect: { value: '+84912000001', confidence: 'likely' },
    },
    { name: 'one person: a profile', text: '{"name":"Lab","phone":"+84912345678"}', expect: null },
    {
      name: 'goods and their numbers',
      text: '[{"name":"Bolt","sku":"0912000001"},{"name":"Nut","sku":"0912000002"}]',
      expect: null,
    },
    { name: 'a number after the vCard', text: 'BEGIN:VCARD\nFN:A\nEND:VCARD\nTEL:+84987654321', expect: null },
  ],
};

/** A number without what people write between its digits. */
const plain = (number: string): string => number.replace(/[\s().-]/g, '');

function spellName(name: string): Spelling[] {
  const words = name.trim().split(/\s+/u);
  if (name.trim().length < SHORTEST_NAME) return [];
  // One short word could be the middle of another; two words could not.
  const flags = { bounded: words.length < 2 || name.length < 8 };
  const spelled = spellText(name, name, 'name', flags);
  if (words.length > 1) {
    const [last, rest] = [words.at(-1) ?? '', words.slice(0, -1).join(' ')];
    spelled.push(...spellText(`${last}, ${rest}`, name, 'name, last word first', flags));
    spelled.push(...spellText(`${last} ${rest}`, name, 'name, last word first', flags));
    // vCard N: family;given (RFC 6350 6.2.2).
    spelled.push(...spellText(`${last};${rest}`, name, 'name as a vCard has it', flags));
  }
  return spelled;
}

function judge(run: Run): Verdict | null {
  const span = digitSpans(run, 7, 15)[0];
  if (!span || isNobodysNumber(span.digits) || /[A-Za-z0-9]/.test(run.text.charAt(span.end))) return null;
  if (recordAround(run) !== 'contact') return null;
  const plus = run.text.charAt(span.start - 1) === '+';
  if (!plus && /[A-Za-z0-9.]/.test(run.text.charAt(span.start - 1))) return null;
  const start = plus ? span.start - 1 : span.start;
  if (!isTelephone(run.text.slice(start, span.end), run.key)) return null;
  const value = (plus ? '+' : '') + span.digits;
  return found({ start, end: span.end }, value, 'likely', 'contact.list');
}
