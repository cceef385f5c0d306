/**
 * The name the owner gave the phone, seen by Bluetooth and DHCP: `Anna's iPhone`. A model name is no finding (update
 * checks send it), so an unregistered name must say whose phone it is.
 */
import type { Device } from '../../model/device.ts';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { freeValue } from '../parts/key-value.ts';
import { placeholders } from '../parts/placeholders.ts';
import { anyText } from '../parts/registration.ts';
import { distinct } from '../parts/spelling.ts';
import { spellText } from '../parts/text-spellings.ts';
import { found } from '../parts/verdict.ts';

const SHORTEST = 6;
/** Possessives: English, German and Nordic `s`, French and Spanish `de`, German `von`, Vietnamese `của`. */
const POSSESSIVE =
  /\p{L}{2}(?:['’`´]s|s['’]|s)? (?:i?phone|ipad|android|galaxy|pixel|redmi|nokia|mobil|handy|telefon)/iu;
const OF =
  /(?:phone|iphone|ipad|galaxy|pixel|redmi|nokia|handy|telefon|téléphone|teléfono|điện thoại)[\p{L}\p{N} ]{0,12} (?:de|d['’]|von|av|của|di|van) ?\p{L}{2}/iu;

const isNobody = placeholders({
  fixed: ['localhost', 'android', 'iphone', 'ipad', 'phone', 'mobile', 'device', 'samsung', 'generic'],
  isSpoken: true,
});

export const deviceName: IdentifierKind = {
  kind: 'device_name',
  title: 'device name',
  register: anyText,
  example: "Anna's Nokia",
  isPlaceholder: isNobody,
  spell(device: Device): Spelling[] {
    const model = device.model?.toLowerCase();
    return distinct(
      (device.identifiers.device_name ?? [])
        .map((name) => name.trim())
        .filter((name) => name.length >= SHORTEST && name.toLowerCase() !== model && !isNobody(name))
        .flatMap(spellOne),
    );
  },
  shape: { anchors: ['key'], named: 'device_name', judge },
  vectors: [
    {
      name: "somebody's phone",
      text: '{"device_name":"Anna\'s iPhone"}',
      expect: { value: "Anna's iPhone", confidence: 'likely' },
      source: 'iOS UIDevice.name',
    },
    {
      name: 'French',
      text: '{"device_name":"iPhone de Marie"}',
      expect: { value: 'iPhone de Marie', confidence: 'likely' },
    },
    {
      name: 'an apostrophe without quotes',
      text: "report; device_name=Anna's iPhone; end",
      expect: { value: "Anna's iPhone", confidence: 'likely' },
    },
    {
      name: 'in XML',
      text: "<d><device_name>Anna's iPhone</device_name></d>",
      expect: { value: "Anna's iPhone", confidence: 'likely' },
    },
    { name: 'a model, as update checks send', text: '{"device_name":"Nokia 7 plus"}', expect: null },
    { name: 'code name of a board', text: 'device_name=B2N_sprout', expect: null },
    { name: 'no name beside it', text: '{"title":"Anna\'s iPhone"}', expect: null },
  ],
};

function spellOne(name: string): Spelling[] {
  const flags = { bounded: true, hashed: true };
  const spelled = spellText(name, name, 'as registered', flags);
  // DHCP host names know letters, digits and dashes only (RFC 952).
  const host = name
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
  for (const text of [name.replaceAll("'", '’'), name.replaceAll('’', "'"), host, host.replaceAll('-', '_')]) {
    if (text.length >= SHORTEST) spelled.push(...spellText(text, name, 'as a host name', flags));
  }
  return spelled;
}

function judge(run: Run): Verdict | null {
  if (hintOf(run, 'device_name')?.group !== 'strong') return null;
  const value = freeValue(run);
  const text = utf8(value.text);
  if (text.length < SHORTEST || text.length > 64 || isNobody(text)) return null;
  if (!POSSESSIVE.test(text) && !OF.test(text)) return null;
  return POSSESSIVE.test(text) && !/['’`´]/.test(text)
    ? found(value, text, 'possible', 'device-name.may-say')
    : found(value, text, 'likely', 'device-name.says');
}

/** Runs are Latin-1 text; names are typed in any script. */
function utf8(text: string): string {
  return /[\x80-\xff]/.test(text) && !/[^\0-\xff]/.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
}
