/**
 * Holds what several phones of one model send against each other, while they send it.
 * Promise: a value that is the same in at least `minRequests` requests over several connections of one phone, and another
 * one on each other phone of its model, is reported as an unknown persistent identifier. What the server gave out, what
 * the detector knows, nonces, times, counters, versions and what all phones share are not. No value is kept: hashes only.
 */

import { OpenNumbers } from '../formats/open-numbers.ts';
import { say } from '../formats/say.ts';
import type { TokenRow } from '../model/comparison.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';
import type { Finding, InspectEvent, Kind, Token } from '../model/identifier.ts';
import { text } from '../model/text.ts';
import { type ComparedPlace, connectionsOf, requestsOf, see, type Value, valueFor } from './compared-place.ts';
import { createHashes, type Hashes } from './hash.ts';
import { createLocators } from './locator.ts';
import { Memory, type Pair } from './memory.ts';
import { modelIn } from './model-name.ts';
import { Answer, Origins } from './origins.ts';
import { restore, rowsOf } from './rows.ts';
import { isPassingName, shapeOf } from './shape.ts';

/** What is known around an event; what a report is shown with. */
export interface Surroundings {
  flow: Flow;
  device: { id: string; model: string | null };
  case: { id: string; phase: string | null } | null;
  /** Milliseconds since the epoch. */
  time: number;
}

export interface ComparisonOptions {
  /** Of this installation: hashes in the store are keyed with it. */
  secret: Buffer;
  /** Whether other phones of this model are tested here: then answers are read for what servers hand out. */
  hasTwin: (deviceId: string) => boolean;
  /** A locator, and a host name, without the phone's own words. */
  hidePath: (path: string, deviceId: string) => string;
  hideHost: (host: string, deviceId: string) => string;
  /** Of one phone, before anything is claimed about a value. */
  minRequests?: number;
}

export interface Report<C> {
  finding: Finding;
  /** Of this sighting; of an earlier one when another phone's request decided. */
  context: C;
}

export interface Comparing<C extends Surroundings> {
  /** A value of a request, before the event it stands in is given to `take`. */
  token(token: Token): void;
  /** Every event in its order, with what the detector made of it. */
  take(event: FlowEvent, results: readonly InspectEvent[], context: () => C): Report<C>[];
  /** What an earlier run of the lab stored. */
  load(rows: readonly TokenRow[]): void;
  /** Hands out what the store does not have yet; false from `write` keeps it for the next time. */
  save(write: (rows: TokenRow[]) => boolean): void;
  /** Remembers nothing of a phone any more. */
  forget(device: string): void;
  stats(): { pairs: number; places: number; turnedAway: number };
}

const MIN_REQUESTS = 5;
const MIN_CONNECTIONS = 2;
/** Values of one request: as many as the detector hands out. */
const MAX_TOKENS = 400;
const MAX_OPEN = 256;
/** Rows of one transaction: 5 ms. */
const BATCH = 200;
const NOTHING: never[] = [];

interface Open {
  device: string;
  pair: Pair;
  exchanges: OpenNumbers<{ tokens: Token[]; found: { where: string; path: string; kind: Kind }[] }>;
  answers: OpenNumbers<Answer>;
  listens: boolean;
}

