/**
 * The road through the house: flow events and copied bytes come in from the relay or from a recording, alert records go out to
 * the sinks. readers → witnesses → inspect → compare → enrich → alert, in this order, one event of a flow at a time.
 * What a turn is too short for is left (`false`) and taken up again by `resume`; other flows may come in between, this one waits
 * for itself. Promise: a turn changes when something is told, never what; nothing thrown in a stage ends more than its event; a
 * flow's state is gone with its `flow-closed`; and what a stage could not do is said as an `unreadable` or `partially-scanned`,
 * never silently.
 */

import type { AlertContext } from '../alert/context.ts';
import { mayRaise } from '../alert/flow-watch.ts';
import type { SecretTest } from '../alert/masked-url.ts';
import { say } from '../formats/say.ts';
import type { AlertDevice, AlertRecord } from '../model/alert.ts';
import type { Attribution } from '../model/attribution.ts';
import type { Log } from '../model/connection.ts';
import type { DestinationFacts } from '../model/destination.ts';
import { faultOf } from '../model/fault.ts';
import type { Direction, Flow, FlowEvent, ServerCertificate } from '../model/flow.ts';
import type { Finding, InspectEvent } from '../model/identifier.ts';
import { type Text, text } from '../model/text.ts';
import { ENDLESS, type Turn } from '../model/turn.ts';
import { hideInFlow, hideInTls } from './hidden-names.ts';

/** What the road passes, in its order. */
export interface RoadStages {
  openReader(flow: Flow, alpn: string | null): PassiveReader;
  inspector: {
    push(event: FlowEvent, turn: Turn): InspectEvent[];
    resume(flowId: string, turn: Turn): InspectEvent[];
    isBusy(flowId: string): boolean;
  };
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
  remark(finding: Finding, surroundings: Surroundings): Text | null;
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
  /** The test a phone's browser makes of the lab: what is found in it is told to that page. */
  selfTest?: {
    isPart(flow: Flow): boolean;
    /** The made-up phone that its connections are searched for. */
    deviceId: string;
    /** False: it is none of the test's values. */
    found(finding: Finding, target: string | null): boolean;
  };
  log: Log;
}

/** Around an event; the request's head is left out, because what is compared is remembered and a head holds values. */
export type Surroundings = Omit<AlertContext, 'head'>;

export interface PassiveReader {
  /** Bytes that it takes at once. */
  readonly pieceBytes: number;
  push(direction: Direction, chunk: Buffer, time: number): FlowEvent[];
  end(direction: Direction, time: number): FlowEvent[];
  close(time: number): FlowEvent[];
  /** The phone has sent nothing for a while: what was held because more might come. */
  quiet?(time: number): FlowEvent[];
  isHolding?(): boolean;
}

/** Sees everything go by and answers nothing. */
export interface Witness {
  consume?(event: FlowEvent, facts: DestinationFacts): void;
  inspected?(event: InspectEvent): void;
  /** So many bytes of a flow were never seen; 0: nobody knows how many. */
  lost?(flowId: string, bytes: number): void;
}

/** What comes in answers true when it was worked off; false when the turn was over before, and `resume` is to go on. */
export interface Road {
  /** An engine's own event, or a recorded one. */
  event(event: FlowEvent, turn?: Turn): boolean;
  /** A copy of what passed, after TLS; the buffer is only looked at during the call. */
  bytes(flowId: string, direction: Direction, chunk: Buffer, time: number, turn?: Turn): boolean;
  /** That side will send no more. */
  end(flowId: string, direction: Direction, time: number, turn?: Turn): boolean;
  /** So many bytes of the flow never reached the road (0: nobody knows how many): what follows is searched without its context. */
  lost(flowId: string, bytes: number, time: number, turn?: Turn): boolean;
  /** Goes on with what was left of this flow. */
  resume(flowId: string, turn?: Turn): boolean;
  /**
   * Called at regular intervals: connections on which the phone has sent nothing since the call before, and nobody answered, are
   * quiet; what stands there raw is judged as it stands.
   */
  lookAtQuiet(time: number): void;
  /** Nothing that a phone's open connections still bring is looked into. */
  drop(deviceId: string): void;
  /** What a phone's open connections still bring is told of its address: nobody knows it any more. */
  forget(deviceId: string): void;
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
  /** What a turn was too short for. */
  rest: Rest | null;
  isClosed: boolean;
  hasFaulted: boolean;
  isMarker: boolean;
  isSelfTest: boolean;
}

