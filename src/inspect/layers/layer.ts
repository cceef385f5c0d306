/**
 * One layer of one place: finds out what its bytes are and hands them to what can read them.
 * Promise: every layer ends in a search for registered values, whatever was recognised; nesting is bounded by
 * `limits.depth` (decoders) and `limits.levels` (all), and what lies deeper is said to be `partially-scanned`. When the
 * budget of the exchange ends within a form or multipart, the rest is searched undivided.
 */

import { text } from '../../model/text.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { CodecName } from '../decode/codecs.ts';
import { Squeezed } from '../decode/squeezed.ts';
import { type Format, type Hint, SNIFF, sniff } from '../format.ts';
import { CODED_TYPE } from '../opaque.ts';
import { addField, asContainer, type Fields, MAX_FIELD_TEXT, type Place, partOf, placeInside } from '../place.ts';
import type { Scope } from '../scope.ts';
import { FormReader } from '../structure/form.ts';
import { MultipartReader } from '../structure/multipart.ts';
import { BinarySink } from './binary.ts';
import { Both, EmbeddedFinder, gzipHead, openZip } from './embedded.ts';
import { ImageSink } from './image.ts';
import { JsonSink } from './json.ts';
import { LeafSink } from './leaf.ts';
import { MarginSink } from './margin.ts';
import { PlainSink } from './plain.ts';
import { searchName } from './registered.ts';
import { TextSink } from './table.ts';
import { StreamedValue, searchWhole } from './whole-value.ts';

/** Units of work: what every layer costs, whatever it turns out to be. */
const PER_LAYER = 250;
const PER_PAIR = 100;
const PER_PART = 200;

export class Layer implements ByteSink {
  #head: Buffer[] = [];
  #headLength = 0;
  #sink: ByteSink | null = null;
  /** It is divided into parts, each of which costs. */
  #isDivided = false;
  /** Of an archive or a compressed stream. */
  #isPacked = false;
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #hint: Hint;

  constructor(scope: Scope, place: Place, hint: Hint = {}) {
    this.#scope = scope;
    this.#place = place;
    this.#hint = hint;
  }

