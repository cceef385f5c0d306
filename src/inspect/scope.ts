/**
 * What the layers of one exchange share.
 * Promise: a finding is reported once per place (where, locator, layers, kind, value); a bound that was met is said once per
 * reason; both lists are bounded.
 */

import { say } from '../formats/say.ts';
import type { IdentifierKind, JudgeImage } from '../kinds/kind.ts';
import { UNSEEN_EN } from '../model/catalogue/unseen.ts';
import type { Device } from '../model/device.ts';
import type { Finding, InspectEvent, Kind, Token } from '../model/identifier.ts';
import { mask } from '../model/identifier.ts';
import { type Text, text } from '../model/text.ts';
import { mayBeToken } from './anchors/tokens.ts';
import { Budget, type BudgetRules, type Meter } from './budget.ts';
import type { ByteSink } from './byte-sink.ts';
import type { CleanValues } from './clean-values.ts';
import { namesAt } from './endpoints.ts';
import { factOf, joinFacts, type Told as ToldPart } from './facts.ts';
import { type Found, MAX_SEEN, rankOf, whatOf } from './found.ts';
import { Beside, type TryKeys } from './layers/beside.ts';
import type { Limits } from './limits.ts';
import type { OperatorDecoder } from './operator/decoder.ts';
import { chainOf, type Fields, locatorIn, type Place, type Told } from './place.ts';
import { type Known, normalise } from './search/known.ts';
import type { Names } from './structure/names.ts';
import type { Job } from './work.ts';

/** Units of work. */
const PER_REPORT = 100;
/** A fifth of a second: a photo of 12 megapixels takes a third of that. */
const PICTURE_UNITS = 20_000_000;

/** What a piece of a request leaves behind when nothing is found in it; null for nothing. */
export interface Traces {
  tokens: readonly Token[] | null;
  /** Names and values inside of it. */
  notes: Fields | null;
}

/** What all exchanges of an inspector share. */
export interface Shared {
  kinds: readonly IdentifierKind[];
  decoders: readonly OperatorDecoder[];
  limits: Limits;
  judgeImage: JudgeImage | null;
  names: Names;
  rules: BudgetRules;
  meter: Meter;
  emit(event: InspectEvent): void;
  onToken?: ((token: Token) => void) | undefined;
}

/** The flow of an exchange: whose it is and where it goes. */
export interface Sender {
  host: string;
  device: Device | null;
  known: Known | null;
  clean: CleanValues;
  /** Something that takes longer than a step is put aside. */
  work: { later(job: Job): void };
}

/** More ids beside names that say little come in no request. */
const MAX_HELD = 64;
/** Of what is said often there is one text. */
const said = new WeakMap<Text, string>();

function inWords(told: Text): string {
  let words = said.get(told);
  if (words === undefined) {
    words = say(told);
    said.set(told, words);
  }
  return words;
}

const NAMED_ELSEWHERE = text('reason.named-elsewhere');

/** Names of formats are the same in every language. */
const spentOn = (what: string): string | Text => {
  const key = `unseen.spent.${what}`;
  return key in UNSEEN_EN ? { key, values: {} } : what;
};

export class Scope {
  readonly flowId: string;
  readonly exchange: number;
  readonly host: string;
  /** What names mean at this host that mean several things elsewhere; null when nothing is known of it. */
  readonly namesHere: ((key: string) => string) | null;
  readonly device: Device | null;
  readonly known: Known | null;
  readonly kinds: readonly IdentifierKind[];
  readonly decoders: readonly OperatorDecoder[];
  readonly limits: Limits;
  readonly judgeImage: JudgeImage | null;
  readonly names: Names;
  readonly clean: CleanValues;
  /** Fields of this head that are something together. */
  headMembers: Fields | null = null;
  /** Short values of this exchange and payloads that wait for one of them to be their key. */
  readonly beside = new Beside();
  /** Makes layers inside of layers: made by the first one. */
  open: ((place: Place) => ByteSink) | null = null;
  /** What may be spent on this exchange. Past it whatever asks stops, and the rest is searched for registered values alone. */
  readonly budget: Budget;
  /** Units of work that may yet be spent on the pictures of this exchange; those it sends add to it. */
  pictureUnits = PICTURE_UNITS;
  /** Everything that was worth saying so far, repeats included. */
  said = 0;
  readonly #shared: Shared;
  readonly #sender: Sender;
  /** No more shapes are judged. */
  isSpent = false;
  #candidates = 0;
  #tokens = 0;
  #isTracing = false;
  #traced: Token[] | null = null;
  #findings = 0;
  /** Kind and value of every finding, and how sure it was: in the order in which they were told. Null for none, as mostly. */
  #told: { kind: Kind; value: string; rank: number }[] | null = null;
  /** Of which another name may yet say what they are. */
  #held: [Place, Found][] | null = null;
  /** Parts of facts, of which the other part may yet come. */
  #parts: (readonly [ToldPart, fact: string])[] | null = null;
  #seen: Set<string> | null = null;
  #partial: Set<string> | null = null;

  constructor(shared: Shared, flowId: string, sender: Sender, exchange: number) {
    this.flowId = flowId;
    this.exchange = exchange;
    this.host = sender.host;
    this.namesHere = namesAt(sender.host);
    this.device = sender.device;
    this.known = sender.known;
    this.clean = sender.clean;
    this.kinds = shared.kinds;
    this.decoders = shared.decoders;
    this.limits = shared.limits;
    this.judgeImage = shared.judgeImage;
    this.names = shared.names;
    this.budget = new Budget(shared.rules, shared.meter, this);
    this.#shared = shared;
    this.#sender = sender;
  }

