/**
 * Finds compressed streams, archives and pictures in the middle of other bytes: in unknown protocols, records, padding.
 * Promise: by magic number, at any byte, for any cutting; at most MAX_OPEN at a time and MAX_TRIED in a layer.
 */
import type { Budget } from '../budget.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { CodecName } from '../decode/codecs.ts';
import { GzipHead } from '../decode/gzip-head.ts';
import { Squeezed } from '../decode/squeezed.ts';
import { ZipSink } from '../decode/zip.ts';
import { isZlibStream, PROBE } from '../decode/zlib-probe.ts';
import { isZlib } from '../format.ts';
import { asContainer, type Place, partOf, placeInside } from '../place.ts';
import type { Scope } from '../scope.ts';
import { MarginSink } from './margin.ts';

type Embedded = CodecName | 'zip';

const MAGICS: readonly [Embedded, Buffer][] = [
  ['gzip', Buffer.from([0x1f, 0x8b, 0x08])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['lz4', Buffer.from([0x04, 0x22, 0x4d, 0x18])],
  ['zip', Buffer.from([0x50, 0x4b, 0x03, 0x04])],
  ['zlib', Buffer.from([0x78, 0x9c])],
  ['zlib', Buffer.from([0x78, 0xda])],
  ['zlib', Buffer.from([0x78, 0x01])],
  ['zlib', Buffer.from([0x78, 0x5e])],
];
/** Windows under 32 KB, as libpng and small devices ask for, are looked for only so far: they have 28 headers. */
const SMALL_WINDOWS = 4096;
const LARGEST_WINDOW = 0x78;
const LONGEST = 4;
const MAX_OPEN = 4;
/** Noise holds a zlib header every 20 KB; real streams beyond this many come in no request. */
const MAX_TRIED = 200;
/** Units of work: to find out whether a zlib header is one. */
const PER_PROBE = 4000;

export class EmbeddedFinder implements ByteSink {
  #tail: Buffer = Buffer.alloc(0);
  /** The first byte was looked at already, when the layer was recognised or not. */
  #skipFirst: boolean;
  #tried = 0;
  /** Bytes of the layer that were looked at. */
  #done = 0;
  #open: Opened[] = [];
  readonly #magics: typeof MAGICS;
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #layer: (place: Place) => ByteSink;

  /** `only`: look for this format alone. */
  constructor(
    scope: Scope,
    place: Place,
    layer: (place: Place) => ByteSink,
    skipFirst: boolean,
    only: Embedded | null = null,
  ) {
    this.#magics = only === null ? MAGICS : MAGICS.filter(([name]) => name === only);
    this.#skipFirst = skipFirst;
    this.#scope = scope;
    this.#place = place;
    this.#layer = layer;
  }

  write(bytes: Buffer): void {
    if (this.#tried >= MAX_TRIED && this.#open.length === 0) return;
    // What begins in the tail is seen with as much as decides it; a copy of everything would cost as much as the search.
    const seam = this.#tail.length;
    const joint = seam === 0 ? bytes : Buffer.concat([this.#tail, bytes.subarray(0, LONGEST - 1)]);
    if (seam > 0) {
      const ready = Math.max(0, Math.min(seam, joint.length - LONGEST + 1));
      this.#take(joint, ready);
      if (ready < seam) {
        this.#tail = Buffer.from(joint.subarray(ready));
        return;
      }
    }
    const ready = Math.max(0, bytes.length - LONGEST + 1);
    this.#take(bytes, ready);
    this.#tail = Buffer.from(bytes.subarray(ready));
  }

  end(complete: boolean): void {
    this.#take(this.#tail, this.#tail.length);
    for (const { sink } of this.#open) sink.end(complete);
    this.#open = [];
  }

  /** Everything that begins in the first `ready` bytes. */
  #take(all: Buffer, ready: number): void {
    let from = 0;
    for (const { at, name } of this.#found(all, ready)) {
      if (this.#scope.budget.isOver) break;
      this.#feed(all.subarray(from, at));
      from = at;
      this.#open = this.#open.filter((each) => !each.isOver());
      if (this.#open.length >= MAX_OPEN || this.#tried >= MAX_TRIED) continue;
      this.#tried++;
      this.#open.push(
        name === 'zip'
          ? { sink: openZip(this.#scope, this.#place, this.#layer), isOver: () => false }
          : this.#squeezed(name),
      );
    }
    this.#feed(all.subarray(from, ready));
    if (ready > 0) this.#skipFirst = false;
    this.#done += ready;
  }

  #feed(bytes: Buffer): void {
    if (bytes.length === 0 || this.#open.length === 0) return;
    for (const { sink, isOver } of this.#open) if (!isOver()) sink.write(bytes);
  }

  #found(all: Buffer, ready: number): { at: number; name: Embedded }[] {
    const out: { at: number; name: Embedded }[] = [];
    for (const [name, magic] of this.#magics) {
      for (
        let at = all.indexOf(magic, this.#skipFirst ? 1 : 0);
        at >= 0 && at < ready;
        at = all.indexOf(magic, at + 1)
      ) {
        out.push({ at, name });
      }
    }
    if (this.#magics === MAGICS) {
      const to = Math.min(ready, all.length - 1, SMALL_WINDOWS - this.#done);
      for (let at = this.#skipFirst ? 1 : 0; at < to; at++)
        if ((all[at]! & 0x8f) === 8 && all[at] !== LARGEST_WINDOW && isZlib(all, at)) out.push({ at, name: 'zlib' });
    }
    return out.sort((a, b) => a.at - b.at);
  }

  #squeezed(name: CodecName): Opened {
    const { limits } = this.#scope;
    const open = (): Squeezed => {
      const inside = placeInside(this.#place, name, null, null);
      return new Squeezed({
        name,
        inside: this.#layer({ ...inside, depth: this.#place.depth + 1, squeezed: this.#place.squeezed + 1 }),
        ratio: this.#place.squeezed === 0 ? limits.ratio : Math.min(8, limits.ratio),
        partial: (reason) => this.#scope.partial(reason),
        budget: this.#scope.budget,
        isOuter: false,
        fallback: null,
        after: null,
      });
    };
    const sink = name === 'zlib' ? new OnProbation(open, this.#scope.budget) : open();
    const isOver = (): boolean => sink.isOver;
    return { sink: name === 'gzip' ? new Both(gzipHead(this.#scope, this.#place), sink) : sink, isOver };
  }
}

/**
 * Two bytes make a zlib header, so noise has one every 20 KB: only what a strict decoder takes is looked into, whatever it
 * holds.
 */
class OnProbation implements ByteSink {
  isOver = false;
  #head: Buffer | null = Buffer.alloc(0);
  #to: Squeezed | null = null;
  readonly #open: () => Squeezed;
  readonly #budget: Budget;

  constructor(open: () => Squeezed, budget: Budget) {
    this.#open = open;
    this.#budget = budget;
  }

  write(bytes: Buffer): void {
    let rest = bytes;
    if (this.#head) {
      const wanted = rest.subarray(0, PROBE - this.#head.length);
      this.#head = Buffer.concat([this.#head, wanted]);
      rest = rest.subarray(wanted.length);
      if (this.#head.length < PROBE) return;
      this.#decide(this.#head);
    }
    if (this.#to && rest.length > 0) this.#to.write(rest);
    this.isOver ||= this.#to?.isOver ?? true;
  }

  end(complete: boolean): void {
    if (this.#head) this.#decide(this.#head);
    this.#to?.end(complete);
    this.isOver = true;
  }

  #decide(head: Buffer): void {
    this.#head = null;
    if (!this.#budget.spend(PER_PROBE, 'zlib') || !isZlibStream(head)) return;
    this.#to = this.#open();
    this.#to.write(head);
  }
}

interface Opened {
  sink: ByteSink;
  isOver(): boolean;
}

/** The same bytes for several. */
export class Both implements ByteSink {
  readonly #sinks: readonly ByteSink[];

  constructor(...sinks: ByteSink[]) {
    this.#sinks = sinks;
  }

  write(bytes: Buffer): void {
    for (const sink of this.#sinks) sink.write(bytes);
  }

  end(complete: boolean): void {
    for (const sink of this.#sinks) sink.end(complete);
  }
}

/** Searches the name and the comment of a gzip stream at `place`. */
export function gzipHead(scope: Scope, place: Place): ByteSink {
  return new GzipHead(new MarginSink(scope, partOf(asContainer(place, 'gzip'), 'head', null)));
}

/** An archive at `place`, each file a layer. */
export function openZip(scope: Scope, place: Place, open: (place: Place) => ByteSink): ByteSink {
  return new ZipSink({
    file: () => {
      const inside = placeInside(place, 'zip', null, null);
      return open({ ...inside, depth: place.depth + 1, squeezed: place.squeezed + 1 });
    },
    margin: new MarginSink(scope, partOf(asContainer(place, 'zip'), 'names', null)),
    ratio: place.squeezed === 0 ? scope.limits.ratio : Math.min(8, scope.limits.ratio),
    partial: (reason) => scope.partial(reason),
    budget: scope.budget,
  });
}
