/**
 * ANDROID_ID (Settings.Secure): 64 bits in hex, per app and signing key since Android 8, per phone before. Leading
 * zeros are dropped by some Android versions (Long.toHexString).
 */
import type { Device } from '../../model/device.ts';
import { hintOf } from '../key-names.ts';
import type { Checked, IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { standsAlone } from '../parts/digit-spans.ts';
import { recordText } from '../parts/key-value.ts';
import { dashed, spellAsUuid } from '../parts/made-uuid.ts';
import { placeholders } from '../parts/placeholders.ts';
import { good } from '../parts/registration.ts';
import { distinct, spelling } from '../parts/spelling.ts';
import { found, judgeNamedHash } from '../parts/verdict.ts';

const isNobody = placeholders({ fixed: ['0123456789abcdef', 'dead00beef'], isCoded: true });

export const androidId: IdentifierKind = {
  kind: 'android_id',
  title: 'Android ID',
  register,
  example: '9774d56d682e549c',
  isPlaceholder: isNobody,
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.android_id ?? []).flatMap((value) => spellOne(value, device)));
  },
  shape: { anchors: ['hex'], judge },
  vectors: [
    {
      name: 'sixteen hex digits beside their name',
      text: '{"android_id":"9774d56d682e549c"}',
      expect: { value: '9774d56d682e549c', confidence: 'likely' },
    },
    {
      name: 'misspelled name',
      text: 'andorid_id=a1b2c3d4e5f60718',
      expect: { value: 'a1b2c3d4e5f60718', confidence: 'likely' },
      source: 'seen so in SDK traffic',
    },
    {
      name: 'leading zero dropped',
      text: 'androidid=1b2c3d4e5f60718',
      expect: { value: '1b2c3d4e5f60718', confidence: 'likely' },
      source: 'Android: Long.toHexString',
    },
    {
      name: 'beside a name used for other ids too',
      text: 'device_id=a1b2c3d4e5f60718',
      expect: { value: 'a1b2c3d4e5f60718', confidence: 'possible' },
    },
    {
      name: 'id of a device that is an Android phone',
      text: '{"device_id":"9d3f1c7a5b2e8046","manufacturer":"Google","model":"Pixel 7"}',
      expect: { value: '9d3f1c7a5b2e8046', confidence: 'likely' },
      source: 'Segment context.device (id, manufacturer, type)',
    },
    { name: 'all zeros', text: 'android_id=0000000000000000', expect: null },
    { name: 'no name beside it', text: 'trace=a1b2c3d4e5f60718', expect: null },
    { name: 'part of a longer token', text: 'android_id=a1b2c3d4e5f60718ff', expect: null },
  ],
};

/** A whole series of Android 2.2 phones, and the emulator, had this one. */
const SHARED = '9774d56d682e549c';

function register(text: string): Checked {
  const value = text.toLowerCase();
  if (value === SHARED) return good(value, 'registered.shared-id');
  return good(value, /^[0-9a-f]{15,16}$/.test(value) ? null : 'registered.android-id');
}

function spellOne(registered: string, device: Device): Spelling[] {
  const hex = registered.trim().toLowerCase();
  if (!/^[0-9a-f]{8,16}$/.test(hex) || isNobody(hex)) return [];
  const number = BigInt(`0x${hex}`);
  const whole = hex.padStart(16, '0');
  const spelled = [
    spelling(hex, hex, 'hexadecimal', { anyCase: true }),
    spelling(whole, hex, 'with leading zeros', { anyCase: true }),
    spelling(whole.replace(/^0+/, ''), hex, 'without leading zeros', { anyCase: true, bounded: true }),
    ...['-', ' ', ':'].flatMap((by) => [
      spelling(whole.replace(/(....)(?=.)/g, `$1${by}`), hex, 'in groups of four', { anyCase: true, hashed: false }),
      spelling(whole.replace(/(..)(?=.)/g, `$1${by}`), hex, 'in groups of two', { anyCase: true, hashed: false }),
    ]),
    spelling(String(number), hex, 'as an unsigned decimal number', { hashed: false, bounded: true }),
    spelling(String(BigInt.asIntN(64, number)), hex, 'as a signed decimal number', { hashed: false, bounded: true }),
    ...spellAsUuid(hex, hex),
  ];
  // The device UUID of a widely copied answer: hash codes of ANDROID_ID, IMEI and SIM serial (stackoverflow.com/q/2785485).
  for (const phone of ['', ...(device.identifiers.imei ?? [])]) {
    for (const sim of ['', ...(device.identifiers.iccid ?? [])]) {
      const uuid = hashCodeUuid(hex, phone, sim);
      spelled.push(
        spelling(uuid, hex, 'UUID of Java hash codes of Android ID, IMEI and SIM number', {
          anyCase: true,
          hashed: false,
        }),
      );
    }
  }
  return spelled;
}

/** `new UUID(androidId.hashCode(), (long) imei.hashCode() << 32 | sim.hashCode())`: both halves sign-extended. */
function hashCodeUuid(androidId: string, phone: string, sim: string): string {
  const high = BigInt.asUintN(64, BigInt(hashCode(androidId)));
  const low = BigInt.asUintN(64, (BigInt(hashCode(phone)) << 32n) | BigInt(hashCode(sim)));
  return dashed(high.toString(16).padStart(16, '0') + low.toString(16).padStart(16, '0'));
}

/** java.lang.String.hashCode. */
function hashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

function judge(run: Run): Verdict | null {
  const hashed = judgeNamedHash(run, 'android_id');
  const hint = hintOf(run, 'android_id');
  if (hashed || !hint) return hashed;
  const value = run.text.slice(run.start, run.end);
  if (!/^[0-9A-Fa-f]{14,16}$/.test(value) || !standsAlone(run.text, run.start, run.end)) return null;
  if (isNobody(value)) return null;
  if (hint.group === 'strong') {
    return found(run, value.toLowerCase(), 'likely', 'android-id.named');
  }
  // Fourteen and fifteen digits beside `device_id` are rather an IMEI.
  if (value.length < 16 || /^\d+$/.test(value)) return null;
  if (hint.name.startsWith('device') && isOfAndroid(run)) {
    const reasoning = 'android-id.of-android';
    return found(run, value.toLowerCase(), 'likely', reasoning);
  }
  const reasoning = 'android-id.hinted';
  return { ...found(run, value.toLowerCase(), 'possible', reasoning), isAmbiguous: true };
}

/** Who made it, or which version of Android it runs, stands in the same record. */
const OF_ANDROID =
  /["'\s&{,;](?:manufacturer|brand|android_?version|sdk_?int|api_?level)["']?\s{0,2}[:=]|[:=]\s{0,2}["']?android\b/i;

function isOfAndroid(run: Run): boolean {
  const beside = (run.fields ?? []).map(([name, value]) => `&${name}=${value}`).join('');
  return OF_ANDROID.test(recordText(run)) || OF_ANDROID.test(beside);
}
