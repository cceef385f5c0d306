/**
 * Searches what a phone sends for its identifiers: flow events in, findings out.
 * Promise: synchronous and pure over events; only the request direction is searched; nothing is kept beyond the end of an
 * exchange but the phone's search tables; results do not depend on how the bytes were cut; it never throws on bytes.
 */

import { learnNames } from '../kinds/key-names.ts';
import type { IdentifierKind, JudgeImage } from '../kinds/kind.ts';
import { registry } from '../kinds/registry.ts';
import type { Device } from '../model/device.ts';
import type { FlowEvent } from '../model/flow.ts';
import type { InspectEvent, Token, Where } from '../model/identifier.ts';
import type { ByteSink } from './byte-sink.ts';
import { CleanValues } from './clean-values.ts';
import { openWithSibling } from './decode/sibling-key.ts';
import { Layer } from './layers/layer.ts';
import { LeafSink } from './layers/leaf.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { OperatorDecoder } from './operator/decoder.ts';
import { type Place, placeAt } from './place.ts';
import { LatestHead, searchTrailers, searchValue } from './request-places.ts';
import { Scope } from './scope.ts';
import { type Known, prepareKnown } from './search/known.ts';
import { Names } from './structure/names.ts';

export interface InspectorOptions {
  /** The registered phone of a flow's `deviceId`; null when nobody registered it. */
  deviceFor(deviceId: string | null): Device | null;
  /** All of registry.ts unless given. */
  kinds?: readonly IdentifierKind[];
  decoders?: readonly OperatorDecoder[];
  limits?: Partial<Limits>;
  judgeImage?: JudgeImage;
  /** Hears every short value that may tell one phone from another; called within `push`, must not throw. */
  onToken?: (token: Token) => void;
}

export interface Inspector {
  /** What this event brings to light. */
  push(event: FlowEvent): InspectEvent[];
  /** The device is gone, or changed: its tables are given up. */
  forget(deviceId: string): void;
}

interface Tables {
  known: Known | null;
  clean: CleanValues;
}

interface Exchange {
  scope: Scope;
  body: ByteSink | null;
  contentType: string | null;
  codings: readonly string[];
  message: ByteSink | null;
}

interface FlowState {
  deviceId: string | null;
  device: Device | null;
  known: Known | null;
  clean: CleanValues;
  host: string;
  exchanges: Map<number, Exchange>;
  raw: ByteSink | null;
  head: LatestHead;
}

/** HTTP/2 allows many streams at once; a flow with more open ones than this is hostile. */
const MAX_EXCHANGES = 20_000;
const NONE: readonly string[] = [];
/** Raw bytes belong to the flow, not to an exchange. */
const RAW_EXCHANGE = 0;
/** What gRPC carries unless it says otherwise, which JSON says by itself. */
const GRPC = { contentType: 'application/grpc' };

