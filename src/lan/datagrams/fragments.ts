/**
 * Datagrams that came in fragments, put together as their receiver does (RFC 791 3.2, RFC 8200 4.5).
 * Promise: sans I/O; any order, doubles too; one that does not become whole is given as far as it came, if its beginning is
 * there; memory is bounded, the one that waited longest gives way.
 */
import { type Datagram, datagramOf, type IpPacket } from './packet.ts';

export interface Fragments {
  /** What this packet made complete: itself, or the datagram that it is the last missing part of. */
  take(packet: IpPacket, uptimeMs: number): Datagram | null;
  /** Those that waited too long. */
  tick(uptimeMs: number): Datagram[];
}

interface Waiting {
  /** By offset. */
  parts: Map<number, IpPacket>;
  since: number;
}

/** The kernel's own time (net.ipv4.ipfrag_time). */
const WAIT_MS = 30_000;
/** Of 64 KB at most. */
const MAX_WAITING = 64;
/** The smallest honest fragment but the last has 8 bytes; real ones have more than 500. */
const MAX_PARTS = 200;

export function createFragments({ waitMs = WAIT_MS, maxWaiting = MAX_WAITING } = {}): Fragments {
  const waiting = new Map<string, Waiting>();
  const given: Datagram[] = [];

  function giveUp(key: string, one: Waiting): void {
    waiting.delete(key);
    const { packet } = join(one.parts);
    const datagram = packet && datagramOf({ ...packet, isWhole: false });
    if (datagram) given.push(datagram);
  }

  return {
    take(packet, uptimeMs) {
      const { fragment } = packet;
      if (fragment === null) return datagramOf(packet);
      const key = `${packet.mac} ${packet.from} ${packet.to} ${fragment.id}`;
      const one = waiting.get(key) ?? { parts: new Map<number, IpPacket>(), since: uptimeMs };
      waiting.set(key, one);
      // The capture's memory is only lent.
      one.parts.set(fragment.offset, { ...packet, payload: Buffer.from(packet.payload) });
      const { packet: joined, isWhole } = join(one.parts);
      if (isWhole && joined) {
        waiting.delete(key);
        return datagramOf(joined);
      }
      if (one.parts.size > MAX_PARTS) giveUp(key, one);
      const [oldest] = waiting;
      if (waiting.size > maxWaiting && oldest) giveUp(...oldest);
      return null;
    },
    tick(uptimeMs) {
      for (const [key, one] of waiting) {
        if (uptimeMs - one.since < waitMs) break;
        giveUp(key, one);
      }
      return given.splice(0);
    },
  };
}

/** In the order of their places; what stands in two of them (no honest sender does that) is kept twice. `packet` null: no beginning. */
function join(parts: Map<number, IpPacket>): { packet: IpPacket | null; isWhole: boolean } {
  const first = parts.get(0);
  if (!first) return { packet: null, isWhole: false };
  const sorted = [...parts].toSorted(([a], [b]) => a - b).map(([, part]) => part);
  let end = 0;
  let hasGap = false;
  for (const { fragment, payload } of sorted) {
    hasGap ||= (fragment?.offset ?? 0) > end;
    end = Math.max(end, (fragment?.offset ?? 0) + payload.length);
  }
  const isLast = sorted.at(-1)?.fragment?.more === false;
  const payload = Buffer.concat(sorted.map((part) => part.payload));
  const isWhole = isLast && !hasGap && sorted.every((part) => part.isWhole);
  return { packet: { ...first, payload, isWhole: isWhole && payload.length === end }, isWhole: isLast && !hasGap };
}
