/**
 * The road through the house: flow events and copied bytes come in from the relay or from a recording, alert records go out to
 * the sinks. readers → witnesses → inspect → compare → enrich → alert, in this order, synchronously, one event at a time.
 * Promise: nothing thrown in a stage ends more than its event; a flow's state is gone with its `flow-closed`; and what a stage
 * could not do is said as an `unreadable` or `partially-scanned`, never silently.
 */
import type { AlertContext } from '../alert/context.ts';
import { mayRaise } from '../alert/flow-watch.ts';
import type { SecretTest } from '../alert/masked-url.ts';
import type { AlertDevice, AlertRecord } from '../model/alert.ts';
import type { Attribution } from '../model/attribution.ts';
import type { Log } from '../model/connection.ts';
import type { DestinationFacts } from '../model/destination.ts';
import { faultOf } from '../model/fault.ts';
import type { Direction, Flow, FlowEvent, ServerCertificate } from '../model/flow.ts';
import type { Finding, InspectEvent } from '../model/identifier.ts';
import { hideInFlow, hideInTls } from './hidden-names.ts';

/** What the road passes, in its order. */
export interface RoadStages {
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
  /** Events that may raise an alert by themselves. */
  alertEvent(event: FlowEvent, context: AlertContext): AlertRecord[];
  /** All others, for what the alerts must know. */
  heard(event: FlowEvent): void;
  /** Everything that watches the events go by without answering: request heads, coverage, the flow log. */
  witnesses: readonly Witness[];
  /** Stores, then shows. `finding`: what it tells, null for an alert about a connection as a whole. */
  record(record: AlertRecord, finding: Finding | null): void;
  /** The lab's own test of itself: nobody but the detector sees it, and what is found in it comes here. */
  marker?: { isMarker(flow: Flow): boolean; found(finding: Finding): void };
  log: Log;
  /** Milliseconds of a clock that is never set. Default: the process's own. */
  elapsed?: () => number;
}

/**
 * Time that looking into one connection may take: so much at first, and so much per byte after that. Usual traffic takes
 * a fiftieth. What is built to take longer would keep the phone's own traffic waiting.
 */
const LOOK_MS = 3000;
const LOOK_MS_PER_BYTE = 1000 / (1 << 20);
const TOO_LONG = 'took too long to look into: the rest was not looked into';

/** Around an event; the request's head is left out, because what is compared is remembered and a head holds values. */
export type Surroundings = Omit<AlertContext, 'head'>;

export interface PassiveReader {
  push(direction: Direction, chunk: Buffer, time: number): FlowEvent[];
  end(direction: Direction, time: number): FlowEvent[];
  close(time: number): FlowEvent[];
}

/** Sees everything go by and answers nothing. */
export interface Witness {
  consume?(event: FlowEvent, facts: DestinationFacts): void;
  inspected?(event: InspectEvent): void;
  /** So many bytes of a flow were never seen; 0: nobody knows how many. */
  lost?(flowId: string, bytes: number): void;
}

export interface Road {
  /** An engine's own event, or a recorded one. */
  event(event: FlowEvent): void;
  /** A copy of what passed, after TLS; the buffer is only looked at during the call. */
  bytes(flowId: string, direction: Direction, chunk: Buffer, time: number): void;
  /** That side will send no more. */
  end(flowId: string, direction: Direction, time: number): void;
  /** So many bytes of the flow never reached the road (0: nobody knows how many): what follows is searched without its context. */
  lost(flowId: string, bytes: number, time: number): void;
  openFlows(): number;
}

interface OpenFlow {
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
  /** The exchange last told as not looked into. */
  leftOut: number | null;
  hasFaulted: boolean;
  isMarker: boolean;
}

const NOTHING: InspectEvent[] = [];