export function createInspector(options: InspectorOptions): Inspector {
  const kinds = options.kinds ?? registry;
  for (const { kind, names: own } of kinds) if (own) learnNames(kind, own);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const flows = new Map<string, FlowState>();
  const prepared = new Map<string, Tables>();
  const unregistered: Tables = { known: null, clean: new CleanValues() };
  const names = new Names();
  let events: InspectEvent[] = [];

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

  function newScope(flowId: string, flow: FlowState, exchange: number): Scope {
    return new Scope({
      flowId,
      exchange,
      host: flow.host,
      device: flow.device,
      known: flow.known,
      kinds,
      decoders: options.decoders ?? [],
      limits,
      judgeImage: options.judgeImage ?? null,
      names,
      clean: flow.clean,
      emit: (event) => events.push(event),
      onToken: options.onToken,
    });
  }

  function exchangeOf(flowId: string, flow: FlowState, number: number): Exchange {
    let exchange = flow.exchanges.get(number);
    if (!exchange) {
      refresh(flow);
      const scope = newScope(flowId, flow, number);
      exchange = { scope, body: null, contentType: null, codings: NONE, message: null };
      flow.exchanges.set(number, exchange);
      const [oldest] = flow.exchanges.keys();
      if (flow.exchanges.size > MAX_EXCHANGES) {
        scope.partial(`more than ${MAX_EXCHANGES} requests open at once: the oldest was given up`);
        finish(flow, oldest!);
      }
    }
    return exchange;
  }

  function finish(flow: FlowState, number: number): void {
    const exchange = flow.exchanges.get(number);
    if (!exchange) return;
    exchange.body?.end(false);
    exchange.message?.end(false);
    exchange.scope.beside.settle(openWithSibling);
    flow.exchanges.delete(number);
  }

  function onHead(flow: FlowState, event: Extract<FlowEvent, { type: 'request-head' }>): void {
    finish(flow, event.exchange);
    const exchange = exchangeOf(event.flowId, flow, event.exchange);
    let hasHost = false;
    let codings: string | null = null;
    for (const [name, value] of event.headers) {
      if (name.length === 4) hasHost ||= name.toLowerCase() === 'host';
      else if (name.length === 12 && name.toLowerCase() === 'content-type') exchange.contentType ??= value;
      else if (name.length === 16 && name.toLowerCase() === 'content-encoding') codings ??= value;
    }
    if (codings !== null) exchange.codings = codings.split(',').filter((coding) => coding.trim() !== '');
    flow.head.search(exchange.scope, event.target, event.headers, hasHost ? null : event.authority);
  }

  function onMessage(flow: FlowState, event: Extract<FlowEvent, { type: 'message' }>): void {
    const exchange = exchangeOf(event.flowId, flow, event.exchange);
    if (!exchange.message) {
      const where: Where = event.protocol === 'dns' ? 'dns' : 'message';
      if (event.label.includes('/'))
        searchValue(exchange.scope, placeAt(where, 'label', null), Buffer.from(event.label));
      const hint = event.protocol.startsWith('grpc') ? GRPC : {};
      exchange.message = new Layer(exchange.scope, { ...placeAt(where, null, null) }, hint);
    }
    exchange.message.write(event.bytes);
    if (!event.final) return;
    exchange.message.end(true);
    exchange.scope.beside.settle(openWithSibling);
    exchange.message = null;
  }

  function rawSink(scope: Scope): ByteSink {
    const open = (place: Place): ByteSink => new Layer(scope, place, { isValue: true });
    return new LeafSink(scope, placeAt('raw', null, null), 'binary', open);
  }

  function handle(event: FlowEvent): void {
    if (event.type === 'flow-opened') {
      const { id, deviceId, destination, hello } = event.flow;
      const device = options.deviceFor(deviceId);
      const flow: FlowState = {
        deviceId,
        device,
        ...tablesOf(device),
        host: destination.host,
        exchanges: new Map(),
        raw: null,
        head: new LatestHead(),
      };
      flows.set(id, flow);
      if (hello?.sni) searchValue(newScope(id, flow, RAW_EXCHANGE), placeAt('sni', null, null), Buffer.from(hello.sni));
      return;
    }
    const flow = flows.get(event.flowId);
    if (!flow) return;
    switch (event.type) {
      case 'request-head':
        onHead(flow, event);
        return;
      case 'body-chunk': {
        if (event.direction !== 'request') return;
        const exchange = exchangeOf(event.flowId, flow, event.exchange);
        const { contentType, codings } = exchange;
        exchange.body ??= new Layer(exchange.scope, placeAt('body', null, null), { contentType, codings });
        exchange.body.write(event.bytes);
        return;
      }
      case 'body-end': {
        if (event.direction !== 'request') return;
        const exchange = flow.exchanges.get(event.exchange);
        if (!exchange) return;
        searchTrailers(exchange.scope, event.trailers);
        exchange.body?.end(event.complete);
        exchange.scope.beside.settle(openWithSibling);
        exchange.body = null;
        // An upgraded exchange goes on with messages, which make a state of their own.
        flow.exchanges.delete(event.exchange);
        return;
      }
      case 'message':
        if (event.direction === 'request') onMessage(flow, event);
        return;
      case 'raw-bytes':
        if (event.direction !== 'request') return;
        // No layer to recognise first: what a silent protocol sends must not wait for more.
        flow.raw ??= rawSink(newScope(event.flowId, flow, RAW_EXCHANGE));
        flow.raw.write(event.bytes);
        return;
      case 'flow-closed':
        for (const number of [...flow.exchanges.keys()]) finish(flow, number);
        flow.raw?.end(true);
        flows.delete(event.flowId);
        return;
      default:
        return;
    }
  }

  return {
    push(event) {
      events = [];
      handle(event);
      const out = events;
      events = [];
      return out;
    },
    forget(deviceId) {
      prepared.delete(deviceId);
    },
  };
}
