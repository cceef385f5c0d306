/**
 * The phones' look-ups, answered beside the relay: they are part of what it must know (the name behind a redirected address),
 * and must not wait for the lab. Runs while a gateway is up; follows it when it comes, changes and goes.
 * Promise: nothing here can stop the relay; a port that cannot be had is told once, with what to do, and tried again.
 */

import { Resolver as SystemResolver } from 'node:dns';
import ipaddr from 'ipaddr.js';
import { labError } from '../formats/refusal.ts';
import { type GatewayConfig, hostOf, phoneSides } from '../gateway/config.ts';
import { createDnsForwarder, type DnsForwarder } from '../lan/dns/forwarder.ts';
import { createDnsHistory } from '../lan/dns/history.ts';
import { DENIED_NAMES } from '../lan/dns/names.ts';
import { createUpstream, type Resolver } from '../lan/dns/upstream.ts';
import type { Log } from '../model/connection.ts';
import type { EmitFlowEvent } from '../model/flow.ts';
import { type Text, text } from '../model/text.ts';
import type { GatewayView } from './gateway-view.ts';

/** A gateway that comes up, changes or goes is noticed after at most this long. */
const LOOK_AGAIN_MS = 1000;
/** The machine's own resolvers change with its uplink. */
const RESOLVERS_FRESH_MS = 15_000;

/** Names that a phone got addresses for. */
export interface LearnedName {
  client: string;
  name: string;
  addresses: readonly string[];
  /** Seconds. */
  ttl: number;
}

export interface LookUpsOptions {
  gateway: Pick<GatewayView, 'current'>;
  /** Addresses of resolvers to ask, `9.9.9.9` or `[::1]:5353`; empty: the machine's own. */
  resolvers: readonly string[];
  admit: (clientIp: string) => boolean;
  identify: (clientIp: string) => string | null;
  macOf: (clientIp: string) => string | null;
  emit: EmitFlowEvent;
  learned: (name: LearnedName) => void;
  newId: (time: number) => string;
  now: () => number;
  /** Of a clock that nobody sets. Default: since the process began. */
  uptimeMs?: () => number;
  log: Log;
  /** `line` null: what was wrong works again. */
  notify: (trouble: Text | null) => void;
  /** Where the set-up page listens: a name for an address that does not answer makes a phone wait. */
  host: string;
}

export interface LookUps {
  /** The name a phone last got this address for. */
  nameOf(clientIp: string, address: string): string | null;
  close(): Promise<void>;
}

/** @throws LabError for a resolver that is no address */
export async function openLookUps(options: LookUpsOptions): Promise<LookUps> {
  const { gateway, notify, uptimeMs = () => performance.now() } = options;
  const resolvers = createResolverList(options.resolvers, uptimeMs);
  const history = createDnsHistory({ now: uptimeMs, phoneOf: options.macOf });
  const listens = (ip: string): boolean => options.host === '::' || ipaddr.IPv4.isValid(ip);
  let forwarder: DnsForwarder | null = null;
  let served = '';
  let complaint: string | null = null;
  let turn: Promise<void> = Promise.resolve();

  const open = ({ dnsPort, ...config }: GatewayConfig): Promise<DnsForwarder> =>
    createDnsForwarder({
      port: dnsPort,
      upstream: createUpstream({ resolvers }),
      history: {
        nameOf: history.nameOf,
        learn(client, name, addresses, ttl) {
          history.learn(client, name, addresses, ttl);
          options.learned({ client, name, addresses, ttl });
        },
      },
      names: {
        denied: DENIED_NAMES,
        own: new Map([
          [
            'phonehome.lab',
            phoneSides({ dnsPort, ...config })
              .flatMap(addressesOf)
              .filter(listens),
          ],
        ]),
      },
      admit: options.admit,
      identify: options.identify,
      emit: options.emit,
      newId: options.newId,
      now: options.now,
      log: options.log,
      onTrouble: notify,
    });

  async function look(): Promise<void> {
    const { config } = gateway.current() ?? { config: null };
    const wanted = config ? JSON.stringify([phoneSides(config), config.dnsPort]) : '';
    if (wanted !== served) {
      const before = forwarder;
      forwarder = null;
      await before?.close();
    }
    served = wanted;
    if (!config || forwarder) return;
    try {
      forwarder = await open(config);
      if (complaint !== null) notify(null);
      complaint = null;
    } catch (error) {
      const line = error instanceof Error ? error.message : String(error);
      if (line !== complaint) notify(text('net.said', { said: line }));
      complaint = line;
    }
  }

  await look();
  const timer = setInterval(() => {
    turn = turn.then(look);
  }, LOOK_AGAIN_MS).unref();

  return {
    nameOf: history.nameOf,
    async close() {
      clearInterval(timer);
      await turn;
      await forwarder?.close();
    },
  };
}

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
/** @throws LabError for what is no address */
function readResolver(given: string): Resolver {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(given) ?? [];
  const host = bracketed ?? plain ?? given;
  if (!ipaddr.isValid(host)) throw labError(text('fault.resolver', { given }));
  return { host, port: Number(port ?? 53) };
}
