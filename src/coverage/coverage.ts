/**
 * Counts, per phone, how much of its traffic could be looked into, so that silence is distinguishable from innocence.
 * Exact: the bytes over all classes are the bytes of all closed flows, and of open ones what was seen of them so far.
 * What is simulated is counted apart. Bounded: past `maxHosts` unread hosts of a phone the smallest are folded into
 * "others"; past `maxDevices` phones the longest silent one is forgotten.
 */
import { OpenNumbers } from '../formats/open-numbers.ts';
import type { DeviceCoverage, Gap, Trust } from '../model/coverage.ts';
import type { DestinationFacts } from '../model/destination.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';
import type { InspectEvent } from '../model/identifier.ts';
import { addCounted, addUnseen, copyOf, type DeviceCount, newCount, reached, restore, view } from './device-count.ts';
import { createGaps, type Gaps } from './gaps.ts';
import { type Bytes, type FlowEnd, shareOut } from './shares.ts';

export interface CoverageOptions {
  /** Id under which a flow's phone is counted, as in its alerts. */
  deviceOf: (flow: Flow) => string;
  /** The destination's name as it may be shown. Default: as it is. */
  hostOf?: (flow: Flow) => string;
  /** True for a flow whose purpose is to hide something from the network, e.g. look-ups over HTTPS. */
  hides?: (flow: Flow) => boolean;
  maxHosts?: number;
  maxDevices?: number;
  /** What an earlier run of the lab counted. */
  initial?: readonly DeviceCoverage[];
  /** Times in which the lab could not see something, of earlier runs. */
  gaps?: readonly Gap[];
  /** Told of each such time when it is over. */
  onGap?: (gap: Gap) => void;
}

export interface Coverage {
  /** `facts` of the destination, as far as known. */
  consume(event: FlowEvent, facts: DestinationFacts | null): void;
  inspected(event: InspectEvent): void;
  /** So many bytes of a flow were never seen; 0: nobody knows how many. */
  lost(flowId: string, bytes: number): void;
  /** Every phone, in the order they appeared. */
  all(): DeviceCoverage[];
  /** Null when it never came. The world first: what is simulated only when there is nothing else. */
  of(deviceId: string): DeviceCoverage | null;
  /** Of the phone of a flow that is open. */
  trustOf(flowId: string): Trust;
  /** Told when a phone that refused the lab's certificate before is seen to trust it. */
  onTrust(listener: (flow: Flow) => void): void;
  /** Phones whose counts changed since the last call, to be kept. */
  changed(): { closed: DeviceCoverage; withOpen: DeviceCoverage }[];
  /** Counts nothing of a phone any more, and nothing of its connections that are open. */
  forget(deviceId: string): void;
  gaps: Gaps;
  openFlows(): number;
}

interface OpenFlow {
  flow: Flow;
  device: DeviceCount;
  facts: DestinationFacts | null;
  understood: boolean;
  /** What the phone says on it next proves that it trusts the lab's certificate. */
  provesTrust: boolean;
  raw: Bytes;
  /** All that was seen of it so far, and how much was not because nobody looked. */
  seen: Bytes;
  lost: number;
  /** The newest exchanges, by their numbers. */
  exchanges: OpenNumbers<OpenExchange>;
  /** Most events are about the same one as the one before. */
  latest: OpenExchange | null;
  /** Of exchanges that are no longer in the map. */
  opaque: Bytes;
  partial: Bytes;
}

/** Body bytes of one exchange, and the class they belong to. */
interface OpenExchange extends Bytes {
  number: number;
  class: 'opaque' | 'partially-scanned' | null;
  targetBytes: number;
}

/** A finding comes soon after its bytes: older exchanges of a flow keep the class they had. */
const MAX_EXCHANGES = 32;