export function createComparison<C extends Surroundings>(options: ComparisonOptions): Comparing<C> {
  const { hasTwin, minRequests = MIN_REQUESTS } = options;
  const hashes: Hashes = createHashes(options.secret);
  const origins = new Origins(hashes.quick);
  const locators = createLocators(hashes.quick, options.hidePath);
  const memory = new Memory();
  const open = new Map<string, Open>();
  const dirty = new Map<ComparedPlace, Pair>();
  const contexts = new WeakMap<Value, C>();

  function exchangeOf(flow: Open, number: number) {
    let exchange = flow.exchanges.get(number);
    if (!exchange) {
      exchange = { tokens: [], found: [] };
      if (flow.exchanges.size >= MAX_OPEN) flow.exchanges.delete(flow.exchanges.oldest()!);
      flow.exchanges.set(number, exchange);
    }
    return exchange;
  }

  /** The request is over: what stood in it counts. */
  function commit(flow: Open, number: number, context: () => C): Report<C>[] {
    const exchange = flow.exchanges.get(number);
    if (!exchange) return NOTHING;
    flow.exchanges.delete(number);
    const { tokens, found } = exchange;
    if (tokens.length === 0) return NOTHING;
    const around = context();
    const counted = new Set<ComparedPlace>();
    const reports: Report<C>[] = [];
    const opened = tokens.filter(({ decoding }) => decoding.length > 0);
    for (const token of tokens) {
      // What is packed is compared by what is in it.
      if (opened.some((inner) => isInside(inner, token))) continue;
      const { id, path } = locators.of(token, flow.device);
      const place = memory.place(flow.pair, id, token.where, path);
      if (!place || place.isVolatile) continue;
      place.lastSeen = around.time;
      const value = valueIn(place, flow, token);
      if (!value || counted.has(place)) continue;
      counted.add(place);
      place.kind = found.find((one) => one.where === token.where && explains(one.path, token.path))?.kind ?? place.kind;
      see(value, around.flow.id, around.case?.id ?? null, around.case?.phase ?? null, around.time);
      dirty.set(place, flow.pair);
      if (isPersistent(place, value, token.key)) reports.push(...compare(flow.pair, id, place, value, token, around));
    }
    return reports;
  }

  function valueIn(place: ComparedPlace, flow: Open, token: Token): Value | null {
    const quick = hashes.quick(token.text);
    if (place.refused === quick) return null;
    const known = place.values.find((value) => value.quick === quick);
    if (known) return known;
    const shape = shapeOf(token.text);
    if (shape === null) {
      place.refused = quick;
      return null;
    }
    if (origins.sent(flow.device, quick)) place.isIssued = true;
    const value = valueFor(place, quick, () => hashes.lasting(token.text), shape);
    if (!value) dirty.set(place, flow.pair);
    return value;
  }

  function isPersistent(place: ComparedPlace, value: Value, key: string | null): boolean {
    if (place.values.length !== 1 || place.isIssued || (place.kind !== null && place.kind !== 'opaque')) return false;
    if (requestsOf(value) < minRequests || connectionsOf(value) < MIN_CONNECTIONS) return false;
    return !isPassingName(key) || value.sightings.filter(({ phase }) => phase !== null).length > 1;
  }

  function compare(pair: Pair, id: number, place: ComparedPlace, value: Value, token: Token, around: C): Report<C>[] {
    contexts.set(value, around);
    const others: { pair: Pair; place: ComparedPlace; value: Value }[] = [];
    for (const twin of memory.twins(pair)) {
      const there = twin.places.get(id);
      if (!there) continue;
      if (there.isVolatile || there.values.some(({ lasting }) => lasting === value.lasting)) return NOTHING;
      const [only] = there.values;
      if (only && isPersistent(there, only, token.key)) others.push({ pair: twin, place: there, value: only });
    }
    if (others.length === 0 || new Set(others.map((other) => other.value.lasting)).size < others.length) return NOTHING;
    const names = others.map((other) => other.pair.device);
    value.isReported = true;
    const reports = [{ finding: findingOf(place, value, token, names, around), context: around }];
    for (const other of others) {
      const context = contexts.get(other.value);
      if (other.value.isReported || !context) continue;
      other.value.isReported = true;
      const rest = [pair.device, ...names.filter((name) => name !== other.pair.device)];
      reports.push({ finding: findingOf(other.place, other.value, null, rest, context), context });
    }
    return reports;
  }

  return {
    token(token) {
      if (token.where === 'sni' || token.where === 'dns' || token.where === 'raw') return;
      const flow = open.get(token.flow);
      if (!flow) return;
      const { tokens } = exchangeOf(flow, token.exchange);
      if (tokens.length < MAX_TOKENS) tokens.push(token);
    },
    take(event, results, context) {
      if (event.type === 'flow-opened') {
        const { device, flow } = context();
        const pair = memory.pair(
          device.id,
          device.model,
          options.hideHost(flow.destination.host, device.id).toLowerCase(),
          flow.simulated,
        );
        const listens = hasTwin(device.id);
        open.set(flow.id, {
          device: device.id,
          pair,
          exchanges: new OpenNumbers(),
          answers: new OpenNumbers(),
          listens,
        });
        return NOTHING;
      }
      const flow = open.get(event.flowId);
      if (!flow) return NOTHING;
      for (const result of results) {
        if (result.type !== 'finding' || result.finding.identifier.confidence === 'possible') continue;
        const { where, path } = result.finding.evidence;
        exchangeOf(flow, result.finding.exchange).found.push({
          where,
          path: path ?? '',
          kind: result.finding.identifier.kind,
        });
      }
      switch (event.type) {
        case 'request-head':
          if (flow.pair.model === null) {
            const model = modelIn(event.headers);
            if (model !== null) flow.pair = memory.pair(flow.device, model, flow.pair.host, flow.pair.simulated);
          }
          return NOTHING;
        case 'response-head': {
          origins.head(flow.device, event.headers);
          const answer = flow.listens ? Answer.begin(event.headers) : null;
          if (answer && flow.answers.size < MAX_OPEN) flow.answers.set(event.exchange, answer);
          return NOTHING;
        }
        case 'body-chunk':
          if (event.direction === 'response') flow.answers.get(event.exchange)?.push(event.bytes);
          return NOTHING;
        case 'body-end': {
          if (event.direction === 'request') return commit(flow, event.exchange, context);
          const answer = flow.answers.get(event.exchange);
          if (answer) origins.text(flow.device, answer.text());
          flow.answers.delete(event.exchange);
          return NOTHING;
        }
        case 'message':
          return event.direction === 'request' && event.final ? commit(flow, event.exchange, context) : NOTHING;
        case 'flow-closed': {
          const reports = flow.exchanges.numbers().flatMap((number) => commit(flow, number, context));
          open.delete(event.flowId);
          return reports;
        }
        default:
          return NOTHING;
      }
    },
    load(rows) {
      restore(memory, locators, rows);
    },
    save(write) {
      for (let places = take(dirty, BATCH); places.length > 0; places = take(dirty, BATCH)) {
        const rows = places.flatMap(([place, pair]) => rowsOf(pair, place));
        if (rows.length > 0 && !write(rows)) {
          for (const [place, pair] of places) dirty.set(place, pair);
          return;
        }
        for (const [place] of places) {
          place.isVolatileKnown = place.isVolatile;
          for (const { sightings } of place.values) for (const one of sightings) one.dirty = false;
        }
      }
    },
    forget(device) {
      for (const [id, flow] of open) if (flow.device === device) open.delete(id);
      for (const [place, pair] of dirty) if (pair.device === device) dirty.delete(place);
      memory.forget(device);
    },
    stats: () => memory.stats(),
  };
}

