/**
 * Counts, per phone, how much of its traffic could be looked into, so that silence is distinguishable from innocence.
 * Exact: the bytes over all classes are the bytes of all closed flows. Bounded: past `maxHosts` unread hosts of a phone
 * the smallest are folded into "others", one per class (still counted); past `maxDevices` phones the longest silent one is forgotten.
 */
import { COVERAGE_CLASSES, type CoverageClass, type CoverageRow, type DeviceCoverage } from '../model/coverage.ts';
import type { DestinationFacts } from '../model/destination.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';
import type { InspectEvent } from '../model/identifier.ts';
import { writeCoverage } from './sentence.ts';
import { type Bytes, type FlowNotes, shareOut } from './shares.ts';

export interface CoverageOptions {
  /** Id under which a flow's phone is counted, as in its alerts. */
  deviceOf: (flow: Flow) => string;
  /** The destination's name as it may be shown. Default: as it is. */
  hostOf?: (flow: Flow) => string;
  /** True for a flow whose purpose is to hide something from the network, e.g. look-ups over HTTPS. */
  hides?: (flow: Flow) => boolean;
  pinnedAfter?: number;
  maxHosts?: number;
  maxDevices?: number;
  /** What an earlier run of the lab counted. */
  initial?: readonly DeviceCoverage[];
}

export interface Coverage {
  /** `facts` of the destination, as far as known. */
  consume(event: FlowEvent, facts: DestinationFacts | null): void;
  inspected(event: InspectEvent): void;
  /** Every phone, in the order they appeared. */
  all(): DeviceCoverage[];
  of(deviceId: string): DeviceCoverage | null;
  /** Flows that are still open: their bytes are not in the rows yet. */
  openFlows(): number;
}

