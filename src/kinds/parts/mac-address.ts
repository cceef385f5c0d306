/** MAC addresses (IEEE 802): the spellings all three kinds share, and what can be told from the address itself. */
import { canonicalMac } from '../../formats/mac-address.ts';
import type { Kind } from '../../model/identifier.ts';
import { hintOf } from '../key-names.ts';
import type { Checked, Run, Spelling, Verdict } from '../kind.ts';
import { standsAlone } from './digit-spans.ts';
import { spellAsUuid } from './made-uuid.ts';
import { placeholders } from './placeholders.ts';
import { bad, good } from './registration.ts';
import { distinct, spelling } from './spelling.ts';
import { found, judgeNamedHash, reasonOf } from './verdict.ts';

/** Withheld since Android 6, emulators (Android, QEMU), and what is typed into examples. */
export const isNobodysMac = placeholders({
  fixed: ['020000000000', '525400123456', '0215b2000000', '001122334455', 'aabbccddeeff', '123456789abc'],
  isCoded: true,
});

export function registerMac(text: string): Checked {
  const value = canonicalMac(text);
  return value ? good(value) : bad('devices.mac');
}

/** Twelve hex digits, lower case; null for anything else and for placeholders. */
function macHex(written: string): string | null {
  const hex = written.replace(/[^0-9A-Fa-f]/g, '').toLowerCase();
  if (hex.length !== 12 || /[g-z]/i.test(written) || isNobodysMac(hex)) return null;
  return hex;
}

/** `02:00:5e:10:00:01`, the form people write. */
export function withColons(hex: string): string {
  return hex.replace(/(..)(?=.)/g, '$1:');
}

export function spellMac(registered: string): Spelling[] {
  const hex = macHex(registered);
  if (!hex) return [];
  const value = withColons(hex);
  const pairs = value.split(':');
  const unpadded = pairs.map((pair) => pair.replace(/^0/, ''));
  const anyCase = { anyCase: true };
  return distinct([
    spelling(value, value, 'with colons', anyCase),
    ...spellAsUuid(value, value),
    spelling(pairs.join('-'), value, 'with dashes', anyCase),
    spelling(hex, value, 'without separators', anyCase),
    spelling(hex.replace(/(....)(?=.)/g, '$1.'), value, 'three quads with dots', { anyCase: true, hashed: false }),
    spelling(pairs.join(' '), value, 'with spaces', { anyCase: true, hashed: false }),
    spelling(pairs.join('_'), value, 'with underscores', { anyCase: true, hashed: false }),
    spelling(pairs.join('.'), value, 'with dots', { anyCase: true, hashed: false }),
    spelling(hex.replace(/^(.{6})/, '$1-'), value, 'in two halves', { anyCase: true, hashed: false }),
    ...spellEui64(hex, value),
    spelling(unpadded.join(':'), value, 'without leading zeros', { anyCase: true, bounded: true, hashed: false }),
    spelling(String(Number.parseInt(hex, 16)), value, 'as a decimal number', { bounded: true, hashed: false }),
  ]);
}

/** The EUI-64 that is made of it, as it is and with the bit of RFC 4291 appendix A turned. */
function spellEui64(hex: string, value: string): Spelling[] {
  const turned = (Number.parseInt(hex.slice(0, 2), 16) ^ 2).toString(16).padStart(2, '0') + hex.slice(2);
  return [hex, turned].flatMap((one) => {
    const pairs = `${one.slice(0, 6)}fffe${one.slice(6)}`.match(/../g) ?? [];
    return ['', ':', '-'].map((by) =>
      spelling(pairs.join(by), value, 'as an EUI-64', { anyCase: true, hashed: false }),
    );
  });
}

/**
 * The last three groups of the IPv6 address that a phone forms from its MAC (RFC 4291 appendix A), without leading
 * zeros as RFC 5952 writes them.
 */
export function spellInterfaceId(registered: string): Spelling[] {
  const hex = macHex(registered);
  if (!hex) return [];
  const first = (Number.parseInt(hex.slice(0, 2), 16) ^ 2).toString(16).padStart(2, '0') + hex.slice(2, 4);
  const groups = [first, `${hex.slice(4, 6)}ff`, `fe${hex.slice(6, 8)}`, hex.slice(8)].map((group) =>
    group.replace(/^0{1,3}/, ''),
  );
  // A zero group disappears into `::`.
  const text = groups[0] === '0' ? `:${groups.slice(1).join(':')}` : groups.join(':');
  return [spelling(text, withColons(hex), 'inside the IPv6 address formed from it', { anyCase: true, hashed: false })];
}

/** Without leading zeros in some pair, as some systems print it. */
const SHORT = /^(?=.*(?:^|:)[0-9A-Fa-f](?::|$))[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}$/;

function padded(text: string): string {
  return text
    .split(':')
    .map((pair) => pair.padStart(2, '0'))
    .join(':');
}

/** Judges a run as a MAC of this kind. `bare`: one without a name may be of it. */
export function judgeMac(run: Run, kind: Kind, bare: boolean): Verdict | null {
  const hashed = judgeNamedHash(run, kind);
  if (hashed) return hashed;
  const written = run.text.slice(run.start, run.end);
  const separated = /[:.-]/.test(written);
  const isShort = SHORT.test(written);
  const hex = isShort || /^[0-9A-Fa-f:.-]{12,17}$/.test(written) ? macHex(isShort ? padded(written) : written) : null;
  // Group addresses (lowest bit of the first byte) belong to no device.
  if (!hex || Number.parseInt(hex.slice(0, 2), 16) & 1 || !standsAlone(run.text, run.start, run.end)) return null;
  // More pairs beside it: a fingerprint or an IPv6 address. The end of a name is none: `mac:a4:50:…`.
  if (/(?:^|[^0-9A-Za-z_])[0-9A-Fa-f]+[:.-]$/.test(run.text.slice(Math.max(0, run.start - 12), run.start))) return null;
  if (/^[:.-][0-9A-Fa-f]{2}(?![0-9A-Za-z])/.test(run.text.slice(run.end, run.end + 4))) return null;
  const value = withColons(hex);
  const isLocal = (Number.parseInt(hex.slice(0, 2), 16) & 2) !== 0;
  const hint = hintOf(run, kind);
  if (hint?.group === 'strong' || (hint && separated)) {
    return found(run, value, 'likely', reasonOf(isLocal ? 'mac.named-local' : 'mac.named', kind));
  }
  if (hint) return found(run, value, 'possible', reasonOf('mac.hinted', kind));
  return bare && separated && !isShort ? found(run, value, 'possible', isLocal ? 'mac.bare-local' : 'mac.bare') : null;
}
