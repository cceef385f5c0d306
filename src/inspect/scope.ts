/**
 * What the layers of one exchange share, and where a layer stands.
 * Promise: a finding is reported once per place (where, locator, layers, kind, value); a bound that was met is said once per
 * reason; both lists are bounded.
 */
import type { Device } from '../model/device.ts';
import type { Confidence, Finding, InspectEvent, Kind, Token, Where } from '../model/identifier.ts';
import { mask } from '../model/identifier.ts';
import { mayBeToken } from './anchors/tokens.ts';
import type { IdentifierKind, JudgeImage } from './kind.ts';
import { Beside } from './layers/beside.ts';
import type { Known } from './search/known.ts';
import type { Names } from './structure/names.ts';

/** An operator's own decoder: a key or a small program that opens what the lab cannot. */
export interface OperatorDecoder {
  /** Chain entry in alerts, e.g. `rsa`. */
  name: string;
  /** Readable values are offered too, not only bytes that nothing else opened. */
  readsText?: boolean;
  /** The opened bytes, or null when these are not its own. Must not throw; at most 1 MB is offered. */
  open(bytes: Buffer, context: { host: string; where: Where; key: string | null }): Buffer | null;
}

export interface Limits {
  /** Decoders (gzip, base64, …) inside one another; structures (JSON, form) do not count. */
  depth: number;
  /** Layers of any sort inside one another. */
  levels: number;
  /** Findings per exchange. */
  findings: number;
  /** Runs offered to shapes per exchange. */
  candidates: number;
  /** Values per exchange handed out for comparing phones: a report of thousands of rows is content. */
  tokens: number;
  /** Decoded bytes per encoded byte, over the whole layer. */
  ratio: number;
  /** Bytes of one picture kept for looking at it. */
  imageBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  depth: 4,
  levels: 10,
  findings: 1000,
  candidates: 10_000,
  tokens: 400,
  ratio: 128,
  imageBytes: 8 << 20,
};

export interface Place {
  where: Where;
  /** Finished chain entries, outermost first. */
  chain: readonly string[];
  /** Name of the structure this layer is a part of or is (`json`, `form`, `multipart`); null for none. */
  container: string | null;
  /** Locator in the request that inner locators do not replace: `header:X-Id`, `repinfo`; null for bodies. */
  prefix: string | null;
  /** Locator of this layer; null for none. */
  path: string | null;
  /** Locator of this layer within its container; null when it is the container itself. */
  inner: string | null;
  /** Nearest key name. */
  key: string | null;
  /** Fields before this one in the same form, query, cookie or record. */
  fields: Fields | null;
  /** Fields beside the one this layer came from, that may hold its key. */
  keys: Fields | null;
  /** Decoders opened so far. */
  depth: number;
  /** Layers so far. */
  level: number;
  /** Decompressors opened so far. */
  squeezed: number;
  /** The text form of raw digests is searched one layer up. */
  unwrapped: 'base64' | 'hex' | null;
}

/** Names and values, nearest last; bounded by whoever fills it. */
export type Fields = [name: string, value: string][];

/** What shapes are told about one neighbour, and of how many. */
export const MAX_FIELD_TEXT = 128;
const MAX_FIELDS = 32;

export function addField(fields: Fields, name: string, value: string): void {
  if (fields.length >= MAX_FIELDS) fields.shift();
  fields.push([name, value.slice(0, MAX_FIELD_TEXT)]);
}

export function placeAt(where: Where, path: string | null, key: string | null, fields: Fields | null = null): Place {
  return {
    where,
    chain: [],
    container: null,
    prefix: path,
    path,
    inner: null,
    key,
    fields,
    keys: fields,
    depth: 0,
    level: 0,
    squeezed: 0,
    unwrapped: null,
  };
}

/** Locator of something inside `place`. */
export function locatorIn(place: Place, inner: string | null): string | null {
  if (inner === null) return place.path;
  return place.prefix === null ? inner : `${place.prefix}:${inner}`;
}

