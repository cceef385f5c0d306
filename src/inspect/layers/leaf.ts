/**
 * Bytes that no structure was recognised in: searched, offered to the operator's decoders, and, when nothing opens them
 * and they look encrypted, reported as opaque. A decoder that takes long works in steps, after the layer has ended.
 * Promise: at most MAX_OFFERED bytes are kept, and only when there is a decoder to offer them to.
 */

import { text } from '../../model/text.ts';
import type { ByteSink } from '../byte-sink.ts';
import { openOneByte } from '../decode/one-byte.ts';
import { inflateWhole, mayBeShortDeflate, unbrotliWhole } from '../decode/zlib-probe.ts';
import { type Format, hasMagic } from '../format.ts';
import { type Entropy, measure, newEntropy, opaqueVerdict } from '../opaque.ts';
import type { OperatorDecoder } from '../operator/decoder.ts';
import { chainOf, type Place, placeInside } from '../place.ts';
import { isReadable } from '../readable.ts';
import type { Scope } from '../scope.ts';
import { readProtobuf } from '../structure/protobuf.ts';
import { atOnce } from '../work.ts';
import { MAX_KEPT } from './beside.ts';
import { EmbeddedFinder } from './embedded.ts';
import { Gathered } from './gathered.ts';
import { Scanner } from './scanner.ts';

/** An operator's decoder sees whole payloads up to this size. */
const MAX_OFFERED = 1 << 20;
/** Shorter ones are noise. */
const LEAST_WAITING = 24;
/** Setting up the decoder, in units of work. */
const PER_INFLATE = 2000;
/** Units of work. */
const PER_GUESS = 2000;
/** What is opened is text from the beginning. */
const MOST_READ = 512;
const NOTHING = Buffer.alloc(0);

export class LeafSink implements ByteSink {
  /** The whole of a short payload, for the decoders of the lab and the operator. */
  #offered: Buffer[] | null;
  readonly #decoders: readonly OperatorDecoder[];
  /** What was told since then was told about these bytes. */
  readonly #mark: number;
  readonly #mayWait: boolean;
  #length = 0;
  readonly #entropy: Entropy | null;
  readonly #embedded: EmbeddedFinder | null;
  readonly #scanner: Scanner;
  /** Null where a silent protocol's bytes must not wait for more. */
  readonly #gathered: Gathered | null;
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #open: (place: Place) => ByteSink;