  /** Somebody compares phones: short values are handed to `token`. */
  get comparesTokens(): boolean {
    return this.#shared.onToken !== undefined;
  }

  /** They are, and this exchange has not had its share of them. */
  get takesTokens(): boolean {
    return this.#shared.onToken !== undefined && this.#tokens < this.limits.tokens;
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
    if (!this.takesTokens || !mayBeToken(bytes, from, to, place.depth > place.squeezed)) return;
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
    if (this.#isTracing) {
      this.#traced ??= [];
      this.#traced.push(token);
    }
    this.#shared.onToken?.(token);
  }

  /** Something that takes longer than a step is put aside; what it will say is not known yet, so its bytes are not clean. */
  later(job: Job): void {
    this.said++;
    this.#sender.work.later(job);
  }

  /** From here on, what is to be compared is traced. */
  trace(): void {
    this.#isTracing = true;
    this.#traced = null;
  }

  /** Until here; null for nothing. */
  endTrace(): readonly Token[] | null {
    const traced = this.#traced;
    this.#isTracing = false;
    this.#traced = null;
    return traced;
  }

  /** The same again, in this exchange. */
  repeat({ tokens, notes }: Traces): void {
    if (notes !== null) this.beside.noteAgain(notes);
    if (tokens !== null) for (const token of tokens) this.#shared.onToken?.({ ...token, exchange: this.exchange });
  }

  /** False once the exchange has had its share of shape judging. */
  mayJudge(): boolean {
    if (this.isSpent) return false;
    this.#candidates++;
    if (this.#candidates < this.limits.candidates) return true;
    this.isSpent = true;
    this.partial(text('unseen.numbers', { most: this.limits.candidates }));
    return true;
  }

  /** Told at once, unless another name in the same request may yet say what it is. */
  report(place: Place, found: Found): void {
    this.said++;
    if (place.where === 'raw' || place.where === 'sni') {
      this.#tell(place, found);
      return;
    }
    const fact = factOf(found, this.kinds, this.device);
    if (fact !== null && (this.#parts?.length ?? 0) < MAX_HELD) this.#hold(place, found, fact);
    else if (found.isAmbiguous && (this.#held?.length ?? 0) < MAX_HELD) {
      this.#held ??= [];
      this.#held.push([place, found]);
    } else this.#tell(place, found);
  }

  #hold(place: Place, found: Found, fact: string): void {
    const rank = rankOf(found);
    if ((place.told?.get(whatOf(found)) ?? 0) >= rank) return;
    this.#parts ??= [];
    this.#parts.push([[place, found], fact]);
    this.#told ??= [];
    this.#told.push({ kind: found.kind, value: found.value, rank });
  }

  /** The exchange is over: no more names come. One value that was named twice has one kind. */
  settle(tryKeys: TryKeys): void {
    this.beside.settle(tryKeys);
    const parts = this.#parts;
    this.#parts = null;
    if (parts !== null) for (const [place, found] of joinFacts(parts)) this.#tell(place, found);
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    const sure = new Map<string, Kind>();
    for (const { kind, value, rank } of this.#told ?? []) if (rank > 1) sure.set(normalise(value), kind);
    for (const [place, found] of held) {
      const kind = sure.get(normalise(found.value));
      if (kind === undefined) this.#tell(place, found);
      else this.#tell(place, { ...found, kind, confidence: 'likely', reasoning: NAMED_ELSEWHERE });
    }
  }

  #tell(place: Place, found: Found): void {
    const { kind, value, path, chain, hash } = found;
    this.budget.spend(PER_REPORT, 'findings');
    const what = whatOf(found);
    const rank = rankOf(found);
    if ((place.told?.get(what) ?? 0) >= rank) return;
    const identity = [place.where, path, ...chain, kind, value, hash !== null].join('\u0000');
    this.#seen ??= new Set();
    if (this.#seen.has(identity)) return;
    if (this.#findings >= this.limits.findings) {
      this.partial(text('unseen.findings', { most: this.limits.findings }));
      return;
    }
    this.#findings++;
    this.#seen.add(identity);
    this.#told ??= [];
    this.#told.push({ kind, value, rank });
    const finding: Finding = {
      identifier: {
        kind: found.kind,
        masked: found.masked ?? mask(found.value),
        known: found.known,
        confidence: found.confidence,
        reasoning: inWords(found.reasoning),
        text: found.reasoning,
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
    this.#shared.emit({ type: 'finding', finding });
  }

  /** Place in the list of what was told: for `toldSince`. */
  get mark(): number {
    return this.#told?.length ?? 0;
  }

  /** What was told since then: a second reading of the same bytes begins with it. */
  toldSince(mark: number): Told {
    const told = new Map<string, number>();
    for (const one of this.#told?.slice(mark) ?? []) {
      const what = whatOf(one);
      told.set(what, Math.max(one.rank, told.get(what) ?? 0));
    }
    return told;
  }

  overspent(what: string): void {
    this.partial(text('unseen.overspent', { what: spentOn(what) }));
  }

  partial(why: Text): void {
    this.said++;
    this.#partial ??= new Set();
    const told = JSON.stringify(why);
    if (this.#partial.has(told) || this.#partial.size >= 16) return;
    this.#partial.add(told);
    const { flowId, exchange } = this;
    this.#shared.emit({ type: 'partially-scanned', flowId, exchange, reason: say(why), text: why });
  }
}
