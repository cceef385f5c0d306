/**
 * What left, by kind and host, of two sides: what stopped, what is new, what moved and in which way.
 * Promise: pure; nothing is paired twice; a thing that goes to another host of the same company moved, whatever else changed.
 */
import type { Move, SideRecord, Stream, StreamChange } from '../model/comparison.ts';
import { surenessOf } from './sureness.ts';

export function streamsOf({ findings, contacts }: SideRecord): Stream[] {
  const streams = new Map<string, Stream>();
  for (const finding of findings) {
    const { kind, host, owner, ownerCountry, country, where, path, encoding, encrypted, sightings } = finding;
    const key = `${kind} ${host}`;
    const { visits = 0, longestGapMs = null } = contacts[host] ?? {};
    const stream = streams.get(key) ?? {
      ...{ kind, host, owner, ownerCountry, country, visits, longestGapMs },
      ...{ places: [], encodings: [], clear: false, sightings: 0, beforeConsent: false, after: {} },
    };
    add(stream.places, path === null ? where : `${where} ${path}`);
    add(stream.encodings, encoding);
    stream.clear ||= !encrypted;
    stream.sightings += sightings;
    stream.beforeConsent ||= finding.beforeConsent;
    for (const [mark, times] of Object.entries(finding.after))
      stream.after[mark] = Math.max(stream.after[mark] ?? 0, times);
    streams.set(key, stream);
  }
  return [...streams.values()];
}

function add(list: string[], one: string): void {
  if (!list.includes(one)) list.push(one);
}

/** Worst first: new, kept, moved, stopped; in each as it was found. */
export function changesOf(a: SideRecord, b: SideRecord): StreamChange[] {
  const [before, after] = [streamsOf(a), new Set(streamsOf(b))];
  const left = new Set(before);
  const changes: StreamChange[] = [];
  const pair = (isPair: (one: Stream, other: Stream) => boolean): void => {
    for (const one of left) {
      const other = [...after].find((candidate) => candidate.kind === one.kind && isPair(one, candidate));
      if (!other) continue;
      left.delete(one);
      after.delete(other);
      const moved = movesOf(one, other);
      changes.push({ change: moved.length > 0 ? 'moved' : 'kept', before: one, after: other, moved, sureness: null });
    }
  };
  pair((one, other) => one.host === other.host);
  pair((one, other) => one.owner !== null && one.owner === other.owner);
  pair(() => true);
  for (const one of after) changes.push({ change: 'new', before: null, after: one, moved: [], sureness: null });
  for (const one of left)
    changes.push({ change: 'stopped', before: one, after: null, moved: [], sureness: surenessOf(one, a, b) });
  return changes.toSorted((one, other) => ORDER.indexOf(one.change) - ORDER.indexOf(other.change));
}

const ORDER: StreamChange['change'][] = ['new', 'kept', 'moved', 'stopped'];

function movesOf(one: Stream, other: Stream): Move[] {
  const same = (a: readonly string[], b: readonly string[]): boolean => [...a].sort().join() === [...b].sort().join();
  const moves: [Move, boolean][] = [
    ['host', one.host !== other.host],
    ['owner', one.owner !== other.owner],
    ['country', one.country !== other.country],
    ['place', !same(one.places, other.places)],
    ['encoding', !same(one.encodings, other.encodings)],
    ['encryption', one.clear !== other.clear],
    ['consent', one.beforeConsent !== other.beforeConsent],
  ];
  return moves.flatMap(([move, isSo]) => (isSo ? [move] : []));
}