function take(dirty: Map<ComparedPlace, Pair>, count: number): [ComparedPlace, Pair][] {
  const taken = [...dirty].slice(0, count);
  for (const [place] of taken) dirty.delete(place);
  return taken;
}

function isInside(inner: Token, outer: Token): boolean {
  if (inner === outer || inner.where !== outer.where || inner.decoding.length <= outer.decoding.length) return false;
  return (
    explains(inner.path ?? '', outer.path) && outer.decoding.every((layer, index) => inner.decoding[index] === layer)
  );
}

/** A finding in the place itself, or deeper inside it. */
function explains(found: string, token: string | null): boolean {
  const path = token ?? '';
  if (found === path) return true;
  return path !== '' && found.startsWith(path) && /[:.[]/.test(found[path.length] ?? '');
}

function findingOf(
  place: ComparedPlace,
  value: Value,
  token: Token | null,
  others: readonly string[],
  { flow }: Surroundings,
): Finding {
  const phases = [...new Set(value.sightings.flatMap(({ phase }) => phase ?? []))];
  const lasts = {
    shape: value.shape,
    requests: requestsOf(value),
    connections: connectionsOf(value),
    others: others.join(', '),
  };
  const told =
    phases.length > 1
      ? text('reason.persistent-in-phases', { ...lasts, phases: phases.join(', ') })
      : text('reason.persistent', lasts);
  return {
    identifier: {
      kind: 'vendor_id',
      masked: value.shape,
      known: false,
      confidence: 'likely',
      reasoning: say(told),
      text: told,
    },
    evidence: {
      flow: flow.id,
      direction: 'request',
      where: place.where,
      path: token ? token.path : place.path,
      decoding: token ? [...token.decoding] : [],
      hash: null,
      offset: 0,
    },
    exchange: token?.exchange ?? 0,
    // Tells two of them apart without being one.
    value: `${value.shape} #${value.lasting.slice(0, 8)}`,
    seen: token?.text ?? '',
    window: Buffer.from(token?.text ?? '', 'latin1'),
  };
}
