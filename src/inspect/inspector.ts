/**
 * Searches what a phone sends for its identifiers: flow events in, findings out.
 * Promise: synchronous and pure over events; only the request direction is searched; nothing is kept beyond the end of an
 * exchange but the phone's search tables; results do not depend on how the bytes were cut; it never throws on bytes.
 *
 * How long a call takes. `push(event, turn)` goes on until the turn is over, and then leaves the rest of its flow for later:
 * `isBusy(flowId)` says so, and `resume(flowId, turn)` goes on with it; each call does one step at least, of some 10 ms at
 * most. Nothing is given up for being left: a turn changes when something is found, never what. Whoever gives no turn gets
 * everything at once. Events that come for a busy flow wait behind what is left (their bytes are copied then).
 * What an exchange may cost in all is its budget's business (budget.ts): past that its rest is searched for registered
 * values in one plain pass, and `partially-scanned` says what the budget went on.
 */

import { OpenNumbers } from '../formats/open-numbers.ts';
import { learnNames } from '../kinds/key-names.ts';
import type { IdentifierKind, JudgeImage } from '../kinds/kind.ts';
import { registry } from '../kinds/registry.ts';
import type { Device } from '../model/device.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';
import type { InspectEvent, Token, Where } from '../model/identifier.ts';
import { text } from '../model/text.ts';
import { ENDLESS, type Turn } from '../model/turn.ts';
import { type Budget, type BudgetRules, DEFAULT_RULES, Meter } from './budget.ts';
import type { ByteSink } from './byte-sink.ts';
import { CleanValues } from './clean-values.ts';
import { openWithSibling } from './decode/sibling-key.ts';
import { LatestHead } from './latest-head.ts';
import { Layer } from './layers/layer.ts';
import { LeafSink } from './layers/leaf.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { OperatorDecoder } from './operator/decoder.ts';
import { type Place, placeAt } from './place.ts';
import { searchMethod, searchTrailers, searchValue } from './request-places.ts';
import { Scope, type Shared } from './scope.ts';
import { type Known, prepareKnown } from './search/known.ts';
import { Names } from './structure/names.ts';
import { BytesWork, EachWork, FlowWork, once, type Work } from './work.ts';

export interface InspectorOptions {
  /** The registered phone of a flow's `deviceId`; null when nobody registered it. */
  deviceFor(deviceId: string | null): Device | null;
  /** All of registry.ts unless given. */
  kinds?: readonly IdentifierKind[];
  decoders?: readonly OperatorDecoder[];
  limits?: Partial<Limits>;
  /** What an exchange may cost. */
  budget?: Partial<BudgetRules>;
  /** Milliseconds of processor time: a backstop for the budget. None unless given. */
  clock?: () => number;
  judgeImage?: JudgeImage;
  /** Hears every short value that may tell one phone from another; called within `push`, must not throw. */
  onToken?: (token: Token) => void;
}

export interface Inspector {
  /** What this event brings to light, or as much of it as the turn lasts. */
  push(event: FlowEvent, turn?: Turn): InspectEvent[];
  /** Goes on with what was left of this flow. */
  resume(flowId: string, turn?: Turn): InspectEvent[];
  /** Something of this flow was left. */
  isBusy(flowId: string): boolean;
  /** Units of work so far (budget.ts). */
  readonly units: number;
  /** The device is gone, or changed: its tables are given up. */
  forget(deviceId: string): void;
}

interface Tables {
  known: Known | null;
  clean: CleanValues;
}

interface Exchange {
  scope: Scope;
  body: Layer | null;
  contentType: string | null;
  codings: readonly string[];
  message: Layer | null;
}

interface FlowState {
  deviceId: string | null;
  device: Device | null;
  known: Known | null;
  clean: CleanValues;
  host: string;
  exchanges: OpenNumbers<Exchange>;
  raw: { sink: LeafSink; scope: Scope } | null;
  /** Each event is a datagram. */
  isDatagrams: boolean;
  work: FlowWork;
  head: LatestHead;
}

/** HTTP/2 allows many streams at once; a flow with more open ones than this is hostile. */
const MAX_EXCHANGES = 20_000;
const NONE: readonly string[] = [];
const nothing = (): void => undefined;
const NOTHING: InspectEvent[] = [];
/** Raw bytes belong to the flow, not to an exchange. */
const RAW_EXCHANGE = 0;
/** What gRPC carries unless it says otherwise, which JSON says by itself. */
const GRPC = { contentType: 'application/grpc' };

export type { Device } from '../model/device.ts';
export type { FlowEvent } from '../model/flow.ts';
export type { InspectEvent } from '../model/identifier.ts';

