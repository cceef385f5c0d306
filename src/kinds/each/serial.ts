/**
 * The maker's serial number of the phone (Android Build.SERIAL, `ro.serialno`). It has no format of its own, so an
 * unregistered one is known by its name only; a short registered one counts only where no letter or digit joins it.
 */
import type { Device } from '../../model/device.ts';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { spellAsUuid } from '../parts/made-uuid.ts';
import { placeholders } from '../parts/placeholders.ts';
import { anyText } from '../parts/registration.ts';
import { distinct, spelling } from '../parts/spelling.ts';
import { found, judgeNamedHash } from '../parts/verdict.ts';

/** Below this a serial is a word like any other and is not searched for. */
const SHORTEST = 5;
/** From this length on a serial is not met by accident inside another token. */
const UNMISTAKABLE = 10;

/** Boards without a serial say the digits in order. */
const isNobody = placeholders({
  fixed: [
    ...['0123456789abcdef', '123456789abcdef', '1234567890abcdef'],
    ...['0123456789', '1234567890', '12345678', 'serial', 'generic', 'android', '020000000000'],
  ],
  isCoded: true,
});

export const serial: IdentifierKind = {
  kind: 'serial',
  title: 'serial number',
  register: anyText,
  example: 'LABSERIAL0001',
  isPlaceholder: isNobody,
  spell(device: Device): Spelling[] {
    return distinct(
      (device.identifiers.serial ?? [])
        .map((value) => value.trim())
        .filter((value) => value.length >= SHORTEST && !isNobody(value))
        .flatMap((value) => [
          spelling(value, value, 'as registered', { bounded: value.length < UNMISTAKABLE, anyCase: true }),
          ...spellAsUuid(value, value),
        ]),
    );
  },
  shape: { anchors: ['key'], named: 'serial', judge },
  vectors: [
    {
      name: 'beside the Android name',
      text: '{"build_serial":"ZX1G22KHQK"}',
      expect: { value: 'ZX1G22KHQK', confidence: 'likely' },
      source: 'Android Build.SERIAL',
    },
    {
      name: 'beside a short name used for other numbers too',
      text: 'sn=LABSERIAL0001',
      expect: { value: 'LABSERIAL0001', confidence: 'possible' },
      source: 'OnePlus 2017 report',
    },
    { name: 'withheld since Android 10', text: '{"serial":"unknown"}', expect: null, source: 'Android Build.SERIAL' },
    { name: 'a word, no number in it', text: '{"serial":"generic"}', expect: null },
    { name: 'a counter', text: 'serial=12', expect: null },
    { name: 'the digits in order, as boards without a serial say', text: 'serial=0123456789ABCDEF', expect: null },
    { name: 'serial number of a certificate', text: '{"serial_number":"04:8f:0b:11:2c"}', expect: null },
  ],
};

function judge(run: Run): Verdict | null {
  const hashed = judgeNamedHash(run, 'serial');
  const hint = hintOf(run, 'serial');
  if (hashed || !hint) return hashed;
  const value = run.text.slice(run.start, run.end);
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{4,23}$/.test(value) || !/\d/.test(value) || isNobody(value)) return null;
  return hint.group === 'strong'
    ? found(run, value, 'likely', 'serial.named')
    : found(run, value, 'possible', 'serial.hinted');
}