interface OpenFlow {
  flow: Flow;
  understood: boolean;
  rejections: number;
  raw: Bytes;
  /** The newest exchanges, by their numbers. */
  exchanges: Map<number, OpenExchange>;
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

interface DeviceCount {
  rows: Map<CoverageClass, CoverageRow>;
  unseen: Map<string, DeviceCoverage['unseen'][number]>;
}

/** A finding comes soon after its bytes: older exchanges of a flow keep the class they had. */
const MAX_EXCHANGES = 32;
const OTHERS = 'others';

export function createCoverage(options: CoverageOptions): Coverage {
  const { deviceOf, hostOf = nameOf, hides = () => false, pinnedAfter = 3, maxHosts = 100, maxDevices = 500 } = options;
  const open = new Map<string, OpenFlow>();
  const devices = new Map<string, DeviceCount>(
    (options.initial ?? []).map((given) => [given.deviceId, restore(given)]),
  );

  function exchangeOf(flow: OpenFlow, number: number): OpenExchange {
    if (flow.latest?.number === number) return flow.latest;
    let exchange = flow.exchanges.get(number);
    if (exchange === undefined) {
      exchange = { number, up: 0, down: 0, class: null, targetBytes: 0 };
      flow.exchanges.set(number, exchange);
      if (flow.exchanges.size > MAX_EXCHANGES) settle(flow, flow.exchanges.keys().next().value as number);
    }
    flow.latest = exchange;
    return exchange;
  }

  function closeFlow(event: Extract<FlowEvent, { type: 'flow-closed' }>, facts: DestinationFacts | null): void {
    const state = open.get(event.flowId);
    if (state === undefined) return;
    open.delete(event.flowId);
    for (const exchange of [...state.exchanges.keys()]) settle(state, exchange);
    const { flow, understood, rejections, raw, opaque, partial } = state;
    const notes: FlowNotes = { understood, rejections, raw, opaque, partial };
    const bytes = { up: event.bytesUp, down: event.bytesDown };
    const device = deviceFor(deviceOf(flow));
    const end = { flow, reason: event.reason, bytes, notes, pinnedAfter, hides: hides(flow) };
    for (const [index, share] of shareOut(end).entries()) {
      count(device, share.class, index === 0 ? 1 : 0, share.bytes);
      if (share.class !== 'read') addUnseen(device, flow, facts, share.class, share.bytes.up);
    }
  }

  function deviceFor(id: string): DeviceCount {
    const device = devices.get(id) ?? { rows: new Map(), unseen: new Map() };
    if (!devices.has(id) && devices.size >= maxDevices) devices.delete(devices.keys().next().value as string);
    devices.delete(id);
    devices.set(id, device);
    return device;
  }

  function addUnseen(
    device: DeviceCount,
    flow: Flow,
    facts: DestinationFacts | null,
    why: CoverageClass,
    bytesUp: number,
  ): void {
    const host = hostOf(flow);
    const key = `${why} ${host}`;
    const known = device.unseen.get(key);
    if (known !== undefined) {
      known.bytesUp += bytesUp;
      return;
    }
    const country = facts?.location.country ?? facts?.owner.country ?? null;
    device.unseen.set(key, { host, country, owner: facts?.owner.name ?? null, bytesUp, class: why });
    if (device.unseen.size > maxHosts) foldSmallest(device);
  }

  return {
    consume(event, facts) {
      if (event.type === 'flow-opened') {
        open.set(event.flow.id, newFlow(event.flow));
        return;
      }
      const flow = open.get(event.flowId);
      if (flow === undefined) return;
      switch (event.type) {
        case 'request-head':
          flow.understood = true;
          exchangeOf(flow, event.exchange).targetBytes = event.target.length;
          return;
        case 'body-chunk':
        case 'message': {
          flow.understood = true;
          add(exchangeOf(flow, event.exchange), event.direction === 'request', event.bytes.length);
          return;
        }
        case 'raw-bytes':
          add(flow.raw, event.direction === 'request', event.bytes.length);
          return;
        case 'certificate-rejected':
          flow.rejections = event.count;
          return;
        case 'flow-closed':
          closeFlow(event, facts);
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
    all: () => [...devices].map(([id, device]) => view(id, device)),
    of(deviceId) {
      const device = devices.get(deviceId);
      return device === undefined ? null : view(deviceId, device);
    },
    openFlows: () => open.size,
  };
}

const nameOf = (flow: Flow): string => flow.destination.host;

function newFlow(flow: Flow): OpenFlow {
  const none = () => ({ up: 0, down: 0 });
  const counted = { raw: none(), opaque: none(), partial: none() };
  return { flow, understood: false, rejections: 0, exchanges: new Map(), latest: null, ...counted };
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

function count(device: DeviceCount, name: CoverageClass, connections: number, bytes: Bytes): void {
  const row = device.rows.get(name) ?? { class: name, connections: 0, bytesUp: 0, bytesDown: 0 };
  row.connections += connections;
  row.bytesUp += bytes.up;
  row.bytesDown += bytes.down;
  device.rows.set(name, row);
}

/** The hosts that got least share one entry per class; their bytes stay counted. */
function foldSmallest(device: DeviceCount): void {
  let smallest: [string, DeviceCoverage['unseen'][number]] | null = null;
  for (const entry of device.unseen) {
    if (entry[1].host === OTHERS) continue;
    if (smallest === null || entry[1].bytesUp < smallest[1].bytesUp) smallest = entry;
  }
  if (smallest === null) return;
  const [key, { class: why, bytesUp }] = smallest;
  device.unseen.delete(key);
  const others = device.unseen.get(`${why} ${OTHERS}`);
  if (others === undefined) {
    device.unseen.set(`${why} ${OTHERS}`, { host: OTHERS, country: null, owner: null, bytesUp, class: why });
  } else others.bytesUp += bytesUp;
}

function view(deviceId: string, device: DeviceCount): DeviceCoverage {
  const rows = COVERAGE_CLASSES.flatMap((name) => {
    const row = device.rows.get(name);
    return row === undefined ? [] : [{ ...row }];
  });
  const sent = rows.reduce((sum, row) => sum + row.bytesUp, 0);
  const readShare = sent === 0 ? null : (device.rows.get('read')?.bytesUp ?? 0) / sent;
  const unseen = [...device.unseen.values()].map((entry) => ({ ...entry })).toSorted((a, b) => b.bytesUp - a.bytesUp);
  return { deviceId, rows, readShare, sentence: writeCoverage(readShare, unseen), unseen };
}

function restore(given: DeviceCoverage): DeviceCount {
  return {
    rows: new Map(given.rows.map((row) => [row.class, { ...row }])),
    unseen: new Map(given.unseen.map((entry) => [`${entry.class} ${entry.host}`, { ...entry }])),
  };
}
