/**
 * Bytes that are no text: read as one of the binary structures when they are one from the first byte to the last, and
 * searched as they stand in any case, because a structure without a schema is a guess.
 * Promise: at most HOLD bytes wait for the end; larger bodies are streamed, and found in, without locators.
 */

import { isKeyName } from '../../kinds/key-names.ts';
import type { ByteSink } from '../byte-sink.ts';
import { fieldNamesAt } from '../endpoints.ts';
import {
  addField,
  asContainer,
  chainOf,
  type Fields,
  locatorIn,
  MAX_FIELD_TEXT,
  type Place,
  partOf,
} from '../place.ts';
import type { Scope } from '../scope.ts';
import type { BinaryValue, ReadBinary } from '../structure/binary-values.ts';
import { readBplist } from '../structure/bplist.ts';
import { readCbor, readMsgpack } from '../structure/msgpack.ts';
import { readProtobuf } from '../structure/protobuf.ts';
import { LeafSink } from './leaf.ts';
import { type FoundInRecord, Records } from './records.ts';
import { searchWhole } from './whole-value.ts';

/** Reports and messages fit; larger bodies are files. */
const HOLD = 64 << 10;
/** Units of work. */
const PER_VALUE = 60;

/** In order of how hard it is to be one by chance. */
const READERS: readonly [string, ReadBinary][] = [
  ['bplist', readBplist],
  ['msgpack', readMsgpack],
  ['cbor', readCbor],
  ['protobuf', readProtobuf],
];

export class BinarySink implements ByteSink {
  #held: Buffer[] | null = [];
  #length = 0;
  #leaf: LeafSink | null = null;
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #open: (place: Place) => ByteSink;

  constructor(scope: Scope, place: Place, open: (place: Place) => ByteSink) {
    this.#scope = scope;
    this.#place = place;
    this.#open = open;
  }

  write(bytes: Buffer): void {
    if (this.#leaf) {
      this.#leaf.write(bytes);
      return;
    }
    // The caller's buffer is reused.
    this.#held!.push(Buffer.from(bytes.subarray(0, HOLD + 1 - this.#length)));
    const isTooLong = this.#length + bytes.length > HOLD;
    const rest = bytes.subarray(HOLD + 1 - this.#length);
    this.#length += bytes.length;
    if (!isTooLong) return;
    this.#stream();
    if (rest.length > 0) this.#leaf!.write(rest);
  }

  end(): void {
    if (!this.#leaf) {
      const whole = Buffer.concat(this.#held!);
      const { mark } = this.#scope;
      if (this.#readAsStructure(whole)) {
        this.#searchAsItStands(whole, mark);
        return;
      }
      this.#held = [whole];
      this.#stream();
    }
    this.#leaf!.end();
  }

  #stream(): void {
    this.#leaf = new LeafSink(this.#scope, this.#place, 'binary', this.#open);
    const held = this.#held!;
    this.#held = null;
    for (const bytes of held) if (bytes.length > 0) this.#leaf.write(bytes);
  }

  /** Registered values that the reader of the structure cut in two, or passed over. */
  #searchAsItStands(whole: Buffer, mark: number): void {
    if (!this.#scope.known) return;
    const leaf = new LeafSink(this.#scope, { ...this.#place, told: this.#scope.toldSince(mark) }, 'media', this.#open);
    leaf.write(whole);
    leaf.end();
  }

  #reportRecord({ kind, verdict }: FoundInRecord, path: string | null, place: Place): void {
    const { value, confidence, reasoning, known = false } = verdict;
    const seen = verdict.at.text;
    const window = Buffer.from(seen, 'latin1');
    const chain = chainOf(place);
    this.#scope.report(place, {
      kind,
      value,
      confidence,
      reasoning,
      known,
      path,
      chain,
      hash: null,
      offset: 0,
      seen,
      window,
    });
  }

  #readAsStructure(whole: Buffer): boolean {
    if (this.#place.level >= this.#scope.limits.levels) return false;
    for (const [name, read] of READERS) {
      const values = read(whole, () => this.#scope.budget.spend(PER_VALUE, name));
      if (!values) continue;
      const place = asContainer(this.#place, name);
      const fields: Fields = [];
      const records = new Records(this.#scope.kinds, this.#scope.device);
      const named = namer(fieldNamesAt(this.#scope.host, name));
      for (const value of values) {
        if (this.#scope.budget.isOver) break;
        const { path, bytes, numbers } = value;
        const key = named(value);
        // Of a structure with its own records a field is looked at with its neighbours here.
        searchWhole(this.#scope, partOf(place, path, key, fields, containersIn(path)), bytes, this.#open);
        const text = bytes.toString('latin1', 0, MAX_FIELD_TEXT);
        const found = records.add(path.slice(0, path.lastIndexOf('.')), {
          key,
          text,
          path,
          ...(numbers && { numbers }),
        });
        if (found) this.#reportRecord(found, locatorIn(place, found.at.path), place);
        if (key !== null) addField(fields, key, bytes.toString('latin1', 0, MAX_FIELD_TEXT));
      }
      return true;
    }
    return false;
  }
}

/**
 * The name of a field: its own, or the one that the host's schema has for it, or, of a map (protobuf.dev: key is field 1 and
 * value field 2 of an entry), its key.
 */
function namer(fieldNames: ReadonlyMap<string, string>): (value: BinaryValue) => string | null {
  let entry = '';
  let entryKey: string | null = null;
  return ({ path, key, bytes }) => {
    if (key !== null) return key;
    const named = fieldNames.get(path);
    if (named !== undefined) return named;
    const parent = path.slice(0, -2);
    if (path.endsWith('.1')) {
      entry = parent;
      entryKey = bytes.length <= LONGEST_NAME ? bytes.toString('utf8') : null;
    } else if (path.endsWith('.2') && parent === entry && entryKey !== null && isKeyName(entryKey)) return entryKey;
    return null;
  };
}

const LONGEST_NAME = 60;
const MOST_AROUND = 4;

/** Names of the maps that a field stands in, nearest first: of `$.device.id`, `device`. */
function containersIn(path: string): string[] {
  if (!path.startsWith('$')) return [];
  const names = path.slice(1).match(/[A-Za-z_$][\w$-]*/g) ?? [];
  return names.slice(0, -1).toReversed().slice(0, MOST_AROUND);
}