  write(bytes: Buffer): void {
    if (this.#sink) {
      this.#pour(bytes);
      return;
    }
    if (this.#headLength === 0 && bytes.length >= SNIFF) {
      this.#begin(bytes);
      this.#pour(bytes);
      return;
    }
    const part = bytes.subarray(0, SNIFF - this.#headLength);
    this.#head.push(Buffer.from(part));
    this.#headLength += part.length;
    if (this.#headLength < SNIFF) return;
    this.#flushHead();
    if (bytes.length > part.length) this.#pour(bytes.subarray(part.length));
  }

  #pour(bytes: Buffer): void {
    this.#sink!.write(bytes);
    if (!this.#isDivided || !this.#scope.budget.isOver) return;
    this.#isDivided = false;
    // What was taken before is searched; these may have been left lying.
    this.#sink!.end(false);
    this.#sink = new PlainSink(this.#scope, this.#place, true, openerOf(this.#scope));
    this.#sink.write(bytes);
  }

  /** Do these bytes become more when they are read? Asked before they are written. */
  isPacked(bytes: Buffer): boolean {
    if (!this.#sink && this.#headLength === 0 && bytes.length >= SNIFF) this.#begin(bytes);
    return this.#isPacked;
  }

  end(complete: boolean): void {
    if (!this.#sink) this.#flushHead();
    this.#sink!.end(complete);
  }

  #flushHead(): void {
    const head = Buffer.concat(this.#head);
    this.#head = [];
    this.#begin(head);
    if (head.length > 0) this.#pour(head);
  }

  #begin(bytes: Buffer): void {
    this.#sink = this.#sinkFor(sniff(bytes.subarray(0, SNIFF), this.#hint));
  }

  #sinkFor(format: Format): ByteSink {
    const scope = this.#scope;
    const place = this.#place;
    if (!scope.budget.spend(PER_LAYER, place.container ?? 'layers') && !isOuter(place))
      return new LeafSink(scope, place, 'media', openerOf(scope));
    this.#isDivided = format === 'form' || format === 'multipart';
    this.#isPacked = PACKED.has(format);
    switch (format) {
      case 'gzip':
      case 'zlib':
      case 'deflate':
      case 'br':
      case 'zstd':
      case 'lz4':
      case 'utf-16le':
      case 'utf-16be':
      case 'utf-32le':
      case 'utf-32be':
        return this.#squeezed(format);
      case 'zip':
        return this.#zip();
      case 'binary':
        return new BinarySink(
          scope,
          { ...place, isCoded: CODED_TYPE.test(this.#hint.contentType ?? '') },
          openerOf(scope),
        );
      case 'json':
        return new JsonSink(scope, asContainer(place, 'json'), openerOf(scope));
      case 'form':
        return this.#form();
      case 'multipart':
        return this.#multipart();
      case 'image':
        return new ImageSink(scope, place, openerOf(scope));
      case 'text':
        // A silent protocol's bytes must not wait for a line.
        if (place.where !== 'raw' || place.level > 0) return new TextSink(scope, place, openerOf(scope));
        return new LeafSink(scope, place, format, openerOf(scope));
      default:
        return new LeafSink(scope, place, format, openerOf(scope));
    }
  }

  #squeezed(name: CodecName): ByteSink {
    const scope = this.#scope;
    const place = this.#place;
    const rest = { ...this.#hint, codings: this.#hint.codings?.slice(0, -1) ?? [] };
    if (place.depth >= scope.limits.depth || place.level >= scope.limits.levels) {
      scope.partial(text('unseen.too-deep', { format: name, most: scope.limits.depth }));
      return new LeafSink(scope, place, 'media', openerOf(scope));
    }
    const inside = placeInside(place, name, null, null);
    const squeezed = new Squeezed({
      name,
      inside: new Layer(scope, { ...inside, depth: place.depth + 1, squeezed: place.squeezed + 1 }, rest),
      // Compressing twice gains nothing, except for bombs.
      ratio: place.squeezed === 0 ? scope.limits.ratio : Math.min(8, scope.limits.ratio),
      partial: (reason) => scope.partial(reason),
      budget: scope.budget,
      isOuter: isOuter(place),
      // A header that lies: what the bytes themselves say counts. Bytes that lie as well are searched as they are.
      fallback: () =>
        this.#hint.codings?.length
          ? new Layer(scope, place, rest)
          : new LeafSink(scope, place, 'binary', openerOf(scope)),
      after: () => new LeafSink(scope, place, 'media', openerOf(scope)),
    });
    // Several gzip members in a row are one body (RFC 1952 2.2).
    return name === 'gzip'
      ? new Both(gzipHead(scope, place), squeezed, new EmbeddedFinder(scope, place, openerOf(scope), true, 'gzip'))
      : squeezed;
  }

  #zip(): ByteSink {
    const scope = this.#scope;
    const place = this.#place;
    if (place.depth >= scope.limits.depth || place.level >= scope.limits.levels) {
      scope.partial(text('unseen.too-deep', { format: 'zip', most: scope.limits.depth }));
      return new LeafSink(scope, place, 'media', openerOf(scope));
    }
    return openZip(scope, place, openerOf(scope));
  }

  #form(): ByteSink {
    const scope = this.#scope;
    const form = this.#container('form');
    const fields: Fields = [];
    const open = openerOf(scope);
    return new FormReader({
      value: (name) => {
        if (!form) return null;
        searchName(scope, partOf(form, null, null), name, 'utf8');
        return new StreamedValue(scope, partOf(form, name, name, fields), open, (beginning) => {
          addField(fields, name, beginning.toString('latin1', 0, MAX_FIELD_TEXT));
        });
      },
      bare: (text) => {
        if (form) searchWhole(scope, partOf(form, null, null), Buffer.from(text), open);
      },
      long: () => new StreamedValue(scope, partOf(form ?? this.#place, null, null), open, () => undefined),
      mayGoOn: () => scope.budget.spend(PER_PAIR, 'form'),
    });
  }

  #multipart(): ByteSink {
    const scope = this.#scope;
    const multipart = this.#container('multipart');
    const fields: Fields = [];
    return new MultipartReader(this.#hint.contentType ?? null, {
      part: ({ name, contentType, text }) => {
        if (multipart) searchName(scope, partOf(multipart, 'part-head', null), text);
        if (!multipart) return new LeafSink(scope, this.#place, 'binary', openerOf(scope));
        if (name === null) return new Layer(scope, partOf(multipart, null, null), { contentType });
        const layer = new Layer(scope, partOf(multipart, `part:${name}`, name, fields), { contentType });
        return new Both(layer, new FieldNote(fields, name));
      },
      between: () => new MarginSink(scope, partOf(multipart ?? this.#place, 'between-parts', null)),
      mayGoOn: () => scope.budget.spend(PER_PART, 'multipart'),
    });
  }

  /** This place as a structure; null when there are too many levels. */
  #container(name: string): Place | null {
    if (this.#place.level < this.#scope.limits.levels) return asContainer(this.#place, name);
    this.#scope.partial(text('unseen.too-deep', { format: name, most: this.#scope.limits.levels }));
    return null;
  }
}

/** Notes how the value of a field began when it is over. */
class FieldNote implements ByteSink {
  #beginning = '';
  readonly #fields: Fields;
  readonly #name: string;

  constructor(fields: Fields, name: string) {
    this.#fields = fields;
    this.#name = name;
  }

  write(bytes: Buffer): void {
    const room = MAX_FIELD_TEXT - this.#beginning.length;
    if (room > 0) this.#beginning += bytes.toString('latin1', 0, room);
  }

  end(): void {
    addField(this.#fields, this.#name, this.#beginning);
  }
}

const PACKED: ReadonlySet<Format> = new Set(['gzip', 'zlib', 'deflate', 'br', 'zstd', 'lz4', 'zip'] as const);

/** Nothing but decompressors is around it. */
function isOuter(place: Place): boolean {
  return place.level === place.squeezed;
}

/** Makes layers for what is found inside of layers. */
export function openerOf(scope: Scope): (place: Place) => ByteSink {
  scope.open ??= (place) => new Layer(scope, place, VALUE);
  return scope.open;
}

const VALUE: Hint = { isValue: true };
