/**
 * Values of one record (a JSON object, a message, a form) that only mean something together.
 * Promise: only numbers and telling names are kept, at most MOST of a record and of RECORDS records at a time; the result
 * depends on the order of the values alone.
 */
import { hintsFor } from '../../kinds/key-names.ts';
import type { IdentifierKind, Member, RecordShape, RecordVerdict } from '../../kinds/kind.ts';
import type { Device } from '../../model/device.ts';
import { effort } from '../../model/effort.ts';
import type { Kind } from '../../model/identifier.ts';

const MOST = 32;
const RECORDS = 64;
/** A coordinate in any form is no longer. */
export const LONGEST_MEMBER = 40;
/** Units of work (model/effort.ts). */
const PER_RECORD = 100;
const PER_MEMBER = 30;

interface Taker {
  kind: Kind;
  shape: RecordShape;
  /** By the two digits: 1 for those that count. */
  leading: Uint8Array | null;
}

export interface FoundInRecord {
  kind: Kind;
  verdict: RecordVerdict;
}

export class Records {
  readonly #takers: readonly Taker[];
  readonly #device: Device | undefined;
  #open: Map<number | string | object, Member[]> | null = null;

  constructor(kinds: readonly IdentifierKind[], device: Device | null) {
    this.#device = device ?? undefined;
    this.#takers = takersFor(kinds, this.#device);
  }

  /** Quick: most values are no part of anything. `at` is where the value begins. */
  mayCount(name: string | null, bytes: Buffer, from: number, to: number): boolean {
    if (to - from > LONGEST_MEMBER || to - from < 2) return false;
    const digits = leadingDigits(bytes, from, to);
    for (const { shape, leading } of this.#takers) {
      if (leading !== null && leading[digits] === 1) return true;
      if (name !== null && hints(name, shape.named)) return true;
    }
    return false;
  }

  /** The last of the fields of a form or a query, which are all that there are so far. */
  judge(members: readonly Member[]): FoundInRecord | null {
    effort.units += PER_RECORD + PER_MEMBER * members.length;
    for (const { kind, shape } of this.#takers) {
      const verdict = shape.judge(members, this.#device);
      if (verdict) return { kind, verdict };
    }
    return null;
  }

  /** One more value of the record; what it makes with those before it. */
  add<M extends Member>(record: number | string | object, member: M): (FoundInRecord & { at: M }) | null {
    this.#open ??= new Map();
    const members = (this.#open.get(record) ?? []) as M[];
    if (members.length >= MOST) return null;
    members.push(member);
    if (members.length === 1) {
      this.#open.set(record, members);
      if (this.#open.size > RECORDS) this.#open.delete(this.#open.keys().next().value!);
      return null;
    }
    const found = this.judge(members);
    if (!found) return null;
    // What is told is done with: a list of positions has the next pair.
    this.#open.set(record, []);
    return { ...found, at: found.verdict.at as M };
  }
}

const takers = new WeakMap<readonly IdentifierKind[], WeakMap<Device | typeof NOBODY, readonly Taker[]>>();
const NOBODY = {};

/** The same for all layers of a phone. */
function takersFor(kinds: readonly IdentifierKind[], device: Device | undefined): readonly Taker[] {
  const known = takers.get(kinds) ?? new WeakMap<Device | typeof NOBODY, readonly Taker[]>();
  takers.set(kinds, known);
  const found =
    known.get(device ?? NOBODY) ??
    kinds.flatMap(({ kind, record }) =>
      record ? [{ kind, shape: record, leading: tableOf(record.leading(device)) }] : [],
    );
  known.set(device ?? NOBODY, found);
  return found;
}

function hints(name: string, wanted: Kind | undefined): boolean {
  for (const { kind } of hintsFor(name)) if (kind === wanted) return true;
  return false;
}

function tableOf(digits: ReadonlySet<string>): Uint8Array | null {
  if (digits.size === 0) return null;
  const table = new Uint8Array(100);
  for (const two of digits) table[Number(two)] = 1;
  return table;
}

/** The first two significant digits of a number; 0 for what is none. */
function leadingDigits(bytes: Buffer, from: number, to: number): number {
  let first = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x30 && byte <= 0x39) {
      if (first > 0) return 10 * first + byte - 0x30;
      first = byte - 0x30;
    } else if (SIGNS[byte] === 0) return 0;
  }
  return 0;
}

const SIGNS = new Uint8Array(256);
for (const char of '-+., NSEW') SIGNS[char.charCodeAt(0)] = 1;
