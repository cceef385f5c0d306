/**
 * The road through the house: flow events and copied bytes come in from an engine, alert records go out to the sinks.
 * readers → coverage → inspect → compare → enrich → alert, in this order, synchronously, for one event at a time.
 * Promise: nothing thrown in a room reaches the relay; a flow's state is gone with its `flow-closed`; and what a room
 * could not do is said as an `unreadable` or `partially-scanned`, never silently.
 */
import type { AlertContext } from '../alert/context.ts';
import type { SecretTest } from '../alert/masked-url.ts';
import type { AlertDevice, AlertRecord } from '../model/alert.ts';
import type { Attribution } from '../model/attribution.ts';
import type { Log } from '../model/connection.ts';
import type { DestinationFacts } from '../model/destination.ts';
import { faultOf } from '../model/fault.ts';
import type { Direction, Flow, FlowEvent, ServerCertificate } from '../model/flow.ts';
import type { Finding, InspectEvent } from '../model/identifier.ts';
import { hideInFlow, hideInTls } from './hidden-names.ts';

/** What the road needs of the rooms it passes. */
export interface RoadRooms {
  openReader(flow: Flow, alpn: string | null): PassiveReader;
  inspect(event: FlowEvent): InspectEvent[];
  locate(host: string, ip: string | null, certificate: ServerCertificate | null): DestinationFacts;
  /** Who the phone is, for the alert. */
  describeDevice(flow: Flow): AlertDevice;
  /** What must not show of that phone. */
  secretsOf(deviceId: string | null): SecretTest;
  caseAt(deviceId: string, time: number): AlertContext['case'];
  headOf(flowId: string, exchange: number): AlertContext['head'];
  attribute(flow: Flow, exchange: number | null): Attribution | null;
  /** Holds phones of one model against each other; a report may be about another phone's earlier request. */
  compare(
    event: FlowEvent,
    results: readonly InspectEvent[],
    surroundings: () => Surroundings,
  ): { finding: Finding; context: Surroundings }[];
  /** What earlier requests add to a finding's reasoning. */
  remark(finding: Finding, surroundings: Surroundings): string | null;
  alertFinding(finding: Finding, context: AlertContext): AlertRecord | null;
  alertEvent(event: FlowEvent, context: AlertContext): AlertRecord[];
  /** Everything that watches the events go by without answering: request heads, coverage, the flow log. */
  witnesses: Witness[];
  /** Stores, then shows. */
  record(record: AlertRecord): void;
  log: Log;
  /** Milliseconds of a clock that is never set. Default: the process's own. */
  elapsed?: () => number;
}

/**
 * Time that looking into one connection may take: so much at first, and so much per byte after that. Usual traffic takes
 * a fiftieth. What is built to take longer would keep every other phone waiting.
 */
const LOOK_MS = 3000;
const LOOK_MS_PER_BYTE = 1000 / (1 << 20);

/** Around an event; the request's head is left out, because what is compared is remembered and a head holds values. */
export type Surroundings = Omit<AlertContext, 'head'>;

export interface PassiveReader {
  push(direction: Direction, chunk: Buffer, time: number): FlowEvent[];
  end(direction: Direction, time: number): FlowEvent[];
  close(time: number): FlowEvent[];
}

/** Sees everything go by and answers nothing. */
export interface Witness {
  consume(event: FlowEvent, facts: DestinationFacts): void;
  inspected(event: InspectEvent): void;
}

export interface Road {
  /** An engine's own event. */
  event(event: FlowEvent): void;
  /** A copy of what passed, after TLS; the buffer is only looked at during the call. */
  bytes(flowId: string, direction: Direction, chunk: Buffer, time: number): void;
  /** That side will send no more. */
  end(flowId: string, direction: Direction, time: number): void;
  openFlows(): number;
}

/** Made for every event, and asked for hardly any: the answers are looked up when they are wanted. */
class EventContext implements AlertContext {
  readonly time: number;
  readonly #rooms: RoadRooms;
  readonly #traveller: Traveller;
  readonly #exchange: number | null;

  constructor(rooms: RoadRooms, traveller: Traveller, time: number, exchange: number | null) {
    this.#rooms = rooms;
    this.#traveller = traveller;
    this.time = time;
    this.#exchange = exchange;
  }

  get flow(): Flow {
    return this.#traveller.flow;
  }

  get facts(): DestinationFacts {
    return this.#traveller.facts;
  }

  get device(): AlertDevice {
    return this.#traveller.device;
  }

  get case(): AlertContext['case'] {
    return this.#rooms.caseAt(this.device.id, this.time);
  }

  get head(): AlertContext['head'] {
    return this.#exchange === null ? null : this.#rooms.headOf(this.flow.id, this.#exchange);
  }

  get spoken(): string | null {
    return this.#traveller.spoken;
  }

  attribute(): Attribution | null {
    return this.#rooms.attribute(this.flow, this.#exchange);
  }
}

interface Traveller {
  flow: Flow;
  facts: DestinationFacts;
  device: AlertDevice;
  alpn: string | null;
  /** Message protocol last heard from the phone. */
  spoken: string | null;
  reader: PassiveReader | null;
  /** Milliseconds spent on looking into it; null: too many, it is no longer looked into. */
  spentMs: number | null;
  bytes: number;
  hasFaulted: boolean;
}

