/**
 * Who may use the lab, and where the lab may connect. Safe by default: phones on private networks only, and never to
 * the lab itself, to loopback, into the network the lab stands in (printers, routers, other people's machines) or into a
 * private network behind it, nor to the addresses under which clouds tell a machine its own secrets.
 * `--allow-clients` and `--allow-destinations` widen it; the lab's own ports stay closed whatever is allowed.
 */
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { labError } from '../formats/refusal.ts';
import { type Text, text } from '../model/text.ts';

export type Verdict = { ok: true } | { ok: false; why: Text };
type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

const CLIENT_RANGES = new Set(['private', 'loopback', 'linkLocal', 'uniqueLocal', 'carrierGradeNat']);
const NEVER_DIALLED = new Set(['loopback', 'linkLocal', 'unspecified', 'multicast', 'broadcast']);
/** Somebody's inside: a company's, a provider's (RFC 6598), a cloud's (fd00:ec2::254, 100.100.100.200). */
const INSIDE = new Set(['private', 'uniqueLocal', 'carrierGradeNat', 'deprecatedSiteLocal']);
/** Metadata services outside these ranges: Azure (168.63.129.16), Oracle (192.0.0.192); and RFC 8215's translators. */
const METADATA = parseRanges(['168.63.129.16/32', '192.0.0.0/24', '64:ff9b:1::/48'], '');
/** Interfaces come and go (Wi-Fi, VPN): looked at again after this long. */
const INTERFACES_FRESH_MS = 5000;

/** @throws LabError naming the flag and the range */
export function parseRanges(ranges: readonly string[], flag: string): Network[] {
  return ranges.map((range) => {
    if (ipaddr.isValidCIDR(range)) return ipaddr.parseCIDR(range);
    if (ipaddr.isValid(range)) {
      const address = ipaddr.process(range);
      return [address, address.kind() === 'ipv4' ? 32 : 128];
    }
    throw labError(text('fault.range', { flag, range }));
  });
}

/** True when one of the networks holds the address; families never match each other. */
function within(address: ipaddr.IPv4 | ipaddr.IPv6, networks: readonly Network[]): boolean {
  return networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}

export function createAdmission(allowClients: readonly string[]): (clientIp: string) => boolean {
  const allowed = parseRanges(allowClients, '--allow-clients');
  return (clientIp) => {
    if (!ipaddr.isValid(clientIp)) return false;
    const address = ipaddr.process(clientIp);
    return CLIENT_RANGES.has(address.range()) || within(address, allowed);
  };
}

export interface DestinationGuardOptions {
  allowDestinations: readonly string[];
  /** Ports this process listens on. */
  ownPorts: () => readonly number[];
  now: () => number;
  /** Own addresses with prefix length; default: this machine's interfaces. */
  interfaces?: () => string[];
}

/**
 * Asked about the resolved address just before it is dialled, and again when the connection shows that it reached this
 * very machine (`isHere`): by an address no interface lists, or by a detour.
 */
export function createDestinationGuard(
  options: DestinationGuardOptions,
): (ip: string, port: number, isHere?: boolean) => Verdict {
  const allowed = parseRanges(options.allowDestinations, '--allow-destinations');
  const interfaces = options.interfaces ?? ownInterfaces;
  let ownAddresses = new Set<string>();
  let neighbours: Network[] = [];
  let lookedAt = -Infinity;

  const look = (): void => {
    // A clock set back must not keep an old list for as long.
    if (Math.abs(options.now() - lookedAt) <= INTERFACES_FRESH_MS) return;
    lookedAt = options.now();
    let own: Network[];
    try {
      own = interfaces().map((cidr) => ipaddr.parseCIDR(cidr));
    } catch {
      return; // out of file descriptors the system cannot tell: the last list stands
    }
    ownAddresses = new Set(own.map(([mine]) => mine.toString()));
    neighbours = own.filter(([mine, bits]) => isNeighbourhood(mine, bits));
  };

  return (ip, port, isHere = false) => {
    look();
    const address = insideOf(ipaddr.process(ip.replace(/%.*/, '')));
    const range = address.range();
    const isOwn = isHere || range === 'loopback' || range === 'unspecified' || ownAddresses.has(address.toString());
    if (isOwn && options.ownPorts().includes(port)) return { ok: false, why: text('treated.lab') };
    if (within(address, allowed)) return { ok: true };
    if (isOwn || NEVER_DIALLED.has(range)) return { ok: false, why: text('treated.this-machine') };
    if (within(address, neighbours)) return { ok: false, why: text('treated.own-network') };
    if (INSIDE.has(range) || within(address, METADATA)) return { ok: false, why: text('treated.private-network') };
    return { ok: true };
  };
}

/** A home network's IPv6 addresses are public ones: its /64 is the neighbourhood all the same. */
const isNeighbourhood = (mine: ipaddr.IPv4 | ipaddr.IPv6, bits: number): boolean =>
  CLIENT_RANGES.has(mine.range()) || (mine.kind() === 'ipv6' && bits >= 64);

/**
 * The IPv4 address that an IPv6 one leads to: by a translator (64:ff9b::/96, RFC 6052; ::ffff:0:0:0/96, RFC 7915), by 6to4
 * (RFC 3056), by Teredo (RFC 4380, the inverted last four bytes), or by the old "compatible" form (RFC 4291).
 */
function insideOf(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address.kind() === 'ipv4') return address;
  const bytes = address.toByteArray();
  const range = address.range();
  const isCompatible = bytes.slice(0, 12).every((byte) => byte === 0) && range === 'unicast';
  if (range === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  if (range === 'teredo') return new ipaddr.IPv4(bytes.slice(12).map((byte) => byte ^ 0xff));
  const isTranslated = range === 'rfc6145' || (range === 'rfc6052' && !within(address, METADATA));
  return isTranslated || isCompatible ? new ipaddr.IPv4(bytes.slice(12)) : address;
}

function ownInterfaces(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    // A scope (`fe80::1%eth0`) is no part of the address.
    (addresses ?? []).flatMap(({ cidr }) => (cidr ? [cidr.replace(/%[^/]*/, '')] : [])),
  );
}
