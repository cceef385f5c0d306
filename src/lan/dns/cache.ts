/**
 * Answers of resolvers, kept as long as they themselves allow.
 * Promise: an answer is given only to the very question it was given to (name in any case, type, flags, EDNS, transport), with
 * its times counted down; nothing is kept that says 0, was cut short, or failed; at most MAX_BYTES are held.
 */
import { LRUCache } from 'lru-cache';
import { type DnsQuery, RCODE, ttlPlaces } from './message.ts';

export interface DnsCache {
  get(asked: Buffer, query: DnsQuery, over: 'udp' | 'tcp'): Buffer | null;
  put(asked: Buffer, query: DnsQuery, over: 'udp' | 'tcp', reply: Buffer): void;
}

interface Kept {
  reply: Buffer;
  at: number;
  ttlS: number;
  /** Offsets of the times to live in `reply`. */
  places: readonly number[];
}

const MAX_ANSWERS = 5000;
const MAX_BYTES = 4 << 20;
/** Longer than this nobody need be right: phones move between networks. */
const MAX_TTL_S = 300;
const TRUNCATED = 0x0200;

/** `now`: milliseconds. */
export function createDnsCache(now: () => number): DnsCache {
  const kept = new LRUCache<string, Kept>({
    max: MAX_ANSWERS,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ reply }, key) => reply.length + key.length,
  });

  return {
    get(asked, query, over) {
      const key = keyOf(asked, query, over);
      const found = kept.get(key);
      if (!found) return null;
      const ageS = Math.floor((now() - found.at) / 1000);
      if (ageS < 0 || ageS >= found.ttlS) {
        kept.delete(key);
        return null;
      }
      const reply = Buffer.from(found.reply);
      // The id and the spelling of whoever asks now.
      reply.writeUInt16BE(query.id, 0);
      asked.copy(reply, HEADER_BYTES, HEADER_BYTES, query.questionEnd);
      for (const place of found.places) reply.writeUInt32BE(Math.max(0, reply.readUInt32BE(place) - ageS), place);
      return reply;
    },
    put(asked, query, over, reply) {
      const flags = reply.readUInt16BE(2);
      const rcode = flags & 0x0f;
      if ((flags & TRUNCATED) !== 0 || (rcode !== RCODE.ok && rcode !== RCODE.noSuchName)) return;
      if (reply.readUInt16BE(4) !== 1) return;
      const places = ttlPlaces(reply);
      // Without a record there is no time either (RFC 2308 5).
      if (places === null || places.length === 0) return;
      const ttlS = Math.min(MAX_TTL_S, ...places.map((place) => reply.readUInt32BE(place)));
      if (ttlS > 0) kept.set(keyOf(asked, query, over), { reply: Buffer.from(reply), at: now(), ttlS, places });
    },
  };
}

const HEADER_BYTES = 12;

function keyOf(asked: Buffer, { questionEnd }: DnsQuery, over: 'udp' | 'tcp'): string {
  const question = asked.toString('latin1', HEADER_BYTES, questionEnd).toLowerCase();
  return `${over} ${asked.readUInt16BE(2)} ${question} ${asked.toString('latin1', questionEnd)}`;
}
