/**
 * UDID: Apple's number of the device. 40 hexadecimal digits (a SHA-1 of serial, ECID and addresses) until 2018, since then
 * the chip's id and ECID, `00008030-001A2D3E0E88802E`. Apps may not read it since iOS 5; management and companion tools do.
 */
import type { Device } from '../../model/device.ts';
import { hintOf, namesOther } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { standsAlone } from '../parts/digit-spans.ts';
import { placeholders } from '../parts/placeholders.ts';
import { good } from '../parts/registration.ts';
import { distinct, spelling } from '../parts/spelling.ts';
import { found, judgeNamedHash } from '../parts/verdict.ts';

const OLD = /^[0-9A-Fa-f]{40}$/;
/** Chip ids are small: `8020` of the A12 to `8150` of the A18. */
const NEW = /^0000[0-9A-Fa-f]{4}-[0-9A-Fa-f]{16}$/;
const isNobody = placeholders({ isCoded: true });

export const udid: IdentifierKind = {
  kind: 'udid',
  title: 'UDID (Apple device id)',
  register: (text) => good(text, OLD.test(text) || NEW.test(text) ? null : 'registered.udid'),
  example: '00008030-001A2D3E0E88802E',
  isPlaceholder: isNobody,
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.udid ?? []).flatMap(spellOne));
  },
  shape: { anchors: ['hex'], unnamed: { hex: [25, 25] }, judge },
  vectors: [
    {
      name: 'as phones since 2018 have it',
      text: '{"UDID":"00008030-001A2D3E0E88802E"}',
      expect: { value: '00008030-001A2D3E0E88802E', confidence: 'likely' },
      source: 'Apple MDM protocol: UDID',
    },
    {
      name: 'forty hexadecimal digits',
      text: 'udid=2b6f0cc904d137be2e1730235f5664094b831186',
      expect: { value: '2b6f0cc904d137be2e1730235f5664094b831186', confidence: 'likely' },
      source: 'iOS UIDevice.uniqueIdentifier',
    },
    {
      name: 'the new form has no other meaning',
      text: '/enrol/00008101-000A2D3E0E88001E/x',
      expect: { value: '00008101-000A2D3E0E88001E', confidence: 'possible' },
    },
    { name: 'a digest beside another name', text: 'sha1=2b6f0cc904d137be2e1730235f5664094b831186', expect: null },
    { name: 'part of a UUID', text: 'x=00008030-001A-2D3E-0E88-802E00000000', expect: null },
    { name: 'a UUID called so is none', text: 'udid=6D92078A-8246-4BA4-AE5B-76104861E7DC', expect: null },
  ],
};

function spellOne(registered: string): Spelling[] {
  const value = registered.trim();
  if (value.length < 16 || isNobody(value)) return [];
  return [
    spelling(value, value, 'as registered', { anyCase: true }),
    spelling(value.replaceAll('-', ''), value, 'without dash', { anyCase: true }),
  ];
}

function judge(run: Run): Verdict | null {
  const hashed = judgeNamedHash(run, 'udid');
  if (hashed || namesOther(run, 'udid')) return hashed;
  const value = run.text.slice(run.start, run.end);
  if (isNobody(value) || !standsAlone(run.text, run.start, run.end)) return null;
  if (NEW.test(value)) {
    return hintOf(run, 'udid') ? found(run, value, 'likely', 'udid.named') : found(run, value, 'possible', 'udid.form');
  }
  return OLD.test(value) && hintOf(run, 'udid')?.group === 'strong' ? found(run, value, 'likely', 'udid.forty') : null;
}
