/**
 * What the lab sees on the phones' network beside the connections it relays: look-ups, refused attempts and all other
 * traffic. Runs while a gateway is up on this data directory; follows it when it comes, changes and goes.
 * Promise: nothing here can stop the relay; what cannot be watched is told as one line that says what to do.
 */
import { Resolver as SystemResolver } from 'node:dns';
import { hostOf, phoneSides } from '../gateway/config.ts';
import { createDnsForwarder } from '../gateway/dns-forwarder.ts';
import { createDnsHistory } from '../gateway/dns-history.ts';
import { DENIED_NAMES, dohOperator } from '../gateway/dns-names.ts';
import { createUpstream, type Resolver } from '../gateway/dns-upstream.ts';
import { tellRefused } from '../gateway/refused.ts';
import { watchRefused } from '../gateway/refused-watch.ts';
import { TABLE } from '../gateway/ruleset.ts';
import type { GatewayState } from '../gateway/state.ts';
import { rightsPrefix, runTool } from '../gateway/tool.ts';
import type { Log } from '../model/connection.ts';
import type { EmitFlowEvent, Flow } from '../model/flow.ts';

/** A gateway that comes up, changes or goes is noticed after at most this long. */
const LOOK_AGAIN_MS = 1000;
/** The machine's own resolvers change with its uplink. */
const RESOLVERS_FRESH_MS = 15_000;

export interface LanWatchOptions {
  /** The gateway that is up now. */
  gateway: () => GatewayState | null;
  /** Addresses of resolvers to ask, `9.9.9.9` or `[::1]:5353`; empty: the machine's own. */
  resolvers: readonly string[];
  admit: (clientIp: string) => boolean;
  identify: (clientIp: string) => string | null;
  macOf: (clientIp: string) => string | null;
  emit: EmitFlowEvent;
  newId: (time: number) => string;
  now: () => number;
  log: Log;
  /** `line` null: what was wrong works again. */
  notify: (subject: string, line: string | null) => void;
}

export interface LanWatch {
  /** The name a phone last got this address for. */
  nameOf(clientIp: string, address: string): string | null;
  stats(): Record<string, unknown>;
  close(): Promise<void>;
}

interface Part {
  stats?(): unknown;
  close(): void | Promise<void>;
}

export async function openLanWatch(options: LanWatchOptions): Promise<LanWatch> {
  const { now, notify } = options;
  const prefix = rightsPrefix();
  const history = createDnsHistory({ now, phoneOf: options.macOf });
  const parts = new Map<string, Part>();
  const complaints = new Map<string, string>();
  let watched = '';
  let turn: Promise<void> = Promise.resolve();

  /** Starts and stops parts when the gateway is another one than before. */
  async function look(): Promise<void> {
    const { config } = options.gateway() ?? { config: null };
    const shape = config ? JSON.stringify([phoneSides(config), config.uplink, config.dnsPort]) : '';
    if (shape !== watched) await closeAll();
    watched = shape;
    if (!config) return;
    await keepOpen('look-ups', () => openDns(config.dnsPort, phoneSides(config).flatMap(addressesOf)));
    await keepOpen('refused attempts', openRefused);
  }

  /** What cannot be opened is tried again at the next look: a port in use may become free. */
  async function keepOpen(name: string, open: () => Part | Promise<Part>): Promise<void> {
    if (parts.has(name)) return;
    try {
      parts.set(name, await open());
      if (complaints.delete(name)) notify(name, null);
    } catch (error) {
      const line = error instanceof Error ? error.message : String(error);
      if (complaints.get(name) !== line) notify(name, line);
      complaints.set(name, line);
    }
  }

  async function openDns(port: number, own: string[]): Promise<Part> {
    return await createDnsForwarder({
      port,
      upstream: createUpstream({ resolvers: createResolverList(options.resolvers, now) }),
      history,
      names: { denied: DENIED_NAMES, own: new Map([['phonehome.lab', own]]) },
      admit: options.admit,
      identify: options.identify,
      emit: options.emit,
      newId: options.newId,
      now,
      log: options.log,
      onTrouble: (line) => notify('look-ups', line),
    });
  }

  function openRefused(): Part {
    const watch = watchRefused({
      list: () => runTool(prefix, 'nft', ['-j', 'list', 'sets', 'table', 'inet', TABLE]),
      onRefused(count) {
        const time = now();
        tellRefused(options.emit, count, {
          id: options.newId(time),
          time,
          deviceId: options.identify(count.client),
          host: history.nameOf(count.client, count.destination),
        });
      },
      onTrouble: (line) => notify('refused attempts', line),
    });
    return { close: watch.stop };
  }

  async function closeAll(): Promise<void> {
    const closing = [...parts.values()];
    parts.clear();
    await Promise.all(closing.map((part) => part.close()));
  }

  await look();
  const timer = setInterval(() => {
    turn = turn.then(look);
  }, LOOK_AGAIN_MS).unref();

  return {
    nameOf: history.nameOf,
    stats: () => Object.fromEntries([...parts].map(([name, part]) => [name, part.stats?.() ?? 'running'])),
    async close() {
      clearInterval(timer);
      await turn;
      await closeAll();
    },
  };
}

/** Who takes look-ups over HTTPS at the other end; null for everybody else, and for what the gateway itself tells. */
export const hiddenLookUps = ({ engine, destination }: Flow): string | null =>
  engine !== 'gateway' && destination.port === 443 ? dohOperator(destination.host, destination.ip) : null;

const addressesOf = (side: { address: string; address6: string | null }): string[] =>
  [side.address, side.address6].flatMap((cidr) => (cidr ? [hostOf(cidr)] : []));

/** The operator's resolvers, or the machine's own, read again now and then. */
function createResolverList(given: readonly string[], now: () => number): () => readonly Resolver[] {
  if (given.length > 0) {
    const fixed = given.map(readResolver);
    return () => fixed;
  }
  let list: Resolver[] = [];
  let readAt = -Infinity;
  return () => {
    if (Math.abs(now() - readAt) > RESOLVERS_FRESH_MS) {
      list = new SystemResolver().getServers().map(readResolver);
      readAt = now();
    }
    return list;
  };
}

/** `9.9.9.9`, `9.9.9.9:5353`, `2620:fe::9`, `[2620:fe::9]:53`. */
function readResolver(text: string): Resolver {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? text, port: Number(port ?? 53) };
}
