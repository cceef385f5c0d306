/**
 * The chain of one history of one lab, as far as it came: stretches without a gap, each with the hash before it and at its end.
 * Promise: in whatever order and however often messages come, the stretches are the same; what does not fit is named and joins nothing.
 */
import { type ChainType, hashOf } from '../formats/chain-link.ts';
import type { ChainRun } from '../model/hub.ts';

export interface Stretch {
  first: number;
  last: number;
  /** Hex. */
  before: string;
  hash: string;
}

export type Run = Stretch & {
  links: ChainRun['links'];
  /** Hash of the record at a position within it, hex. */
  hashAt(position: number): string | undefined;
};

/** Null: its own links do not lead to the hash it gives. */
export function runOf({ first, before, links, hash }: ChainRun): Run | null {
  const hashes: string[] = [];
  let previous: Uint8Array = Buffer.from(before, 'hex');
  for (const [index, [type, replaces, commitment]] of links.entries()) {
    const record = {
      position: first + index,
      type: type as ChainType,
      replaces,
      commitment: Buffer.from(commitment, 'hex'),
    };
    previous = hashOf(previous, record);
    hashes.push(Buffer.from(previous).toString('hex'));
  }
  if (hashes.at(-1) !== hash) return null;
  return { first, last: first + links.length - 1, before, hash, links, hashAt: (position) => hashes[position - first] };
}

export const isWithin = (stretches: readonly Stretch[], position: number): boolean =>
  stretches.some(({ first, last }) => first <= position && position <= last);

export type Joined = { ok: true; stretches: Stretch[] } | { ok: false; position: number; what: string };

/** Consumers take batches in turn, so that there are a few; somebody who invents gaps gets no further. */
const MAX_STRETCHES = 1000;
const GENESIS = '0'.repeat(64);

/** Takes a run into stretches, which lie in order and apart. */
export function join(stretches: readonly Stretch[], run: Run): Joined {
  if (run.first === 1 && run.before !== GENESIS) return { ok: false, position: 1, what: 'it begins behind something' };
  const apart = stretches.filter(({ first, last }) => last < run.first - 1 || first > run.last + 1);
  let { first, last, before, hash } = run;
  for (const near of stretches.filter((one) => !apart.includes(one))) {
    const position = misfit(near, run);
    if (position !== null) return { ok: false, position, what: 'it is another record than came before' };
    if (near.first < first) ({ first, before } = near);
    if (near.last > last) ({ last, hash } = near);
  }
  if (apart.length >= MAX_STRETCHES) return { ok: false, position: run.first, what: 'more gaps than can be kept' };
  return { ok: true, stretches: [...apart, { first, last, before, hash }].toSorted((a, b) => a.first - b.first) };
}

/** Where two that touch or overlap contradict each other; null: nowhere that can be seen. */
function misfit(near: Stretch, run: Run): number | null {
  const ofRun = (position: number): string | undefined =>
    position === run.first - 1 ? run.before : run.hashAt(position);
  const ends: [position: number, hash: string][] = [
    [near.first - 1, near.before],
    [near.last, near.hash],
  ];
  for (const [position, hash] of ends) {
    const own = ofRun(position);
    if (own !== undefined && own !== hash) return position;
  }
  return null;
}