export function createCoverage(options: CoverageOptions): Coverage {
  const { deviceOf, hostOf = nameOf, hides = () => false, maxHosts = 100, maxDevices = 500 } = options;
  const open = new Map<string, OpenFlow>();
  const devices = new Map<string, DeviceCount>();
  for (const given of options.initial ?? []) {
    const device = restore(given);
    device.phone = devices.get(keyOf(given.deviceId, !given.simulated))?.phone ?? device.phone;
    devices.set(keyOf(given.deviceId, given.simulated), device);
  }
  const dirty = new Set<DeviceCount>();
  let tellTrust: (flow: Flow) => void = () => {};
  const gaps = createGaps(options.gaps ?? [], options.onGap);

  function exchangeOf(flow: OpenFlow, number: number): OpenExchange {
    if (flow.latest?.number === number) return flow.latest;
    let exchange = flow.exchanges.get(number);
    if (exchange === undefined) {
      exchange = { number, up: 0, down: 0, class: null, targetBytes: 0 };
      flow.exchanges.set(number, exchange);
      if (flow.exchanges.size > MAX_EXCHANGES) settle(flow, flow.exchanges.oldest()!);
    }
    flow.latest = exchange;
    return exchange;
  }

  function openFlow(flow: Flow, facts: DestinationFacts | null, time: number): void {
    const device = deviceFor(deviceOf(flow), flow.simulated, time);
    open.set(flow.id, newFlow(flow, device, facts));
  }

  function closeFlow(
    state: OpenFlow,
    { flowId, reason, bytesUp, bytesDown }: Extract<FlowEvent, { type: 'flow-closed' }>,
    facts: DestinationFacts | null,
  ): void {
    open.delete(flowId);
    for (const exchange of state.exchanges.numbers()) settle(state, exchange);
    state.facts = facts ?? state.facts;
    countFlow(state.device, state, {
      reason,
      bytes: { up: bytesUp, down: bytesDown },
      opaque: state.opaque,
      partial: state.partial,
    });
    dirty.add(state.device);
  }

  function countFlow(
    device: DeviceCount,
    { flow, understood, raw, facts, seen, lost }: OpenFlow,
    { reason, bytes, opaque, partial }: Pick<FlowEnd, 'reason' | 'bytes'> & { opaque: Bytes; partial: Bytes },
  ): void {
    const unseen = { up: bytes.up - seen.up, down: bytes.down - seen.down };
    const unwatched = { up: Math.max(0, Math.min(lost, unseen.up)), down: Math.max(0, Math.min(lost, unseen.down)) };
    const notes = { understood, raw, opaque, partial, unwatched };
    const shares = shareOut({ flow, reason, bytes, notes, hides: hides(flow) });
    for (const [index, share] of shares.entries()) {
      const counted = {
        class: share.class,
        connections: index === 0 ? 1 : 0,
        open: reason === null,
        bytes: share.bytes,
      };
      addCounted(device, counted);
      if (share.class !== 'read') addUnseen(device, counted, hostOf(flow), facts, maxHosts);
    }
    if (device.rows.has('lab-failed') && THROUGH.has(shares[0]?.class ?? '')) reached(device, hostOf(flow));
  }

  function deviceFor(id: string, simulated: boolean, time: number): DeviceCount {
    const key = keyOf(id, simulated);
    const phone = devices.get(keyOf(id, !simulated))?.phone ?? { trust: 'unknown' };
    const device = devices.get(key) ?? newCount({ deviceId: id, simulated, since: time, phone });
    if (!devices.has(key) && devices.size >= maxDevices) devices.delete(devices.keys().next().value as string);
    devices.delete(key);
    devices.set(key, device);
    return device;
  }

  /** With what is open, as far as it was seen. */
  function viewAll(wanted: (device: DeviceCount) => boolean): DeviceCoverage[] {
    const counts = new Map([...devices.values()].filter(wanted).map((device) => [device, device]));
    for (const state of open.values()) {
      const count = counts.get(state.device);
      if (count === undefined || isSilent(state)) continue;
      const copy = count === state.device ? copyOf(count) : count;
      counts.set(state.device, copy);
      countFlow(copy, state, { reason: null, bytes: state.seen, ...closedSoFar(state) });
    }
    return [...counts.values()].map((count) => view(count, gaps.since(count.since)));
  }

  function heard(state: OpenFlow): void {
    state.provesTrust = false;
    const { phone } = state.device;
    if (phone.trust === 'trusts') return;
    if (phone.trust === 'refuses') tellTrust(state.flow);
    phone.trust = 'trusts';
    dirty.add(state.device);
  }

  return {
    consume(event, facts) {
      if (event.type === 'flow-opened') return openFlow(event.flow, facts, event.time);
      const flow = open.get(event.flowId);
      if (flow === undefined) return;
      switch (event.type) {
        case 'request-head': {
          flow.understood = true;
          const { length } = event.target;
          flow.seen.up += length;
          exchangeOf(flow, event.exchange).targetBytes = length;
          if (flow.provesTrust) heard(flow);
          return;
        }
        case 'body-chunk':
        case 'message': {
          flow.understood = true;
          const isUp = event.direction === 'request';
          add(exchangeOf(flow, event.exchange), isUp, event.bytes.length);
          add(flow.seen, isUp, event.bytes.length);
          if (flow.provesTrust && isUp) heard(flow);
          return;
        }
        case 'raw-bytes': {
          const isUp = event.direction === 'request';
          add(flow.raw, isUp, event.bytes.length);
          add(flow.seen, isUp, event.bytes.length);
          if (flow.provesTrust && isUp) heard(flow);
          return;
        }
        case 'tls-established':
          // The phone is shown a bad certificate where the server's is bad, and in a test: going on with it proves nothing.
          if (event.certificate?.problem) flow.provesTrust = false;
          return;
        case 'upstream-certificate-invalid':
        case 'trust-test-result':
          flow.provesTrust = false;
          return;
        case 'certificate-rejected':
          // Silence after a whole handshake says nothing of the certificate.
          if (event.how !== 'silent-close' && flow.device.phone.trust === 'unknown')
            flow.device.phone.trust = 'refuses';
          return;
        case 'flow-closed':
          closeFlow(flow, event, facts);
          return;
      }
    },
    inspected(event) {
      if (event.type === 'partially-scanned') {
        const flow = open.get(event.flowId);
        // Opaque says more than partially scanned: it stays.
        if (flow !== undefined) exchangeOf(flow, event.exchange).class ??= 'partially-scanned';
        return;
      }
      const { identifier, evidence, exchange } = event.finding;
      const flow = open.get(evidence.flow);
      if (flow === undefined || identifier.kind !== 'opaque') return;
      const closed = exchangeOf(flow, exchange);
      closed.class = 'opaque';
      if (evidence.where !== 'query' && evidence.where !== 'path') return;
      // A payload in the address closes that much of the request to the lab.
      closed.up += closed.targetBytes;
      closed.targetBytes = 0;
    },
    lost(flowId, bytes) {
      const flow = open.get(flowId);
      if (flow !== undefined) flow.lost += bytes || Infinity;
    },
    all: () => viewAll(() => true),
    of: (deviceId) => viewAll((device) => device.deviceId === deviceId).toSorted(bySimulated)[0] ?? null,
    trustOf: (flowId) => open.get(flowId)?.device.phone.trust ?? 'unknown',
    onTrust(listener) {
      tellTrust = listener;
    },
    changed() {
      for (const { device } of open.values()) dirty.add(device);
      const changed = [...dirty];
      dirty.clear();
      const withOpen = new Map(
        viewAll((device) => changed.includes(device)).map((one) => [keyOf(one.deviceId, one.simulated), one]),
      );
      return changed.flatMap((device) => {
        const whole = withOpen.get(keyOf(device.deviceId, device.simulated));
        return whole ? [{ closed: view(device, whole.gaps), withOpen: whole }] : [];
      });
    },
    forget(deviceId) {
      for (const [id, { device }] of open) if (device.deviceId === deviceId) open.delete(id);
      for (const device of [...devices.values()]) {
        if (device.deviceId !== deviceId) continue;
        devices.delete(keyOf(deviceId, device.simulated));
        dirty.delete(device);
      }
    },
    gaps,
    openFlows: () => open.size,
  };
}

