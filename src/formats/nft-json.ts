/**
 * The gateway's table as `nft -j` lists it: its name in the kernel, what its sets and counters hold.
 * Promise: pure; what is no listing is null or nothing, never an exception.
 */
import type { ForwardedPackets, RefusedAttempts } from '../model/gateway.ts';

export const TABLE = 'phonehome';
/** Counts what a phone with a static or borrowed address sent: it is dropped, nothing could be answered. */
export const FOREIGN = 'foreign';

/** From `size` in the gateway's rule set on, the kernel forgets newcomers. */
const SET_SIZE = 4096;

interface SetElement {
  elem?: { val?: { concat?: [string, string, number | string] }; counter?: { packets?: number; bytes?: number } };
}

export interface Counted {
  refused: RefusedAttempts[];
  /** What is no TCP and was forwarded. */
  past: ForwardedPackets[];
}

/** @param json of `nft -j list sets table inet phonehome`. Null when it is none. `full`: a set takes no more entries. */
export function parseCounted(json: string): (Counted & { full: boolean }) | null {
  const given = listing(json) as { set?: { name?: string; elem?: SetElement[] } }[] | null;
  if (given === null) return null;
  const counted: Counted & { full: boolean } = { refused: [], past: [], full: false };
  for (const { set } of given) {
    const what = /^(quic|dot|doq|past)[46]$/.exec(set?.name ?? '')?.[1] as RefusedAttempts['what'] | 'past' | undefined;
    if (what === undefined) continue;
    const elements = set?.elem ?? [];
    counted.full ||= what !== 'past' && elements.length >= SET_SIZE;
    for (const { elem } of elements) {
      const [client, destination, last] = elem?.val?.concat ?? [];
      if (client === undefined || destination === undefined || last === undefined) continue;
      const { packets = 0, bytes = 0 } = elem?.counter ?? {};
      if (what === 'past') counted.past.push({ client, destination, protocol: `${last}`, packets, bytes });
      else counted.refused.push({ what, client, destination, port: Number(last), packets, bytes });
    }
  }
  return counted;
}

/** @param json of `nft -j list counters table inet phonehome` */
export function foreignPackets(json: string): number {
  const counters = (listing(json) ?? []).map(
    (entry) => (entry as { counter?: { name?: string; packets?: number } }).counter,
  );
  return counters.find((counter) => counter?.name === FOREIGN)?.packets ?? 0;
}

export interface Chain {
  family: string;
  table: string;
  name: string;
  hook?: string;
  policy?: string;
}

/** @param json of `nft -j list chains` */
export const parseChains = (json: string): Chain[] =>
  (listing(json) ?? []).flatMap((entry) => (entry as { chain?: Chain }).chain ?? []);

function listing(json: string): unknown[] | null {
  try {
    const given = JSON.parse(json) as { nftables?: unknown } | null;
    return Array.isArray(given?.nftables) ? given.nftables : null;
  } catch {
    return null;
  }
}
