/** How many descriptors this process may hold, and how they are shared out: every connection of a phone needs two or more. */
import { readFileSync } from 'node:fs';

export interface Shares {
  /** Connections of phones at once. */
  connections: number;
  /** Connections to servers at once. */
  dials: number;
  /** Of each in one phone's hands. */
  perPhone: number;
  /** Connections to the UI port of people nobody knows yet. */
  strangers: number;
}

const MOST = 20_000;
/** A browser with forty tabs holds some 200. */
const MOST_PER_PHONE = 1000;
/** Kept for the store, the API, look-ups and files; of a small limit a quarter. */
const RESERVED = 1024;
const USUAL_LIMIT = 10_240;

/** `wanted`: by the operator, for one phone; null: as usual. */
export function sharesOf(limit: number, wanted: number | null = null): Shares {
  const reserved = Math.min(RESERVED, Math.ceil(limit / 4));
  const free = limit - reserved;
  const connections = Math.max(1, Math.min(MOST, Math.floor(free / 2)));
  return {
    connections,
    dials: Math.max(1, free - connections),
    perPhone: Math.max(1, Math.min(wanted ?? Math.min(MOST_PER_PHONE, Math.ceil(connections / 4)), connections)),
    strangers: Math.max(8, reserved / 4),
  };
}

/** Node raises its own to the most it is allowed. */
export function descriptorLimit(): number {
  try {
    const [, soft = ''] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === 'unlimited' ? 1_048_576 : Number(soft) || USUAL_LIMIT;
  } catch {
    return USUAL_LIMIT;
  }
}