/** The chain of a thing found directly in `place`. */
export function chainOf(place: Place): string[] {
  return place.container === null ? [...place.chain] : [...place.chain, place.container];
}

/** `place` itself turns out to be a structure. */
export function asContainer(place: Place, name: string): Place {
  return { ...place, chain: outerChain(place, place.inner), container: name, inner: null, unwrapped: null };
}

/** The part of a structure at `inner`. */
export function partOf(place: Place, inner: string | null, key: string | null, fields: Fields | null = null): Place {
  const path = locatorIn(place, inner);
  const keys = fields ?? place.keys;
  return { ...place, inner, path, key: key ?? place.key, fields, keys, level: place.level + 1, unwrapped: null };
}

/** One layer further in, through `entry`, from the thing at `inner`. */
export function placeInside(place: Place, entry: string, inner: string | null, key: string | null): Place {
  return {
    ...place,
    chain: [...outerChain(place, inner ?? place.inner), entry],
    container: null,
    path: locatorIn(place, inner),
    inner: null,
    key: key ?? place.key,
    fields: null,
    level: place.level + 1,
    unwrapped: null,
  };
}

/** The chain with the container as a finished entry. */
function outerChain(place: Place, inner: string | null): readonly string[] {
  if (place.container === null) return place.chain;
  return [...place.chain, inner === null ? place.container : `${place.container}:${inner}`];
}

export interface Found {
  kind: Kind;
  value: string;
  known: boolean;
  confidence: Confidence;
  reasoning: string;
  path: string | null;
  chain: string[];
  hash: string | null;
  offset: number;
  seen: string;
  window: Buffer;
  /** In place of the masked value, for payloads that have none. */
  masked?: string;
}

/** Most characters of `seen`; most bytes on each side of a finding in `window`. */
export const MAX_SEEN = 256;
const AROUND = 128;
const MAX_WINDOW = 512;

/** Bytes around `[start, end)`, copied. */
export function windowAround(bytes: Buffer, start: number, end: number): Buffer {
  const from = Math.max(0, start - AROUND);
  return Buffer.from(bytes.subarray(from, Math.min(bytes.length, end + AROUND, from + MAX_WINDOW)));
}

/**
 * Header, cookie and parameter values in which nothing was found: most come again with every request.
 * Promise: bounded; belongs to one set of search tables.
 */
export class CleanValues {
  readonly #values = new Set<string>();

  has(value: string): boolean {
    return this.#values.has(value);
  }

  add(value: string): void {
    if (this.#values.size >= MAX_CLEAN) this.#values.clear();
    this.#values.add(value);
  }
}

/** At most 2 MB of short values. */
const MAX_CLEAN = 4096;

/** What a piece of a request leaves behind when nothing is found in it. */
export interface Traces {
  tokens: Token[];
  /** Names and values. */
  notes: Fields;
}

export interface ScopeOptions {
  flowId: string;
  exchange: number;
  host: string;
  device: Device | null;
  known: Known | null;
  kinds: readonly IdentifierKind[];
  decoders: readonly OperatorDecoder[];
  limits: Limits;
  judgeImage: JudgeImage | null;
  names: Names;
  clean: CleanValues;
  emit(event: InspectEvent): void;
  onToken?: ((token: Token) => void) | undefined;
}

export class Scope {
  readonly flowId: string;
  readonly exchange: number;
  readonly host: string;
  readonly device: Device | null;
  readonly known: Known | null;
  readonly kinds: readonly IdentifierKind[];
  readonly decoders: readonly OperatorDecoder[];
  readonly limits: Limits;
  readonly judgeImage: JudgeImage | null;
  readonly names: Names;
  readonly clean: CleanValues;
  /** Short values of this exchange and payloads that wait for one of them to be their key. */
  readonly beside = new Beside();
  /** Everything that was worth saying so far, repeats included. */
  said = 0;
  readonly #emit: (event: InspectEvent) => void;
  readonly #onToken: ((token: Token) => void) | undefined;
  /** No more shapes are judged. */
  isSpent = false;
  #candidates = 0;
  #tokens = 0;
  #traces: Traces | null = null;
  #findings = 0;
  #seen: Set<string> | null = null;
  #partial: Set<string> | null = null;

