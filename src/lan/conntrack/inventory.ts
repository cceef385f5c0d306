/**
 * Every flow of a phone that went through the gateway past the relay: VPNs, other protocols, datagrams nobody searched.
 * Fed by the kernel's connection tracking: events as they come, and a dump now and then for what the events lost.
 * Promise: pure, time comes in; a flow is told once when it is clear that nobody reads it, its bytes are told exactly
 * once, in instalments while it lasts; lost events and a full table make it late, never wrong; memory is bounded.
 */
import type { TrackedLine } from './line.ts';

export interface PastFlow {
  protocol: string;
  client: { ip: string; port: number };
  destination: { ip: string; port: number };
}

export type InventoryNotice =
  /** `key` stays the same until `closed`; `again`: part of it was told before. */
  | { type: 'opened'; key: string; flow: PastFlow; again: boolean }
  /** Bytes since it was opened. `lasting`: it goes on, and what follows is opened anew. */
  | { type: 'closed'; key: string; flow: PastFlow; bytesUp: number; bytesDown: number; lasting: boolean };

export interface InventoryOptions {
  /** An address of a phone's network. */
  isPhone: (ip: string) => boolean;
  /** An address of this machine: what it answers is the relay's, or the forwarder's, or not on its way anywhere. */
  isOwn: (ip: string) => boolean;
  /** Somebody looks into this flow: the relay (tproxy changes no address), or the search of datagrams. */
  isRead: (flow: PastFlow) => boolean;
  /** How long a reader may take to say so, milliseconds. */
  graceMs?: number;
  /** Instalments of a flow that lasts. */
  instalmentMs?: number;
  maxFlows?: number;
}

export interface Inventory {
  line(line: TrackedLine, uptimeMs: number): void;
  /** Lines of a dump are handed to `line` between the two. */
  dumpBegins(uptimeMs: number): void;
  /** Only after a dump that was read to its end. */
  dumpEnds(uptimeMs: number): void;
  /** What is to be told now. */
  notices(uptimeMs: number): InventoryNotice[];
  stats(): InventoryStats;
}

export interface InventoryStats {
  open: number;
  /** Flows of phones that somebody reads, and their bytes, ended ones. */
  read: Sum;
  past: Sum;
  /** Flows not followed because there were too many. */
  dropped: number;
  /** The kernel gave no byte counters. */
  uncounted: boolean;
}

interface Sum {
  flows: number;
  bytesUp: number;
  bytesDown: number;
}

interface Tracked {
  flow: PastFlow;
  /** What answers is this machine: no need to ask `isRead`. */
  own: boolean;
  since: number;
  /** When a dump showed it last, or an event told it. */
  seenAt: number;
  bytesUp: number;
  bytesDown: number;
  /** What was told of it. */
  told: { key: string; at: number } | null;
  toldUp: number;
  toldDown: number;
  ended: boolean;
}

/** An entry of some 400 bytes: 26 MB at worst. */
const MAX_FLOWS = 65_536;
/** A dump may still list what an event has ended: such keys are kept this long. */
const ENDED_MS = 30_000;

