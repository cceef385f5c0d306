/**
 * The gateway's table as `nft -j` lists it: its name in the kernel, what its sets and counters hold.
 * Promise: pure; what is no listing is null or nothing, never an exception.
 */
import type { RefusedAttempts } from '../model/gateway.ts';

export const TABLE = 'phonehome';
/** Counts what a phone with a static or borrowed address sent: it is dropped, nothing could be answered. */
export const FOREIGN = 'foreign';

/** From `size` in the gateway's rule set on, the kernel forgets newcomers. */
const SET_SIZE = 4096;

interface SetElement {
  elem?: { val?: { concat?: [string, string, number] }; counter?: { packets?: number; bytes?: number } };
}

/** @param json of `nft -j list sets table inet phonehome`. Null when it is none. `full`: a set takes no more entries. */
export function parseRefused(json: string): { counts: RefusedAttempts[]; full: boolean } | null {
  const given = listing(json) as { set?: { name?: string; elem?: SetElement[] } }[] | null;
  if (given === null) return null;
  const counts: RefusedAttempts[] = [];
  let full = false;
  for (const { set } of given) {
    const what = /^(quic|dot|doq)[46]$/.exec(set?.name ?? '')?.[1] as RefusedAttempts['what'] | undefined;
    if (what === undefined) continue;
    const elements = set?.elem ?? [];
    full ||= elements.length >= SET_SIZE;
    for (const { elem } of elements) {
      const [client, destination, port] = elem?.val?.concat ?? [];
      if (client === undefined || destination === undefined || port === undefined) continue;
      const { packets = 0, bytes = 0 } = elem?.counter ?? {};
      counts.push({ what, client, destination, port, packets, bytes });
    }
  }
  return { counts, full };
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
