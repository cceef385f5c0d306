/**
 * The name of the Wi-Fi the phone is in: with public maps of networks it is a place, and it often holds a family
 * name. Names are short and common: registered ones count only where nothing joins them, and the shortest only beside
 * a name for them.
 */

import type { Device } from '../../model/device.ts';
import { text } from '../../model/text.ts';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { standsAlone } from '../parts/digit-spans.ts';
import { bareValue } from '../parts/key-value.ts';
import { placeholders } from '../parts/placeholders.ts';
import { anyText } from '../parts/registration.ts';
import { distinct } from '../parts/spelling.ts';
import { spellText } from '../parts/text-spellings.ts';
import { found, judgeNamedHash } from '../parts/verdict.ts';

/** IEEE 802.11: at most 32 octets; below five a name is searched beside `ssid` only. */
const SHORTEST = 5;
const LONGEST = 32;
/** Network names that are words of every text. */
const COMMON = new Set([
  'default',
  'guest',
  'guests',
  'internet',
  'office',
  'public',
  'home',
  'linksys',
  'netgear',
  'router',
  'wireless',
  'mywifi',
]);

const isNobody = placeholders({
  fixed: ['androidwifi', '<unknown ssid>', 'unknown ssid', '0x', 'unknownssid', 'wifi', 'wired', 'mobile', 'cellular'],
  isSpoken: true,
});

export const ssid: IdentifierKind = {
  kind: 'ssid',
  title: 'Wi-Fi name (SSID)',
  register: (given) =>
    Buffer.byteLength(given) <= LONGEST
      ? anyText(given)
      : { ok: false, problem: text('registered.bytes', { most: LONGEST }) },
  example: 'LabWiFi',
  isPlaceholder: isNobody,
  spell(device: Device): Spelling[] {
    return distinct(
      names(device)
        .filter((name) => name.length >= SHORTEST && !COMMON.has(name.toLowerCase()))
        .flatMap((name) => spellText(name, name, 'as registered', { bounded: true, hashed: true })),
    );
  },
  shape: { anchors: ['key', 'hex'], named: 'ssid', judge },
  vectors: [
    { name: 'beside its name', text: '{"ssid":"LabWiFi"}', expect: { value: 'LabWiFi', confidence: 'likely' } },
    {
      name: 'in quotes of its own, as Android gives it',
      text: '{"ssid":"\\"LabWiFi\\""}',
      expect: { value: 'LabWiFi', confidence: 'likely' },
      source: 'Android WifiInfo.getSSID',
    },
    {
      name: 'withheld without location permission',
      text: '{"ssid":"<unknown ssid>"}',
      expect: null,
      source: 'Android WifiInfo.getSSID',
    },
    { name: 'the emulator has one for all', text: 'ssid=AndroidWifi', expect: null, source: 'Android emulator' },
    { name: 'kind of connection', text: 'connected_wifi=true', expect: null },
    { name: 'no name beside it', text: '{"label":"LabWiFi"}', expect: null },
  ],
};

function names(device: Device): string[] {
  return (device.identifiers.ssid ?? []).filter((name) => !isNobody(name));
}

function judge(run: Run): Verdict | null {
  const hashed = judgeNamedHash(run, 'ssid');
  const hint = hintOf(run, 'ssid');
  if (hashed || !hint) return hashed;
  // Letters go on beside a run of hex digits: the whole of it is offered as well. Google calls a session cookie so.
  if (!standsAlone(run.text, run.start, run.end) || (run.where === 'cookie' && run.key === 'SSID')) return null;
  const value = unquoted(run);
  if (value.text === '' || Buffer.byteLength(value.text, 'latin1') > LONGEST || isNobody(value.text)) return null;
  if (run.device && names(run.device).includes(value.text)) {
    return {
      ...found(value, value.text, 'certain', 'ssid.registered'),
      known: true,
    };
  }
  if (hint.group !== 'strong' || !/[\p{L}\p{N}]/u.test(value.text) || /[{}[\]\\]/.test(value.text)) return null;
  // A hardware address there is the access point's.
  if (/^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/.test(value.text)) return null;
  return found(value, value.text, 'likely', 'ssid.named');
}

/** Android puts the name in quotes of its own, which JSON then escapes. */
function unquoted(run: Run): { text: string; start: number; end: number } {
  let { start, end } = bareValue(run);
  while (start < end && /["\\]/.test(run.text.charAt(start))) start++;
  while (end > start && /["\\]/.test(run.text.charAt(end - 1))) end--;
  return { text: run.text.slice(start, end), start, end };
}