  constructor(options: ScopeOptions) {
    this.flowId = options.flowId;
    this.exchange = options.exchange;
    this.host = options.host;
    this.device = options.device;
    this.known = options.known;
    this.kinds = options.kinds;
    this.decoders = options.decoders;
    this.limits = options.limits;
    this.judgeImage = options.judgeImage;
    this.names = options.names;
    this.clean = options.clean;
    this.#emit = options.emit;
    this.#onToken = options.onToken;
  }

  /** Somebody compares phones: short values are handed to `token`. */
  get comparesTokens(): boolean {
    return this.#onToken !== undefined;
  }

  /** They are, and this exchange has not had its share of them. */
  get takesTokens(): boolean {
    return this.#onToken !== undefined && this.#tokens < this.limits.tokens;
  }

  /** The value in `bytes[from, to)` of a readable layer, when it may tell one phone from another; `inner` is its locator there. */
  token(
    place: Place,
    inner: { readonly path: string } | null,
    key: string | null,
    bytes: Buffer,
    from: number,
    to: number,
  ): void {
    if (!this.#onToken || !this.takesTokens || !mayBeToken(bytes, from, to)) return;
    this.#tokens++;
    const token: Token = {
      flow: this.flowId,
      exchange: this.exchange,
      where: place.where,
      path: locatorIn(place, inner === null ? null : inner.path),
      key,
      decoding: chainOf(place),
      text: bytes.toString('latin1', from, to),
    };
    this.#traces?.tokens.push(token);
    this.#onToken(token);
  }

  /** What `work` leaves to be noted and compared. */
  trace(work: () => void): Traces {
    const traces: Traces = { tokens: [], notes: [] };
    this.#traces = traces;
    this.beside.traced = traces.notes;
    try {
      work();
    } finally {
      this.#traces = null;
      this.beside.traced = null;
    }
    return traces;
  }

  /** The same again, in this exchange. */
  repeat({ tokens, notes }: Traces): void {
    this.beside.noteAgain(notes);
    if (this.#onToken) for (const token of tokens) this.#onToken({ ...token, exchange: this.exchange });
  }

  /** False once the exchange has had its share of shape judging. */
  mayJudge(): boolean {
    if (this.isSpent) return false;
    this.#candidates++;
    if (this.#candidates < this.limits.candidates) return true;
    this.isSpent = true;
    const { candidates } = this.limits;
    this.partial(`more than ${candidates} numbers and ids: the rest was searched for registered values only`);
    return true;
  }

  report(place: Place, found: Found): void {
    this.said++;
    const { kind, value, path, chain, hash } = found;
    const identity = [place.where, path, ...chain, kind, value, hash !== null].join('\u0000');
    this.#seen ??= new Set();
    if (this.#seen.has(identity)) return;
    if (this.#findings >= this.limits.findings) {
      this.partial(`more than ${this.limits.findings} findings in one exchange: the rest is not listed`);
      return;
    }
    this.#findings++;
    this.#seen.add(identity);
    const finding: Finding = {
      identifier: {
        kind: found.kind,
        masked: found.masked ?? mask(found.value),
        known: found.known,
        confidence: found.confidence,
        reasoning: found.reasoning,
      },
      evidence: {
        flow: this.flowId,
        direction: 'request',
        where: place.where,
        path: found.path,
        decoding: found.chain,
        hash: found.hash,
        offset: found.offset,
      },
      exchange: this.exchange,
      value: found.value,
      seen: found.seen.slice(0, MAX_SEEN),
      window: found.window,
    };
    this.#emit({ type: 'finding', finding });
  }

  partial(reason: string): void {
    this.said++;
    this.#partial ??= new Set();
    if (this.#partial.has(reason) || this.#partial.size >= 16) return;
    this.#partial.add(reason);
    this.#emit({ type: 'partially-scanned', flowId: this.flowId, exchange: this.exchange, reason });
  }
}