  constructor(scope: Scope, place: Place, format: Format, open: (place: Place) => ByteSink) {
    this.#scope = scope;
    this.#place = place;
    this.#open = open;
    this.#entropy = format === 'binary' ? newEntropy() : null;
    this.#decoders = decodersFor(format, scope.decoders);
    this.#mark = scope.mark;
    this.#mayWait = format === 'binary' && place.where !== 'raw';
    this.#offered = this.#decoders.length > 0 || this.#mayWait ? [] : null;
    this.#scanner = new Scanner(scope, place, {
      isText: format === 'text',
      isDeep: format !== 'media',
      json: null,
      open,
    });
    const mayHold = format === 'binary' && place.depth < scope.limits.depth && place.level < scope.limits.levels;
    this.#embedded = mayHold ? new EmbeddedFinder(scope, place, open, place.level > 0 || place.where !== 'raw') : null;
    this.#gathered = place.where === 'raw' && place.level === 0 ? null : new Gathered(this.#scanner);
  }

  write(bytes: Buffer): void {
    if (this.#gathered) this.#gathered.write(bytes);
    else this.#scanner.push(bytes, false);
    if (!this.#scope.budget.isOver) this.#embedded?.write(bytes);
    if (this.#entropy) measure(this.#entropy, bytes);
    this.#length += bytes.length;
    if (!this.#offered) return;
    if (this.#length <= (this.#decoders.length > 0 ? MAX_OFFERED : MAX_KEPT)) this.#offered.push(Buffer.from(bytes));
    else this.#offered = null;
  }

  /** Nothing may come for long: of a stream that is searched as it comes. */
  pause(): void {
    if (!this.#gathered) this.#scanner.pause();
  }

  end(complete = true): void {
    this.#embedded?.end(complete);
    if (this.#gathered) this.#gathered.end();
    else this.#scanner.push(NOTHING, true);
    if (this.#scope.budget.isOver) return;
    const whole = this.#offered && Buffer.concat(this.#offered);
    if (whole === null || this.#decoders.length === 0) this.#judge(whole);
    else if (this.#decoders.some(({ openInSteps }) => openInSteps)) this.#scope.later(this.#decode(whole));
    else atOnce(this.#decode(whole));
  }

  *#decode(whole: Buffer): Generator<undefined, void> {
    if (!(yield* this.#tryDecoders(whole))) this.#judge(whole);
  }

  /** Nothing opened it. */
  #judge(whole: Buffer | null): void {
    if (!this.#entropy) return;
    const verdict = opaqueVerdict(this.#entropy, this.#place, this.#scope.host);
    const report = (): void => {
      if (verdict) this.#scope.report(this.#place, { ...verdict, path: this.#place.path, chain: chainOf(this.#place) });
    };
    if (!whole || whole.length > MAX_KEPT || !this.#mayGoIn() || !this.#tryMasks(whole, report)) report();
  }

  #mayGoIn(): boolean {
    return (
      this.#mayWait && this.#place.depth < this.#scope.limits.depth && this.#place.level < this.#scope.limits.levels
    );
  }

  /**
   * XOR with one byte and raw deflate, at once; XOR with a value that stands beside, at the end of the exchange. A guess: what
   * was found in the bytes as they stand was told, and is not told again.
   */
  #tryMasks(bytes: Buffer, closed: () => void): boolean {
    const told = this.#scope.toldSince(this.#mark);
    const open = (entry: string, opened: Buffer): void => {
      const inside = placeInside(this.#place, entry, null, null);
      const layer = this.#open({ ...inside, keys: null, depth: this.#place.depth + 1, told });
      layer.write(opened);
      layer.end(true);
    };
    if (!this.#scope.budget.spend(PER_GUESS, 'xor')) return false;
    const masked = openOneByte(bytes);
    if (masked) {
      open(`xor ${masked.mask.toString(16).padStart(2, '0')}`, masked.bytes);
      return true;
    }
    const isLikely = bytes.length >= LEAST_WAITING || mayBeShortDeflate(bytes);
    const mayInflate = isLikely && this.#scope.budget.spend(PER_INFLATE + bytes.length, 'deflate');
    const inflated = mayInflate ? inflateWhole(bytes) : null;
    if (inflated && holdsSomething(inflated)) {
      open('deflate', inflated);
      return true;
    }
    const unpacked = isLikely && this.#scope.budget.spend(PER_INFLATE, 'br') ? unbrotliWhole(bytes) : null;
    if (unpacked && isReadable(unpacked.subarray(0, MOST_READ))) {
      open('br', unpacked);
      return true;
    }
    if (bytes.length < LEAST_WAITING) return false;
    const opened = (name: string, inside: Buffer): void => open(`xor with ${name}`, inside);
    // What may be opened by a neighbour is no clean value: the next request may have another.
    this.#scope.said++;
    return this.#scope.beside.wait({ bytes, opened, closed });
  }

  *#tryDecoders(bytes: Buffer): Generator<undefined, boolean> {
    const { limits } = this.#scope;
    if (bytes.length === 0 || this.#place.depth >= limits.depth || this.#place.level >= limits.levels) return false;
    for (const decoder of this.#decoders) {
      // What undoes itself (a turned alphabet) would go round in circles.
      if (this.#place.chain.includes(decoder.name)) continue;
      const opened = yield* this.#tryDecoder(decoder, bytes);
      if (!opened || opened.length === 0) continue;
      const inside = placeInside(this.#place, decoder.name, null, null);
      const layer = this.#open({ ...inside, depth: this.#place.depth + 1 });
      layer.write(opened);
      layer.end(true);
      return true;
    }
    return false;
  }

  /** A decoder of the operator's may be wrong; the lab goes on. */
  *#tryDecoder({ name, open, openInSteps }: OperatorDecoder, bytes: Buffer): Generator<undefined, Buffer | null> {
    const { host, budget } = this.#scope;
    try {
      if (!openInSteps) return open(bytes, { host, where: this.#place.where, key: this.#place.key });
      const opening = openInSteps(bytes);
      for (let step = opening.next(); ; step = opening.next()) {
        if (step.done) return step.value;
        budget.count(step.value);
        yield;
      }
    } catch {
      this.#scope.partial(text('unseen.decoder', { name }));
      return null;
    }
  }
}

/** Text or a structure: what noise does not decode to. */
function holdsSomething(bytes: Buffer): boolean {
  return isReadable(bytes.subarray(0, 256)) || hasMagic(bytes) || readProtobuf(bytes) !== null;
}

function decodersFor(format: Format, decoders: readonly OperatorDecoder[]): readonly OperatorDecoder[] {
  if (format === 'binary' || decoders.length === 0) return decoders;
  return format === 'text' ? decoders.filter(({ readsText }) => readsText) : [];
}