export function createInventory(options: InventoryOptions): Inventory {
  const { isPhone, isOwn, isRead, graceMs = 4000, instalmentMs = 60_000, maxFlows = MAX_FLOWS } = options;
  const flows = new Map<string, Tracked>();
  const ended = new Map<string, number>();
  const read: Sum = { flows: 0, bytesUp: 0, bytesDown: 0 };
  const past: Sum = { flows: 0, bytesUp: 0, bytesDown: 0 };
  let dumpStartedAt = Infinity;
  let dropped = 0;
  let uncounted = false;
  let tellings = 0;

  function track(line: TrackedLine, uptimeMs: number): Tracked | null {
    const known = flows.get(line.key);
    if (known) return known;
    if (!isPhone(line.from.ip) || isLocal(line.to.ip)) return null;
    if (line.event === 'list' && ended.has(line.key)) return null;
    if (flows.size >= maxFlows) {
      dropped++;
      return null;
    }
    const tracked: Tracked = {
      flow: { protocol: line.protocol, client: line.from, destination: line.to },
      own: isOwn(line.answeredBy),
      since: uptimeMs,
      seenAt: uptimeMs,
      bytesUp: 0,
      bytesDown: 0,
      told: null,
      toldUp: 0,
      toldDown: 0,
      ended: false,
    };
    flows.set(line.key, tracked);
    return tracked;
  }

  /** To another phone, to everybody on the network: it does not leave. */
  const isLocal = (ip: string): boolean => isPhone(ip) || isOwn(ip) || STAYS.test(ip);

  function settle(key: string, tracked: Tracked, into: Sum): void {
    into.flows++;
    into.bytesUp += tracked.bytesUp;
    into.bytesDown += tracked.bytesDown;
    flows.delete(key);
  }

  function close(tracked: Tracked, lasting: boolean): InventoryNotice {
    const { flow, told } = tracked;
    const notice: InventoryNotice = {
      type: 'closed',
      key: told?.key ?? '',
      flow,
      bytesUp: tracked.bytesUp - tracked.toldUp,
      bytesDown: tracked.bytesDown - tracked.toldDown,
      lasting,
    };
    tracked.toldUp = tracked.bytesUp;
    tracked.toldDown = tracked.bytesDown;
    tracked.told = null;
    return notice;
  }

  return {
    line(line, uptimeMs) {
      const tracked = track(line, uptimeMs);
      if (!tracked) return;
      tracked.seenAt = uptimeMs;
      if (line.event !== 'new') {
        uncounted = line.bytesUp === null;
        // Counters only grow: a line that comes late says less than is known.
        tracked.bytesUp = Math.max(tracked.bytesUp, line.bytesUp ?? 0);
        tracked.bytesDown = Math.max(tracked.bytesDown, line.bytesDown ?? 0);
      }
      if (line.event === 'destroy') {
        tracked.ended = true;
        ended.set(line.key, uptimeMs);
      }
    },
    dumpBegins(uptimeMs) {
      dumpStartedAt = uptimeMs;
    },
    dumpEnds(uptimeMs) {
      // Neither listed nor told of since the dump began: its end was lost.
      for (const tracked of flows.values()) if (tracked.seenAt < dumpStartedAt) tracked.ended = true;
      dumpStartedAt = Infinity;
      for (const [key, at] of ended) {
        if (uptimeMs - at < ENDED_MS) break;
        ended.delete(key);
      }
    },
    notices(uptimeMs) {
      const notices: InventoryNotice[] = [];
      for (const [key, tracked] of flows) {
        if (tracked.own) {
          if (tracked.ended) settle(key, tracked, read);
          continue;
        }
        if (tracked.told === null && tracked.toldUp === 0 && tracked.toldDown === 0) {
          if (uptimeMs - tracked.since < graceMs) continue;
          if (isRead(tracked.flow)) {
            tracked.own = true;
            if (tracked.ended) settle(key, tracked, read);
            continue;
          }
        }
        const grown = tracked.bytesUp > tracked.toldUp || tracked.bytesDown > tracked.toldDown;
        if (tracked.told === null && (grown || tracked.toldUp + tracked.toldDown === 0)) {
          tracked.told = { key: `${key} ${++tellings}`, at: uptimeMs };
          notices.push({
            type: 'opened',
            key: tracked.told.key,
            flow: tracked.flow,
            again: tracked.toldUp + tracked.toldDown > 0,
          });
        }
        if (tracked.ended) {
          if (tracked.told) notices.push(close(tracked, false));
          settle(key, tracked, past);
        } else if (tracked.told && grown && uptimeMs - tracked.told.at >= instalmentMs) {
          notices.push(close(tracked, true));
        }
      }
      return notices;
    },
    stats: () => ({ open: flows.size, read: { ...read }, past: { ...past }, dropped, uncounted }),
  };
}

/** Link-local, multicast, broadcast, unspecified: never forwarded. */
const STAYS = /^(?:fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:|::$|169\.254\.|22[4-9]\.|23\d\.|255\.255\.255\.255$|0\.0\.0\.0$)/;
