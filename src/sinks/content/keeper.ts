/**
 * Keeps content of connections while they go by: with `findings` the window around a finding, with `all` all of it within bounds.
 * Written in batches of a few milliseconds, off the road; what waits is bounded, and what comes when that is full is not kept
 * and said. Nothing here delays a phone.
 */
import type { ContentEvent, ContentNote, Keep, NotKeptReason } from '../../model/content.ts';
import type { Direction, Flow, FlowEvent } from '../../model/flow.ts';
import type { InspectEvent } from '../../model/identifier.ts';
import type { Stored } from '../evidence/store.ts';
import type { HeldEvent } from './piece.ts';
import type { ContentPiece } from './store.ts';
import { type Bounds, type ByteEvent, bytesIn, createWindow, type Window } from './window.ts';

export interface ContentKeeperOptions {
  keep: Exclude<Keep, 'none'>;
  write: (pieces: readonly ContentPiece[]) => Stored;
  /** Id or address of the phone. */
  deviceOf: (flow: Flow) => string;
  now: () => number;
  /** Told once when writing begins to fail and once when it works again. */
  onTrouble?: (result: Stored) => void;
  /** Most bytes in memory, those that wait to be written and those that wait for a finding. */
  maxHeldBytes?: number;
}

export type ContentKeeper = ReturnType<typeof createContentKeeper>;

/** A request that is decoded is seldom longer; of the answer its beginning. */
const WINDOW: Record<Direction, Bounds> = {
  request: { first: 32 << 10, before: 32 << 10, behind: 16 << 10 },
  response: { first: 4 << 10, before: 0, behind: 0 },
};
/** Of one body, one stream of messages, one raw direction: a film must not push everything else out. */
const MAX_BODY = 4 << 20;
const ALL: Record<Direction, Bounds> = {
  request: { first: MAX_BODY, before: 0, behind: 0 },
  response: { first: MAX_BODY, before: 0, behind: 0 },
};
const MAX_HELD = 16 << 20;
/** About so large is a piece. */
const PIECE_BYTES = 64 << 10;
/** A piece waits no longer for more. */
const PIECE_MS = 1000;
/** What one batch may hold, and how long the thread is left alone after it. */
const BATCH_BYTES = 256 << 10;
const REST_MS = 20;
const RETRY_MS = 1000;
/** Exchanges of one connection that are under way at once. */
const MAX_EXCHANGES = 256;
/** Stands for what belongs to no exchange. */
const CONNECTION = -1;

interface OpenFlow {
  id: string;
  device: string;
  exchanges: Map<number, { window: Window; isFound: boolean; ended: number; isUpgraded: boolean }>;
  held: HeldEvent[];
  heldBytes: number;
  heldSince: number;
  number: number;
  bytes: number;
  notKept: number;
  why: Set<NotKeptReason>;
}