/** The detector: `push` flow events in their order, and it says what stands in them. */
export function createInspector(options: InspectorOptions): Inspector {
  const kinds = options.kinds ?? registry;
  for (const { kind, names: own } of kinds) if (own) learnNames(kind, own);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const flows = new Map<string, FlowState>();
  const prepared = new Map<string, Tables>();
  const unregistered: Tables = { known: null, clean: new CleanValues() };
  const rules = { ...DEFAULT_RULES, ...options.budget };
  const meter = new Meter(options.clock ?? null);
  /** Made when there is something to tell. */
  let events: InspectEvent[] | null = null;
  const shared: Shared = {
    kinds,
    decoders: options.decoders ?? [],
    limits,
    judgeImage: options.judgeImage ?? null,
    names: new Names(),
    rules,
    meter,
    emit(event) {
      events ??= [];
      events.push(event);
    },
    onToken: options.onToken,
  };

  function tablesOf(device: Device | null): Tables {
    if (!device) return unregistered;
    let tables = prepared.get(device.id);
    if (tables?.known?.device !== device) {
      tables = { known: prepareKnown(device, kinds), clean: new CleanValues() };
      prepared.set(device.id, tables);
    }
    return tables;
  }

  /** A phone may be registered anew while a connection of it stays open: the next request is searched for that. */
  function refresh(flow: FlowState): void {
    const device = options.deviceFor(flow.deviceId);
    if (device === flow.device) return;
    Object.assign(flow, { device, ...tablesOf(device), head: new LatestHead() });
  }

  function exchangeOf(flowId: string, flow: FlowState, number: number): Exchange {
    let exchange = flow.exchanges.get(number);
    if (!exchange) {
      refresh(flow);
      const scope = new Scope(shared, flowId, flow, number);
      exchange = { scope, body: null, contentType: null, codings: NONE, message: null };
      flow.exchanges.set(number, exchange);
      if (flow.exchanges.size > MAX_EXCHANGES) {
        scope.partial(text('unseen.requests', { most: MAX_EXCHANGES }));
        finish(flow, flow.exchanges.oldest()!);
      }
    }
    return exchange;
  }

  function finish(flow: FlowState, number: number): void {
    const exchange = flow.exchanges.get(number);
    if (!exchange) return;
    exchange.body?.end(false);
    exchange.message?.end(false);
    settle(flow, exchange.scope);
    flow.exchanges.delete(number);
  }

  /** Behind what was put aside, which may yet ask for what stands beside it. */
  function settle(flow: FlowState, scope: Scope): void {
    if (flow.work.hasJobs) flow.work.later(once(() => scope.settle(openWithSibling)));
    else scope.settle(openWithSibling);
  }

  function onHead(flow: FlowState, event: Extract<FlowEvent, { type: 'request-head' }>): void {
    finish(flow, event.exchange);
    const exchange = exchangeOf(event.flowId, flow, event.exchange);
    let host: string | null = null;
    let headBytes = event.target.length;
    let codings: string | null = null;
    for (const [name, value] of event.headers) {
      headBytes += name.length + value.length;
      if (name.length === 4) {
        if (name.toLowerCase() === 'host') host ??= value;
      } else if (name.length === 12 && name.toLowerCase() === 'content-type') exchange.contentType ??= value;
      else if (name.length === 16 && name.toLowerCase() === 'content-encoding') codings ??= value;
    }
    if (codings !== null) exchange.codings = codings.split(',').filter((coding) => coding.trim() !== '');
    exchange.scope.budget.grant(headBytes);
    searchMethod(exchange.scope, event.method);
    // The two differ where a request hides whom it is for.
    const isSaid = host !== null && event.authority.startsWith(host);
    flow.head.search(exchange.scope, event.target, event.headers, isSaid ? null : event.authority);
  }

  function onMessage(flow: FlowState, event: Extract<FlowEvent, { type: 'message' }>): Work | null {
    const exchange = exchangeOf(event.flowId, flow, event.exchange);
    const { scope } = exchange;
    if (!exchange.message) {
      scope.budget.renew();
      const where: Where = event.protocol === 'dns' ? 'dns' : 'message';
      if (event.label.includes('/')) searchValue(scope, placeAt(where, 'label', null), Buffer.from(event.label));
      const hint = event.protocol.startsWith('grpc') ? GRPC : {};
      exchange.message = new Layer(scope, { ...placeAt(where, null, null) }, hint);
    }
    const end = (): void => {
      if (!event.final) return;
      exchange.message?.end(true);
      settle(flow, scope);
      exchange.message = null;
    };
    return pour(scope, exchange.message, event.bytes, end);
  }

  /** At once when they are few, else piece by piece. */
  function pour(scope: Scope, sink: ByteSink, bytes: Buffer, end: () => void): Work | null {
    const { budget } = scope;
    const isPacked = sink instanceof Layer && sink.isPacked(bytes);
    if (bytes.length > budget.pieceBytes(isPacked)) return inPieces(budget, sink, bytes, end);
    budget.take(sink, bytes);
    end();
    return null;
  }

  function inPieces(budget: Budget, sink: ByteSink, bytes: Buffer, end: () => void): Work {
    const pieceBytes = (): number => budget.pieceBytes(sink instanceof Layer && sink.isPacked(bytes));
    return new BytesWork(bytes, pieceBytes, (piece) => budget.take(sink, piece), end);
  }

  function onBodyEnd(flow: FlowState, event: Extract<FlowEvent, { type: 'body-end' }>): void {
    const exchange = flow.exchanges.get(event.exchange);
    if (!exchange) return;
    const { scope } = exchange;
    scope.budget.grant(0);
    searchTrailers(scope, event.trailers);
    exchange.body?.end(event.complete);
    settle(flow, scope);
    // An upgraded exchange goes on with messages, which make a state of their own.
    flow.exchanges.delete(event.exchange);
  }

  function onClosed(flowId: string, flow: FlowState): Work {
    const exchanges = flow.exchanges.numbers().map((number) => () => {
      flow.exchanges.get(number)?.scope.budget.grant(0);
      finish(flow, number);
    });
    // What the last of them puts aside comes before the flow is forgotten.
    return new EachWork([...exchanges, () => flow.raw?.sink.end(true), () => flows.delete(flowId)]);
  }

  function rawOf(scope: Scope): { sink: LeafSink; scope: Scope } {
    const inside = (place: Place): ByteSink => new Layer(scope, place, { isValue: true });
    return { sink: new LeafSink(scope, placeAt('raw', null, null), 'binary', inside), scope };
  }

  function open({ id, deviceId, destination, hello, protocol }: Flow): void {
    const device = options.deviceFor(deviceId);
    const flow: FlowState = {
      deviceId,
      device,
      ...tablesOf(device),
      host: destination.host,
      exchanges: new OpenNumbers(),
      raw: null,
      isDatagrams: protocol === 'udp',
      head: new LatestHead(),
      work: new FlowWork(),
    };
    flows.set(id, flow);
    if (hello?.sni)
      searchValue(new Scope(shared, id, flow, RAW_EXCHANGE), placeAt('sni', null, null), Buffer.from(hello.sni));
  }

  /** Does what is quick of an event; the rest, if any, is left to be done in steps. */
  function begin(event: FlowEvent): Work | null {
    const flow = event.type === 'flow-opened' ? undefined : flows.get(event.flowId);
    if (!flow || !isSearched(event)) return null;
    switch (event.type) {
      case 'request-head':
        onHead(flow, event);
        return null;
      case 'body-chunk': {
        const exchange = exchangeOf(event.flowId, flow, event.exchange);
        const { contentType, codings, scope } = exchange;
        exchange.body ??= new Layer(scope, placeAt('body', null, null), { contentType, codings });
        return pour(scope, exchange.body, event.bytes, nothing);
      }
      case 'body-end':
        onBodyEnd(flow, event);
        return null;
      case 'message':
        return onMessage(flow, event);
      case 'raw-bytes':
        if (event.direction !== 'request') {
          // It was the phone's turn until now.
          flow.raw?.sink.pause();
          return null;
        }
        // No layer to recognise first: what a silent protocol sends must not wait for more.
        flow.raw ??= rawOf(new Scope(shared, event.flowId, flow, RAW_EXCHANGE));
        return pour(
          flow.raw.scope,
          flow.raw.sink,
          event.bytes,
          flow.isDatagrams ? () => flow.raw?.sink.pause() : nothing,
        );
      case 'flow-closed':
        return onClosed(event.flowId, flow);
      default:
        return null;
    }
  }

  function listen(): void {
    events = null;
    meter.begin();
  }

  /** What came to light since `listen`. */
  function heard(): InspectEvent[] {
    const out: InspectEvent[] = events ?? NOTHING;
    events = null;
    return out;
  }

  return {
    push(event, turn = ENDLESS) {
      const flow = event.type === 'flow-opened' ? undefined : flows.get(event.flowId);
      // Half of all events; in a flow that is busy they have their place all the same.
      if (!isSearched(event) && !flow?.work.isBusy) return NOTHING;
      listen();
      if (event.type === 'flow-opened') open(event.flow);
      else flow?.work.push(event, begin, turn);
      return heard();
    },
    resume(flowId, turn = ENDLESS) {
      const flow = flows.get(flowId);
      if (!flow?.work.isBusy) return NOTHING;
      listen();
      flow.work.resume(begin, turn);
      return heard();
    },
    isBusy: (flowId) => flows.get(flowId)?.work.isBusy ?? false,
    get units() {
      return meter.units;
    },
    forget(deviceId) {
      prepared.delete(deviceId);
    },
  };
}

/** False for what the server says, and for what holds no bytes of the phone's. A pause between raw bytes counts. */
function isSearched(event: FlowEvent): boolean {
  switch (event.type) {
    case 'body-chunk':
    case 'body-end':
    case 'message':
      return event.direction === 'request';
    case 'flow-opened':
    case 'flow-closed':
    case 'request-head':
    case 'raw-bytes':
      return true;
    default:
      return false;
  }
}
