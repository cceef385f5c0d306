/**
 * Addresses of names, asked of the system's resolver, which answers only a few at a time and waits many seconds for a
 * name whose servers are silent.
 * Promise: answers are kept for a short while and asked for once; nobody waits longer than `timeoutMs`; one phone has at
 * most PER_CLIENT questions under way, so that a phone with thousands of dead names does not keep the others waiting.
 */
import { LRUCache } from 'lru-cache';

export interface LookUpOptions {
  /** All addresses of a name; rejects as `dns.promises.lookup` does. */
  resolve: (host: string) => Promise<string[]>;
  timeoutMs: number;
}

/** Without a cache every flow would ask the network again; short, because phones follow DNS changes. */
const NAME_TTL_MS = 20_000;
const MAX_NAMES = 2000;
/** A page of a browser names some dozens of hosts; answers take milliseconds. */
const PER_CLIENT = 8;
/** Waiting behind them; more can only be a flood, and would have waited in vain. */
const MAX_WAITING = 500;

interface Client {
  running: number;
  waiting: Set<() => void>;
}

/** Rejects with an error whose `code` says why: the resolver's own, or `ETIMEOUT`. */
export function createLookUps(options: LookUpOptions): (host: string, client: string) => Promise<string[]> {
  const names = new LRUCache<string, Promise<string[]>>({ max: MAX_NAMES, ttl: NAME_TTL_MS });
  const clients = new Map<string, Client>();

  /** Kept only once it is asked: a question still waiting must not be shared with a phone that has no need to wait. */
  const resolve = (host: string): Promise<string[]> => {
    const known = names.get(host);
    if (known) return known;
    const asked = options.resolve(host);
    names.set(host, asked);
    asked.catch(() => names.delete(host));
    return asked;
  };

  const done = (name: string, client: Client): void => {
    client.running--;
    const [next] = client.waiting;
    if (next) {
      client.waiting.delete(next);
      next();
    } else if (client.running === 0) clients.delete(name);
  };

  return (host, name) =>
    new Promise((answer, refuse) => {
      let client: Client | null = null;
      const ask = (): void => {
        if (client) client.running++;
        const asked = resolve(host);
        asked.then(answer, refuse).finally(() => {
          clearTimeout(timer);
          if (client) done(name, client);
        });
      };
      const timer = setTimeout(() => {
        client?.waiting.delete(ask);
        refuse(timedOut());
      }, options.timeoutMs);
      if (names.has(host)) return ask();
      client = clients.get(name) ?? { running: 0, waiting: new Set() };
      clients.set(name, client);
      if (client.running < PER_CLIENT) ask();
      else if (client.waiting.size < MAX_WAITING) client.waiting.add(ask);
      else {
        clearTimeout(timer);
        refuse(timedOut());
      }
    });
}

const timedOut = (): Error => Object.assign(new Error('no answer in time'), { code: 'ETIMEOUT' });