export function createRoad(stages: RoadStages): Road {
  const open = new Map<string, OpenFlow>();
  const elapsed = stages.elapsed ?? (() => performance.now());
  const consumers = stages.witnesses.flatMap((one) => (one.consume ? [one.consume.bind(one)] : []));
  const auditors = stages.witnesses.flatMap((one) => (one.inspected ? [one.inspected.bind(one)] : []));

  /** Looks into what an event holds, unless its connection has used up its time. */
  function inspect(about: OpenFlow, event: FlowEvent): InspectEvent[] {
    if (!('bytes' in event)) return stages.inspect(event);
    const exchange = 'exchange' in event ? event.exchange : 0;
    const partial: InspectEvent = { type: 'partially-scanned', flowId: about.flow.id, exchange, reason: TOO_LONG };
    if (about.spentMs === null) {
      // Once per exchange: what comes by then counts as not looked into.
      if (about.leftOut === exchange) return NOTHING;
      about.leftOut = exchange;
      return [partial];
    }
    const from = elapsed();
    const results = stages.inspect(event);
    about.spentMs += elapsed() - from;
    about.bytes += event.bytes.length;
    if (about.spentMs <= LOOK_MS + LOOK_MS_PER_BYTE * about.bytes) return results;
    about.spentMs = null;
    about.leftOut = exchange;
    return [...results, partial];
  }

  function surroundingsOf(
    { flow, facts, device, spoken }: OpenFlow,
    time: number,
    exchange: number | null,
  ): Surroundings {
    return {
      flow,
      facts,
      device,
      spoken,
      case: stages.caseAt(device.id, time),
      time,
      attribute: () => stages.attribute(flow, exchange),
    };
  }

  function contextOf(about: OpenFlow, time: number, exchange: number | null): AlertContext {
    const head = exchange === null ? null : stages.headOf(about.flow.id, exchange);
    return { ...surroundingsOf(about, time, exchange), head };
  }

  function tell(about: OpenFlow, found: Finding, time: number): void {
    const context = contextOf(about, time, found.exchange);
    const remark = stages.remark(found, context);
    const finding = remark === null ? found : { ...found, remark };
    const record = stages.alertFinding(finding, context);
    if (record) stages.record(record, finding);
  }

  function passMarker(event: FlowEvent): void {
    for (const result of stages.inspect(event)) if (result.type === 'finding') stages.marker?.found(result.finding);
  }

  /** One event past every stage. */
  function pass(about: OpenFlow, event: FlowEvent): void {
    if (about.isMarker) {
      passMarker(event);
      return;
    }
    if (event.type === 'message' && event.direction === 'request') about.spoken = event.protocol;
    for (const consume of consumers) consume(event, about.facts);
    const results = inspect(about, event);
    for (const result of results) {
      for (const inspected of auditors) inspected(result);
      if (result.type === 'finding') tell(about, result.finding, event.time);
    }
    const compared = stages.compare(event, results, () => surroundingsOf(about, event.time, null));
    for (const { finding, context } of compared) {
      const head = context.flow === about.flow ? stages.headOf(context.flow.id, finding.exchange) : null;
      const record = stages.alertFinding(finding, { ...context, head });
      if (record) stages.record(record, finding);
    }
    if (mayRaise(event))
      for (const record of stages.alertEvent(event, contextOf(about, event.time, null))) stages.record(record, null);
    else stages.heard(event);
  }

  function passAll(about: OpenFlow, events: FlowEvent[]): void {
    for (const event of events) pass(about, event);
  }

  function readerOf(about: OpenFlow): PassiveReader {
    about.reader ??= stages.openReader(about.flow, about.alpn);
    return about.reader;
  }

  /** A fault in a stage costs this event, is logged, and is shown as a part nobody looked into. The rest goes on. */
  function guard(about: OpenFlow, work: () => void): void {
    try {
      work();
    } catch (error) {
      // Once per connection: it may be made to fail at every byte.
      if (!about.hasFaulted) stages.log.error({ flowId: about.flow.id, ...faultOf(error) }, 'internal fault');
      about.hasFaulted = true;
      const reason = 'an internal fault of the lab, see its log';
      for (const inspected of auditors)
        inspected({ type: 'partially-scanned', flowId: about.flow.id, exchange: 0, reason });
    }
  }

  function opened(event: Extract<FlowEvent, { type: 'flow-opened' }>): void {
    const flow = hideInFlow(event.flow, () => stages.secretsOf(event.flow.deviceId));
    const about: OpenFlow = {
      flow,
      facts: stages.locate(flow.destination.host, flow.destination.ip, null),
      device: stages.describeDevice(flow),
      alpn: null,
      spoken: null,
      reader: null,
      spentMs: 0,
      bytes: 0,
      leftOut: null,
      hasFaulted: false,
      isMarker: stages.marker?.isMarker(flow) ?? false,
    };
    open.set(flow.id, about);
    guard(about, () => pass(about, flow === event.flow ? event : { ...event, flow }));
  }

  function established(about: OpenFlow, event: Extract<FlowEvent, { type: 'tls-established' }>): void {
    about.alpn = event.alpn;
    const { destination, deviceId } = about.flow;
    const shown = hideInTls(event, () => stages.secretsOf(deviceId));
    if (shown.certificate) about.facts = stages.locate(destination.host, destination.ip, shown.certificate);
    pass(about, shown);
  }

  return {
    event(event) {
      if (event.type === 'flow-opened') return opened(event);
      const about = open.get(event.flowId);
      if (!about) return;
      guard(about, () => {
        if (event.type === 'tls-established') return established(about, event);
        if (event.type === 'flow-closed' && about.reader) passAll(about, about.reader.close(event.time));
        pass(about, event);
      });
      if (event.type === 'flow-closed') open.delete(event.flowId);
    },
    bytes(flowId, direction, chunk, time) {
      const about = open.get(flowId);
      if (about) guard(about, () => passAll(about, readerOf(about).push(direction, chunk, time)));
    },
    end(flowId, direction, time) {
      const about = open.get(flowId);
      if (about?.reader) guard(about, () => passAll(about, readerOf(about).end(direction, time)));
    },
    lost(flowId, bytes, time) {
      const about = open.get(flowId);
      if (!about) return;
      const what = bytes > 0 ? `${bytes} bytes` : 'an unknown number of bytes';
      const reason = `${what} were not looked into: the lab could not keep up`;
      guard(about, () => {
        for (const witness of stages.witnesses) witness.lost?.(flowId, bytes);
        if (about.reader) passAll(about, about.reader.close(time));
        // Whatever protocol it was, its beginning is missing.
        about.reader = stages.openReader({ ...about.flow, continues: true }, 'unknown');
        pass(about, { type: 'unreadable', flowId, direction: 'request', time, reason });
      });
    },
    openFlows: () => open.size,
  };
}
