/**
 * Connects to one of several addresses of a name, in the way of RFC 8305 (Happy Eyeballs): the families take turns, the next
 * address is tried as soon as one fails or has not answered for a quarter of a second, and whichever answers first is taken.
 * Promise: an address that is tried is never given up before the time is over, so that slow servers stay reachable (Node's
 * own `autoSelectFamily` gives each one 250 ms); one that lost or failed is tried last for ten minutes; nothing stays open.
 */
import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

/** RFC 8305 5 recommends it. */
const ATTEMPT_DELAY_MS = 250;
const REMEMBERED_MS = 10 * 60_000;
const MAX_REMEMBERED = 2000;

export interface Attempt<Won, Lost> {
  outcome: Promise<{ won: Won } | { lost: Lost }>;
  /** Gives it up; also after it was won by too late. */
  cancel(): void;
}

export type Race = <Won, Lost>(
  addresses: readonly string[],
  port: number,
  attempt: (address: string) => Attempt<Won, Lost>,
) => Promise<{ won: Won } | { lost: Lost[] }>;

export function createRace(delayMs = ATTEMPT_DELAY_MS): Race {
  const behind = new LRUCache<string, true>({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS });

  return (addresses, port, attempt) => {
    const key = (address: string) => `${address} ${port}`;
    const waiting = inTurns(addresses, (address) => behind.has(key(address)));
    type Given = ReturnType<typeof attempt>;
    const tried = new Map<string, Given>();
    const lost: Extract<Awaited<Given['outcome']>, { lost: unknown }>['lost'][] = [];
    return new Promise((resolve) => {
      let over = false;
      let timer: NodeJS.Timeout | undefined;
      const next = (): void => {
        clearTimeout(timer);
        const address = waiting.shift();
        if (address === undefined) return;
        if (waiting.length > 0) timer = setTimeout(next, delayMs);
        const made = attempt(address);
        tried.set(address, made);
        void made.outcome.then((outcome) => {
          if (over) {
            made.cancel();
            return;
          }
          tried.delete(address);
          if ('won' in outcome) finish(address, outcome);
          else {
            behind.set(key(address), true);
            lost.push(outcome.lost);
            if (waiting.length > 0) next();
            else if (tried.size === 0) finish(null, { lost });
          }
        });
      };
      const finish = (winner: string | null, outcome: Parameters<typeof resolve>[0]): void => {
        over = true;
        clearTimeout(timer);
        if (winner !== null) behind.delete(key(winner));
        for (const [address, made] of tried) {
          behind.set(key(address), true);
          made.cancel();
        }
        resolve(outcome);
      };
      next();
    });
  };
}

/** The families in turns, the first address's first; those known to be slow or dead behind all others. */
function inTurns(addresses: readonly string[], isBehind: (address: string) => boolean): string[] {
  const firstFamily = addresses[0] !== undefined && isIPv6(addresses[0]);
  const turns = (list: string[]): string[] => {
    const first = list.filter((address) => isIPv6(address) === firstFamily);
    const second = list.filter((address) => isIPv6(address) !== firstFamily);
    const mixed: string[] = [];
    for (let at = 0; at < Math.max(first.length, second.length); at++)
      mixed.push(...first.slice(at, at + 1), ...second.slice(at, at + 1));
    return mixed;
  };
  return [...turns(addresses.filter((address) => !isBehind(address))), ...turns(addresses.filter(isBehind))];
}