export function createRoad(rooms: RoadRooms): Road {
  const travellers = new Map<string, Traveller>();
  const elapsed = rooms.elapsed ?? (() => performance.now());

  /** Looks into what an event holds, unless its connection has used up its time. */
  function inspect(traveller: Traveller, event: FlowEvent): InspectEvent[] {
    if (!('bytes' in event)) return rooms.inspect(event);
    if (traveller.spentMs === null) return [];
    const from = elapsed();
    const results = rooms.inspect(event);
    traveller.spentMs += elapsed() - from;
    traveller.bytes += event.bytes.length;
    if (traveller.spentMs <= LOOK_MS + LOOK_MS_PER_BYTE * traveller.bytes) return results;
    traveller.spentMs = null;
    const exchange = 'exchange' in event ? event.exchange : 0;
    const reason = 'took too long to look into: the rest was not looked into';
    return [...results, { type: 'partially-scanned', flowId: traveller.flow.id, exchange, reason }];
  }

  /** One event past every room. */
  function pass(traveller: Traveller, event: FlowEvent): void {
    if (event.type === 'message' && event.direction === 'request') traveller.spoken = event.protocol;
    for (const witness of rooms.witnesses) witness.consume(event, traveller.facts);
    const results = inspect(traveller, event);
    for (const result of results) {
      for (const witness of rooms.witnesses) witness.inspected(result);
      if (result.type !== 'finding') continue;
      const { finding } = result;
      const context = contextOf(traveller, event.time, finding.exchange);
      const remark = rooms.remark(finding, context);
      const record = rooms.alertFinding(remark === null ? finding : { ...finding, remark }, context);
      if (record) rooms.record(record);
    }
    const compared = rooms.compare(event, results, () => surroundingsOf(traveller, event.time));
    for (const { finding, context } of compared) {
      const head = context.flow === traveller.flow ? rooms.headOf(context.flow.id, finding.exchange) : null;
      const record = rooms.alertFinding(finding, { ...context, head });
      if (record) rooms.record(record);
    }
    const exchange = 'exchange' in event ? event.exchange : null;
    for (const record of rooms.alertEvent(event, contextOf(traveller, event.time, exchange))) rooms.record(record);
  }

  const contextOf = (traveller: Traveller, time: number, exchange: number | null): AlertContext =>
    new EventContext(rooms, traveller, time, exchange);

  function surroundingsOf({ flow, facts, device, spoken }: Traveller, time: number): Surroundings {
    return { flow, facts, device, spoken, case: rooms.caseAt(device.id, time), time };
  }

  function passAll(traveller: Traveller, events: FlowEvent[]): void {
    for (const event of events) pass(traveller, event);
  }

  function readerOf(traveller: Traveller): PassiveReader {
    traveller.reader ??= rooms.openReader(traveller.flow, traveller.alpn);
    return traveller.reader;
  }

  /** A fault in a room costs this event, is logged, and is shown as a part nobody looked into. The relay goes on. */
  function guard(traveller: Traveller, work: () => void): void {
    try {
      work();
    } catch (error) {
      // Once per connection: it may be made to fail at every byte.
      if (!traveller.hasFaulted) rooms.log.error({ flowId: traveller.flow.id, ...faultOf(error) }, 'internal fault');
      traveller.hasFaulted = true;
      const said = 'an internal fault of the lab, see its log';
      for (const witness of rooms.witnesses)
        witness.inspected({ type: 'partially-scanned', flowId: traveller.flow.id, exchange: 0, reason: said });
    }
  }

  return {
    event(event) {
      if (event.type === 'flow-opened') {
        const flow = hideInFlow(event.flow, () => rooms.secretsOf(event.flow.deviceId));
        const traveller: Traveller = {
          flow,
          facts: rooms.locate(flow.destination.host, flow.destination.ip, null),
          device: rooms.describeDevice(flow),
          alpn: null,
          spoken: null,
          reader: null,
          spentMs: 0,
          bytes: 0,
          hasFaulted: false,
        };
        travellers.set(flow.id, traveller);
        guard(traveller, () => pass(traveller, flow === event.flow ? event : { ...event, flow }));
        return;
      }
      const traveller = travellers.get(event.flowId);
      if (!traveller) return;
      guard(traveller, () => {
        if (event.type === 'tls-established') {
          traveller.alpn = event.alpn;
          const { destination, deviceId } = traveller.flow;
          const shown = hideInTls(event, () => rooms.secretsOf(deviceId));
          if (shown.certificate) traveller.facts = rooms.locate(destination.host, destination.ip, shown.certificate);
          pass(traveller, shown);
          return;
        }
        if (event.type === 'flow-closed' && traveller.reader) passAll(traveller, traveller.reader.close(event.time));
        pass(traveller, event);
      });
      if (event.type === 'flow-closed') travellers.delete(event.flowId);
    },
    bytes(flowId, direction, chunk, time) {
      const traveller = travellers.get(flowId);
      if (traveller) guard(traveller, () => passAll(traveller, readerOf(traveller).push(direction, chunk, time)));
    },
    end(flowId, direction, time) {
      const traveller = travellers.get(flowId);
      if (traveller?.reader) guard(traveller, () => passAll(traveller, readerOf(traveller).end(direction, time)));
    },
    openFlows: () => travellers.size,
  };
}