/** What is left of something that came in. */
interface Rest {
  events: readonly FlowEvent[];
  /** The event that is next, or under way. */
  at: number;
  /** What the event under way has brought to light; null when none is. */
  results: InspectEvent[] | null;
  /** What the reader has not been given yet. */
  unread: { direction: Direction; chunk: Buffer; time: number } | null;
  /** Its bytes are its own. */
  isKept: boolean;
}

const NOTHING: readonly FlowEvent[] = [];
const NO_BYTES: Buffer = Buffer.alloc(0);
const FAULT = text('unseen.fault');

export function createRoad(stages: RoadStages): Road {
  const { inspector } = stages;
  const open = new Map<string, OpenFlow>();
  /** Flows in which the phone spoke last; whether they did at the latest call of `lookAtQuiet`. */
  const waiting = new Map<string, boolean>();
  const consumers = stages.witnesses.flatMap((one) => (one.consume ? [one.consume.bind(one)] : []));
  const auditors = stages.witnesses.flatMap((one) => (one.inspected ? [one.inspected.bind(one)] : []));

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

  /** Of the event that is being compared: asked for within the call. */
  let passing: OpenFlow | null = null;
  let passingAt = 0;
  const surroundings = (): Surroundings => surroundingsOf(passing!, passingAt, null);

  function contextOf(about: OpenFlow, time: number, exchange: number | null): AlertContext {
    const head = exchange === null ? null : stages.headOf(about.flow.id, exchange);
    return { ...surroundingsOf(about, time, exchange), head };
  }

  function tell(about: OpenFlow, found: Finding, time: number): void {
    const context = contextOf(about, time, found.exchange);
    if (about.isSelfTest && stages.selfTest?.found(found, context.head?.target ?? null)) return;
    const remark = stages.remark(found, context);
    const finding = remark === null ? found : { ...found, remark };
    const record = stages.alertFinding(finding, context);
    if (record) stages.record(record, finding);
  }

  function passMarker(event: FlowEvent): void {
    for (const result of inspector.push(event, ENDLESS))
      if (result.type === 'finding') stages.marker?.found(result.finding);
  }

  function tellAll(about: OpenFlow, results: readonly InspectEvent[], time: number): void {
    for (const result of results) {
      for (const inspected of auditors) inspected(result);
      if (result.type === 'finding') tell(about, result.finding, time);
    }
  }

  /** What comes before an event is looked into. */
  function announce(about: OpenFlow, event: FlowEvent): void {
    if (event.type === 'message' && event.direction === 'request') about.spoken = event.protocol;
    for (const consume of consumers) consume(event, about.facts);
  }

  /** What comes after an event was looked into. */
  function conclude(about: OpenFlow, event: FlowEvent, results: readonly InspectEvent[]): void {
    passing = about;
    passingAt = event.time;
    for (const { finding, context } of stages.compare(event, results, surroundings)) {
      const head = context.flow === about.flow ? stages.headOf(context.flow.id, finding.exchange) : null;
      const record = stages.alertFinding(finding, { ...context, head });
      if (record) stages.record(record, finding);
    }
    if (mayRaise(event))
      for (const record of stages.alertEvent(event, contextOf(about, event.time, null))) stages.record(record, null);
    else stages.heard(event);
  }

  /** The next event past every stage; false when it is still under way. */
  function passNext(about: OpenFlow, rest: Rest, turn: Turn): boolean {
    const event = rest.events[rest.at] as FlowEvent;
    if (about.isMarker) {
      passMarker(event);
      return true;
    }
    const isNew = rest.results === null;
    if (isNew) announce(about, event);
    const results = isNew ? inspector.push(searched(about, event), turn) : inspector.resume(about.flow.id, turn);
    const all = rest.results === null || rest.results.length === 0 ? results : [...rest.results, ...results];
    rest.results = all;
    tellAll(about, results, event.time);
    if (inspector.isBusy(about.flow.id)) return false;
    rest.results = null;
    conclude(about, event, all);
    return true;
  }

  /** What the inspector is told: of the lab's own pages another phone. */
  function searched(about: OpenFlow, event: FlowEvent): FlowEvent {
    if (!about.isSelfTest || event.type !== 'flow-opened') return event;
    return { ...event, flow: { ...event.flow, deviceId: stages.selfTest?.deviceId ?? null } };
  }

  function readNext(about: OpenFlow, rest: Rest): void {
    const reader = readerOf(about);
    const { direction, chunk, time } = rest.unread as NonNullable<Rest['unread']>;
    const { pieceBytes } = reader;
    rest.unread = chunk.length <= pieceBytes ? null : { direction, chunk: chunk.subarray(pieceBytes), time };
    rest.at = 0;
    rest.events = NOTHING;
    rest.events = reader.push(direction, rest.unread === null ? chunk : chunk.subarray(0, pieceBytes), time);
  }

  /** One event or piece at least. True when nothing is left. */
  function passAll(about: OpenFlow, rest: Rest, turn: Turn): boolean {
    for (let isFirst = true; ; isFirst = false) {
      for (; rest.at < rest.events.length; isFirst = false) {
        if (rest.at > 0 && !isFirst && turn.isOver) return false;
        if (!passNext(about, rest, turn)) return false;
        rest.at++;
      }
      if (rest.unread === null) return true;
      if (!isFirst && turn.isOver) return false;
      readNext(about, rest);
    }
  }

  /** The caller takes its bytes back. */
  function keep(rest: Rest): void {
    if (rest.isKept) return;
    rest.isKept = true;
    rest.events = rest.events
      .slice(rest.at)
      .map((event) => ('bytes' in event ? { ...event, bytes: Buffer.from(event.bytes) } : event));
    rest.at = 0;
    if (rest.unread !== null) rest.unread = { ...rest.unread, chunk: Buffer.from(rest.unread.chunk) };
  }

  /** A fault in a stage costs its event, is logged, and is shown as a part nobody looked into. The rest goes on. */
  function failed(about: OpenFlow, error: unknown): void {
    // Once per connection: it may be made to fail at every byte.
    if (!about.hasFaulted) stages.log.error({ flowId: about.flow.id, ...faultOf(error) }, 'internal fault');
    about.hasFaulted = true;
    for (const inspected of auditors)
      inspected({ type: 'partially-scanned', flowId: about.flow.id, exchange: 0, reason: say(FAULT), text: FAULT });
  }

  function goOn(about: OpenFlow, rest: Rest, turn: Turn): boolean {
    about.rest = null;
    for (;;)
      try {
        if (!passAll(about, rest, turn)) {
          keep(rest);
          about.rest = rest;
          return false;
        }
        if (about.isClosed) open.delete(about.flow.id);
        return true;
      } catch (error) {
        failed(about, error);
        rest.results = null;
        rest.at++;
      }
  }

  function begin(about: OpenFlow, events: readonly FlowEvent[], unread: Rest['unread'], turn: Turn): boolean {
    return goOn(about, { events, at: 0, results: null, unread, isKept: false }, turn);
  }

  /** Nothing of it is left: no caller leaves something and goes on with the next. */
  function settled(flowId: string): OpenFlow | undefined {
    const about = open.get(flowId);
    while (about?.rest) goOn(about, about.rest, ENDLESS);
    return about;
  }

  function readerOf(about: OpenFlow): PassiveReader {
    about.reader ??= stages.openReader(about.flow, about.alpn);
    return about.reader;
  }

  function attempt<T>(about: OpenFlow, work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (error) {
      failed(about, error);
      return otherwise;
    }
  }

  const closing = (about: OpenFlow, time: number): readonly FlowEvent[] =>
    attempt(about, () => about.reader?.close(time) ?? NOTHING, NOTHING);

  function opened(event: Extract<FlowEvent, { type: 'flow-opened' }>, turn: Turn): boolean {
    const flow = hideInFlow(event.flow, () => stages.secretsOf(event.flow.deviceId));
    const about: OpenFlow = {
      flow,
      facts: stages.locate(flow.destination.host, flow.destination.ip, null),
      device: stages.describeDevice(flow),
      alpn: null,
      spoken: null,
      reader: null,
      rest: null,
      isClosed: false,
      hasFaulted: false,
      isMarker: stages.marker?.isMarker(flow) ?? false,
      isSelfTest: stages.selfTest?.isPart(flow) ?? false,
    };
    open.set(flow.id, about);
    return begin(about, [flow === event.flow ? event : { ...event, flow }], null, turn);
  }

  function established(about: OpenFlow, event: Extract<FlowEvent, { type: 'tls-established' }>): FlowEvent {
    about.alpn = event.alpn;
    const { destination, deviceId } = about.flow;
    const shown = hideInTls(event, () => stages.secretsOf(deviceId));
    if (shown.certificate) about.facts = stages.locate(destination.host, destination.ip, shown.certificate);
    return shown;
  }

  return {
    drop(deviceId) {
      for (const [id, about] of open) if (about.device.id === deviceId) open.delete(id);
    },
    forget(deviceId) {
      for (const about of open.values()) {
        if (about.device.id !== deviceId) continue;
        about.flow = { ...about.flow, deviceId: null };
        about.device = { ...about.device, id: about.device.ip, model: null };
      }
    },
    event(event, turn = ENDLESS) {
      if (event.type === 'flow-opened') return opened(event, turn);
      const about = settled(event.flowId);
      if (!about) return true;
      if (event.type === 'tls-established')
        return begin(
          about,
          attempt(about, () => [established(about, event)], NOTHING),
          null,
          turn,
        );
      if (event.type !== 'flow-closed') return begin(about, [event], null, turn);
      about.isClosed = true;
      waiting.delete(event.flowId);
      return begin(about, [...closing(about, event.time), event], null, turn);
    },
    bytes(flowId, direction, chunk, time, turn = ENDLESS) {
      const about = settled(flowId);
      if (!about) return true;
      if (direction === 'request') waiting.set(flowId, false);
      else waiting.delete(flowId);
      return begin(about, NOTHING, { direction, chunk, time }, turn);
    },
    end(flowId, direction, time, turn = ENDLESS) {
      const about = settled(flowId);
      const { reader = null } = about ?? {};
      if (!about || !reader) return true;
      return begin(
        about,
        attempt(about, () => reader.end(direction, time), NOTHING),
        null,
        turn,
      );
    },
    lost(flowId, bytes, time, turn = ENDLESS) {
      const about = settled(flowId);
      if (!about) return true;
      const why = bytes > 0 ? text('unheard.lost', { count: bytes }) : text('unheard.lost-unknown');
      attempt(about, () => stages.witnesses.forEach((witness) => void witness.lost?.(flowId, bytes)), undefined);
      const ends = closing(about, time);
      // Whatever protocol it was, its beginning is missing.
      about.reader = stages.openReader({ ...about.flow, continues: true }, 'unknown');
      const missed: FlowEvent = {
        type: 'unreadable',
        flowId,
        direction: 'request',
        time,
        reason: say(why),
        text: why,
      };
      return begin(about, [...ends, missed], null, turn);
    },
    resume(flowId, turn = ENDLESS) {
      const about = open.get(flowId);
      return !about?.rest || goOn(about, about.rest, turn);
    },
    lookAtQuiet(time) {
      for (const [flowId, didWait] of waiting) {
        const about = open.get(flowId);
        if (about && !about.rest && !didWait) {
          waiting.set(flowId, true);
          continue;
        }
        if (about?.rest) continue;
        if (!about) {
          waiting.delete(flowId);
          continue;
        }
        begin(
          about,
          attempt(about, () => about.reader?.quiet?.(time) ?? NOTHING, NOTHING),
          null,
          ENDLESS,
        );
        // As when the other side answers: it is the phone's turn no more.
        const answer: FlowEvent = { type: 'raw-bytes', flowId, direction: 'response', time, bytes: NO_BYTES };
        attempt(about, () => tellAll(about, inspector.push(answer, ENDLESS), time), undefined);
        if (!about.reader?.isHolding?.()) waiting.delete(flowId);
      }
    },
    openFlows: () => open.size,
  };
}
