/**
 * What the lab stands on while a gateway is up: the phones' interfaces, the uplink, addresses left for phones, phones with an
 * address of another network, the clock. Asks `ip` and files that anybody may read; the counter alone needs rights.
 * Promise: told once when something is wrong, with what to do, and once when it is right again; readings never overlap; the
 * relay does not wait for any of it.
 */

import { ADDRESSES, defaultRoute, hasEntries, type Interface, parseInterfaces } from '../formats/ip-json.ts';
import { foreignPackets, TABLE } from '../formats/nft-json.ts';
import type { GatewayCheck } from '../model/gateway.ts';
import { isSameText, type Text, text } from '../model/text.ts';
import type { Said } from './tool.ts';

export interface NetworkWatchOptions {
  /** The interface that leads to the internet. */
  uplink: string;
  /** What is wrong with these interfaces. */
  checkLinks: (all: Interface[], hasRoute: (family: 4 | 6) => boolean) => GatewayCheck[];
  /** What is wrong with the addresses given to phones; null where the gateway gives none. `leases`: dnsmasq's list. */
  checkPool: ((leases: string | null, now: number) => GatewayCheck[]) | null;
  /** Runs a tool to its end. `rights`: it needs some. */
  run: (name: string, args: readonly string[], rights: boolean) => Promise<Said>;
  /** dnsmasq's list; null when there is none. */
  readLeases: () => string | null;
  now: () => number;
  /** Of a clock that nobody sets. */
  uptimeMs: () => number;
  /** Null: it is right again. */
  onTrouble: (subject: string, trouble: Text | null) => void;
  intervalMs?: number;
}

export interface NetworkWatch {
  /** Looks now. */
  look(): Promise<void>;
  stop(): void;
}

/** sudo notes every refusal in the system's log. */
const COUNT_AGAIN_MS = 60_000;
/** Time servers correct a clock by half a millisecond a second at most, without a jump. */
const JUMP_MS = 2000;

export function watchNetwork(options: NetworkWatchOptions): NetworkWatch {
  const { uplink, checkLinks, checkPool, run, now, uptimeMs, onTrouble, intervalMs = 2000 } = options;
  const told = new Map<string, Text>();
  const foreign = createForeignCount();
  let offset = now() - uptimeMs();
  let countAgainAt = -Infinity;
  let running: Promise<void> | null = null;

  function say(subject: string, trouble: Text | null): void {
    if (isSameText(told.get(subject) ?? null, trouble)) return;
    if (trouble === null) told.delete(subject);
    else told.set(subject, trouble);
    onTrouble(subject, trouble);
  }

  const tell = ({ name, state, found, advice }: GatewayCheck): void =>
    say(name, state === 'ok' ? null : text('net.check', { name, found, advice: advice ?? '' }));

  async function lookNow(): Promise<void> {
    lookAtClock();
    const [addresses, route4, route6, counters] = await Promise.all([
      run('ip', ADDRESSES, false),
      run('ip', defaultRoute(uplink, 4), false),
      run('ip', defaultRoute(uplink, 6), false),
      uptimeMs() < countAgainAt ? null : run('nft', ['-j', 'list', 'counters', 'table', 'inet', TABLE], true),
    ]);
    const routes = { 4: route4, 6: route6 };
    const hasRoute = (family: 4 | 6): boolean => routes[family].ok && hasEntries(routes[family].out);
    if (addresses.ok) checkLinks(parseInterfaces(addresses.out), hasRoute).forEach(tell);
    if (checkPool) {
      const [full] = checkPool(options.readLeases(), now());
      const name = 'addresses for phones';
      say(name, full ? text('net.check', { name, found: full.found, advice: full.advice ?? '' }) : null);
    }
    if (!counters) return;
    // Without rights the counters of what is refused are not known either, and that is told.
    if (!counters.ok) countAgainAt = uptimeMs() + COUNT_AGAIN_MS;
    else say('fixed addresses', foreign(foreignPackets(counters.out), uptimeMs()));
  }

  /** Set by hand, by a time server after a start without one (a Raspberry Pi has no clock of its own), or over a sleep. */
  function lookAtClock(): void {
    const jumped = now() - uptimeMs() - offset;
    // Small ones add up over days and are none.
    offset += jumped;
    if (Math.abs(jumped) < JUMP_MS) return;
    onTrouble('clock', text(jumped > 0 ? 'net.clock-forward' : 'net.clock-back', { span: spanOf(Math.abs(jumped)) }));
  }

  const look = (): Promise<void> => {
    running ??= lookNow().finally(() => {
      running = null;
    });
    return running;
  };
  void look();
  const timer = setInterval(() => void look(), intervalMs).unref();
  return { look, stop: () => clearInterval(timer) };
}

/** A phone that joins sends a few packets from where it was before; one with a fixed address goes on. */
const FOREIGN_PACKETS = 10;
const WINDOW_MS = 60_000;

function createForeignCount(): (packets: number, uptimeMs: number) => Text | null {
  let base: number | null = null;
  let since = 0;
  let said: Text | null = null;
  return (packets, uptimeMs) => {
    // Rules that were loaded again count from zero.
    if (base === null || packets < base) {
      base = packets;
      since = uptimeMs;
    }
    const many = packets - base >= FOREIGN_PACKETS;
    if (many) said = text('net.foreign');
    if (uptimeMs - since >= WINDOW_MS) {
      if (!many) said = null;
      base = packets;
      since = uptimeMs;
    }
    return said;
  };
}

function spanOf(ms: number): Text {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return text('net.seconds', { count: seconds });
  if (seconds < 7200) return text('net.minutes', { count: Math.round(seconds / 60) });
  if (seconds < 172_800) return text('net.hours', { count: Math.round(seconds / 3600) });
  return text('net.days', { count: Math.round(seconds / 86_400) });
}
