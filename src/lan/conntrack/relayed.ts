/**
 * Connections that the relay took, counted twice: by the kernel on the phone's leg, and by what the relay read of them.
 * Promise: pure; a connection counts once both have told its end; headers are taken off as they are with time stamps, which
 * every phone's system uses, and without them less is expected, never more; memory is bounded. Repeated segments count
 * with the kernel and not with the relay: on a radio `unreadUp` is some percent, on a cable it is nothing.
 */
import { LRUCache } from 'lru-cache';
import type { RelayedLeg } from '../../model/connection.ts';
import type { TrackedLine } from './line.ts';

export interface RelayedStats {
  connections: number;
  /** The kernel's: layer 3, headers included. */
  packetsUp: number;
  bytesUp: number;
  /** Of these, payload. */
  payloadUp: number;
  /** The relay's. */
  readUp: number;
  /** Payload that the kernel counted and the relay did not read, summed over connections. */
  unreadUp: number;
}

export interface Relayed {
  leg(leg: RelayedLeg): void;
  /** A TCP connection that the kernel follows no longer. */
  ended(line: TrackedLine): void;
  stats(): RelayedStats;
}

/** The kernel forgets a closed connection after 10 s (kernel-settings.ts): these are 2,000 a second. */
const MAX_WAITING = 20_000;
/** IPv4 and IPv6 header, TCP header with time stamps (RFC 7323); the SYN has 8 bytes of options more. */
const HEADER = { 4: 20 + 32, 6: 40 + 32 } as const;
const SYN_EXTRA = 8;

export function createRelayed(): Relayed {
  const waiting = new LRUCache<string, number>({ max: MAX_WAITING });
  const stats: RelayedStats = { connections: 0, packetsUp: 0, bytesUp: 0, payloadUp: 0, readUp: 0, unreadUp: 0 };
  return {
    leg({ client, destination, bytesRead }) {
      waiting.set(keyOf(client, destination), bytesRead);
    },
    ended({ from, to, bytesUp, packetsUp }) {
      const key = keyOf(from, to);
      const read = waiting.get(key);
      if (read === undefined || bytesUp === null || packetsUp === null) return;
      waiting.delete(key);
      const header = HEADER[from.ip.includes(':') ? 6 : 4];
      const payload = Math.max(0, bytesUp - packetsUp * header - SYN_EXTRA);
      stats.connections++;
      stats.packetsUp += packetsUp;
      stats.bytesUp += bytesUp;
      stats.payloadUp += payload;
      stats.readUp += read;
      stats.unreadUp += Math.max(0, payload - read);
    },
    stats: () => ({ ...stats }),
  };
}

const keyOf = (client: RelayedLeg['client'], destination: RelayedLeg['destination']): string =>
  `${client.ip} ${client.port} ${destination.ip} ${destination.port}`;