export function createContentKeeper(options: ContentKeeperOptions) {
  const { keep, write, deviceOf, now, onTrouble = () => {}, maxHeldBytes = MAX_HELD } = options;
  const bounds = keep === 'all' ? ALL : WINDOW;
  const open = new Map<string, OpenFlow>();
  /** Flows with a piece that waits for more, the oldest first. */
  const filling = new Set<OpenFlow>();
  let queue: ContentPiece[] = [];
  let queuedBytes = 0;
  /** In memory altogether. */
  let held = 0;
  let isFailing = false;
  let timer: NodeJS.Timeout | null = null;

  function later(ms: number): void {
    timer ??= setTimeout(tick, ms).unref();
  }

  function tick(): void {
    timer = null;
    const time = now();
    for (const flow of filling) {
      if (time - flow.heldSince < PIECE_MS) break;
      close(flow);
    }
    const result = queue.length > 0 ? writeBatch() : { ok: true as const };
    if (!result.ok) later(RETRY_MS);
    else if (queue.length > 0) later(REST_MS);
    else if (filling.size > 0) later(PIECE_MS);
  }

  function writeBatch(): Stored {
    let size = 0;
    let count = 0;
    while (count < queue.length && size < BATCH_BYTES) size += sizeOf(queue[count++] as ContentPiece);
    const result = write(queue.slice(0, count));
    if (result.ok === isFailing) {
      isFailing = !result.ok;
      onTrouble(result);
    }
    if (!result.ok) return result;
    queue = queue.slice(count);
    queuedBytes -= size;
    held -= size;
    return result;
  }

  /** What a flow has so far becomes a piece of its own. */
  function close(flow: OpenFlow): void {
    filling.delete(flow);
    if (flow.held.length === 0) return;
    const { id: flowId, device, heldSince: time, number, held: events } = flow;
    queue.push({ flowId, number, device, time, events });
    queuedBytes += flow.heldBytes;
    flow.number++;
    flow.held = [];
    flow.heldBytes = 0;
    later(REST_MS);
  }

  function add(flow: OpenFlow, events: readonly HeldEvent[]): void {
    for (const one of events) {
      if (one.event.type === 'not-kept') {
        flow.notKept += one.event.bytes;
        flow.why.add(one.event.why);
      } else flow.bytes += bytesIn(one);
      const last = flow.held.at(-1);
      if (flow.held.length === 0) {
        flow.heldSince = now();
        filling.add(flow);
      }
      if (last && belongs(last.event, one.event)) {
        last.bytes.push(...one.bytes);
        last.length += one.length;
        flow.heldBytes += one.length;
        held += one.length;
      } else {
        flow.held.push(one);
        flow.heldBytes += one.length + EVENT_BYTES;
        held += one.length + EVENT_BYTES;
      }
      if (flow.heldBytes >= PIECE_BYTES) close(flow);
    }
    if (filling.size > 0) later(PIECE_MS);
  }

  function exchangeOf(flow: OpenFlow, exchange: number) {
    let found = flow.exchanges.get(exchange);
    if (found === undefined) {
      const oldest = flow.exchanges.size >= MAX_EXCHANGES ? flow.exchanges.keys().next().value : undefined;
      if (oldest !== undefined) finish(flow, oldest, 'too-much');
      found = { window: createWindow(bounds, keep === 'all'), isFound: keep === 'all', ended: 0, isUpgraded: false };
      flow.exchanges.set(exchange, found);
    }
    return found;
  }

  /** An exchange is over; what of it was only held is let go of. */
  function finish(flow: OpenFlow, exchange: number, why: NotKeptReason): void {
    const given = flow.exchanges.get(exchange);
    if (given === undefined) return;
    flow.exchanges.delete(exchange);
    held -= given.window.heldBytes();
    const { kept, bytes } = given.window.end();
    if (given.isFound) {
      add(flow, kept);
      return;
    }
    const skipped = kept.reduce((sum, one) => sum + bytesIn(one), 0);
    flow.notKept += bytes + skipped;
    if (bytes + skipped > 0) flow.why.add(why);
  }

  function take(flow: OpenFlow, event: ContentEvent): void {
    const exchange = 'exchange' in event && event.exchange !== null ? event.exchange : CONNECTION;
    const given = exchangeOf(flow, exchange);
    const before = given.window.heldBytes();
    if (held >= maxHeldBytes && isOfBytes(event)) given.window.refuse(event, isFailing ? 'disk' : 'too-much');
    else add(flow, given.window.take(event));
    held += given.window.heldBytes() - before;
    if (event.type === 'upgraded') given.isUpgraded = true;
    if (event.type !== 'body-end') return;
    given.ended |= event.direction === 'request' ? 1 : 2;
    if (given.ended === 3 && !given.isUpgraded) finish(flow, exchange, 'no-finding');
  }

  return {
    consume(event: FlowEvent): void {
      if (event.type === 'flow-opened') {
        const { id } = event.flow;
        open.set(id, {
          id,
          device: deviceOf(event.flow),
          exchanges: new Map(),
          held: [],
          heldBytes: 0,
          heldSince: 0,
          number: 0,
          bytes: 0,
          notKept: 0,
          why: new Set(),
        });
        return;
      }
      const flow = open.get(event.flowId);
      if (flow === undefined) return;
      if (isContent(event)) take(flow, event);
      else if (event.type === 'flow-closed') {
        for (const exchange of flow.exchanges.keys()) finish(flow, exchange, 'no-finding');
        close(flow);
        open.delete(flow.id);
      }
    },
    inspected(event: InspectEvent): void {
      if (event.type !== 'finding' || keep === 'all') return;
      const { exchange, evidence } = event.finding;
      const flow = open.get(evidence.flow);
      const connection = flow?.exchanges.get(CONNECTION);
      const given = (evidence.where === 'raw' ? connection : undefined) ?? flow?.exchanges.get(exchange) ?? connection;
      if (!flow || !given) return;
      const before = given.window.heldBytes();
      given.isFound = true;
      add(flow, given.window.found());
      held += given.window.heldBytes() - before;
    },
    /** Of a connection that is about to close, for its record. @param relayed bytes of both directions */
    noteOf(flowId: string, relayed: number): ContentNote {
      const flow = open.get(flowId);
      if (flow === undefined) return { keep, bytes: 0, notKept: relayed, why: relayed > 0 ? ['unread'] : [] };
      for (const exchange of flow.exchanges.keys()) finish(flow, exchange, 'no-finding');
      const { bytes, notKept, why } = flow;
      const isUnread = bytes + notKept === 0 && relayed > 0;
      return { keep, bytes, notKept: isUnread ? relayed : notKept, why: isUnread ? ['unread'] : [...why] };
    },
    /** Keeps nothing of a phone's connections any more that was not written yet, nor of what they still bring. */
    forget(deviceId: string): void {
      for (const flow of open.values()) {
        if (flow.device !== deviceId) continue;
        for (const { window } of flow.exchanges.values()) held -= window.heldBytes();
        held -= flow.heldBytes;
        filling.delete(flow);
        open.delete(flow.id);
      }
      for (const piece of queue.filter(({ device }) => device === deviceId)) {
        queuedBytes -= sizeOf(piece);
        held -= sizeOf(piece);
      }
      queue = queue.filter(({ device }) => device !== deviceId);
    },
    /** Writes all that waits to be. */
    flush(): Stored {
      for (const flow of filling) close(flow);
      let result: Stored = { ok: true };
      while (result.ok && queue.length > 0) result = writeBatch();
      return result;
    },
    stats: () => ({ queuedBytes, heldBytes: held, isFailing }),
    close(): void {
      this.flush();
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

/** What an event takes beside its bytes, about. */
const EVENT_BYTES = 120;

const sizeOf = ({ events }: ContentPiece): number => events.reduce((sum, { length }) => sum + length + EVENT_BYTES, 0);

const CONTENT: ReadonlySet<string> = new Set<ContentEvent['type']>([
  'request-head',
  'response-head',
  'body-chunk',
  'body-end',
  'message',
  'raw-bytes',
  'upgraded',
  'unreadable',
]);

const isContent = (event: FlowEvent): event is FlowEvent & ContentEvent => CONTENT.has(event.type);
const isOfBytes = (event: ContentEvent): event is ByteEvent =>
  event.type === 'body-chunk' || event.type === 'message' || event.type === 'raw-bytes';

/** One event may stand for both. */
function belongs(last: ContentEvent, next: ContentEvent): boolean {
  if (last.type === 'body-chunk' && next.type === 'body-chunk')
    return last.exchange === next.exchange && last.direction === next.direction;
  return last.type === 'raw-bytes' && next.type === 'raw-bytes' && last.direction === next.direction;
}
