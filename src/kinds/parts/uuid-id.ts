/** Identifiers that are UUIDs (RFC 9562): advertising and vendor ids. A UUID alone says nothing: the name decides. */
import type { Kind } from '../../model/identifier.ts';
import { hintOf } from '../key-names.ts';
import type { Checked, Run, Spelling, Verdict } from '../kind.ts';
import { standsAlone } from './digit-spans.ts';
import { fieldNames, recordText } from './key-value.ts';
import { dashed } from './made-uuid.ts';
import { placeholders } from './placeholders.ts';
import { good } from './registration.ts';
import { distinct, spelling } from './spelling.ts';
import { found, judgeNamedHash, reasonOf } from './verdict.ts';

/** Opted out: all zeros, or a one at the end. */
export const isNobodysUuid = placeholders({ fixed: ['00000000000000000000000000000001'], isCoded: true });

export function registerUuid(written: string): Checked {
  const value = written.toLowerCase();
  const fits = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
  return fits ? good(value) : good(written, 'registered.no-uuid');
}

/** With and without dashes; ids of other forms (OAID may be 16 to 64 hex digits) as they are. */
export function spellUuid(registered: string): Spelling[] {
  const value = registered.trim();
  const compact = value.replace(/[^0-9A-Za-z]/g, '');
  if (compact.length < 8 || isNobodysUuid(value)) return [];
  const anyCase = { anyCase: true, bounded: compact.length < 12 };
  if (!/^[0-9A-Fa-f]{32}$/.test(compact)) {
    return distinct([
      spelling(value, value, 'as registered', anyCase),
      spelling(compact, value, 'without separators', anyCase),
    ]);
  }
  return distinct([
    spelling(dashed(compact), value, 'with dashes', anyCase),
    spelling(compact, value, 'without dashes', anyCase),
    spelling(dashed(compact).replaceAll('-', '_'), value, 'with underscores', { anyCase: true, hashed: false }),
  ]);
}

/**
 * `aaid` is two things: in the triple of Chinese phones (Mobile Security Alliance) an application's id, elsewhere Google's
 * advertising id.
 */
export function isInMsaTriple(run: Run): boolean {
  const names = [...fieldNames(recordText(run)), ...(run.fields ?? []).map(([name]) => name.toLowerCase())];
  return names.some((name) => /(?:oaid|vaid)$/.test(name));
}

/** `accepts`: forms without dashes that this kind has besides 32 hex digits. */
export function judgeUuid(run: Run, kind: Kind, accepts: RegExp | null): Verdict | null {
  const hint = hintOf(run, kind);
  if (!hint || !standsAlone(run.text, run.start, run.end)) return null;
  const value = run.text.slice(run.start, run.end);
  if (isNobodysUuid(value)) return null;
  const dashes = /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(value);
  const plain = /^[0-9A-Fa-f]{32}$/.test(value) || (accepts?.test(value) ?? false);
  if (hint.hashed) return judgeNamedHash(run, kind);
  if (!dashes && !plain) return null;
  if (hint.group === 'strong') return found(run, value.toLowerCase(), 'likely', reasonOf('uuid.named', kind));
  if (!dashes && hint.group !== 'fair') return null;
  const reasoning = reasonOf('uuid.hinted', kind);
  return { ...found(run, value.toLowerCase(), 'possible', reasoning), isAmbiguous: true };
}