/** Classes of a connection that got to where it was going. */
const THROUGH: ReadonlySet<string> = new Set([
  'read',
  'unreadable',
  'opaque',
  'partially-scanned',
  'pinned',
  'passed',
  'unwatched',
]);

const keyOf = (deviceId: string, simulated: boolean): string => (simulated ? `${deviceId} simulated` : deviceId);
const bySimulated = (a: DeviceCoverage, b: DeviceCoverage): number => Number(a.simulated) - Number(b.simulated);

const nameOf = (flow: Flow): string => flow.destination.host;

function newFlow(flow: Flow, device: DeviceCount, facts: DestinationFacts | null): OpenFlow {
  const none = () => ({ up: 0, down: 0 });
  const counted = { raw: none(), seen: none(), opaque: none(), partial: none() };
  const provesTrust = flow.encrypted && flow.intercepted && flow.engine !== 'gateway';
  return {
    flow,
    device,
    facts,
    understood: false,
    provesTrust,
    lost: 0,
    exchanges: new OpenNumbers(),
    latest: null,
    ...counted,
  };
}

/** Open, and nothing was said on it yet: nothing is missing. What nobody reads says nothing here, and is counted. */
function isSilent({ flow, understood, raw }: OpenFlow): boolean {
  return flow.treatment === 'intercept' && !understood && raw.up + raw.down === 0;
}

/** The sums as they would be if it ended now. */
function closedSoFar({ opaque, partial, exchanges }: OpenFlow): { opaque: Bytes; partial: Bytes } {
  const sums = { opaque: { ...opaque }, partial: { ...partial } };
  for (const exchange of exchanges.values()) {
    if (exchange.class === null) continue;
    const sum = exchange.class === 'opaque' ? sums.opaque : sums.partial;
    sum.up += exchange.up;
    sum.down += exchange.down;
  }
  return sums;
}

function add(bytes: Bytes, up: boolean, length: number): void {
  if (up) bytes.up += length;
  else bytes.down += length;
}

/** Moves an exchange's bytes to the flow's sum of its class and forgets the exchange. */
function settle(flow: OpenFlow, exchange: number): void {
  const bytes = flow.exchanges.get(exchange);
  flow.exchanges.delete(exchange);
  if (flow.latest?.number === exchange) flow.latest = null;
  if (bytes === undefined || bytes.class === null) return;
  const sum = bytes.class === 'opaque' ? flow.opaque : flow.partial;
  sum.up += bytes.up;
  sum.down += bytes.down;
}
