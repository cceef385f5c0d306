/**
 * What an address is, before anybody asks where it is: special ranges have no country, whatever a database says
 * (one of them places 192.168.0.0/16 in Australia), and wrapped IPv4 addresses are unwrapped first.
 * Promise: only well-formed addresses are answered (`1.2.3` and `08.8.8.8` are not), in one canonical spelling.
 */
import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface AddressKind {
  /** Canonical text of the address to look up, unwrapped. */
  address: string;
  family: 4 | 6;
  /** 4 or 16 bytes, network order. */
  bytes: Uint8Array;
  /** `private`, `loopback`, `documentation`…; null for an address of the public Internet. */
  special: string | null;
  /** How the address was wrapped, e.g. `via 6to4`; null when it was not. */
  via: string | null;
}

/** RFC 5737, RFC 3849, RFC 9637: ipaddr.js counts them among the reserved. */
const documentation = new BlockList();
for (const net of ['192.0.2.0', '198.51.100.0', '203.0.113.0']) documentation.addSubnet(net, 24, 'ipv4');
documentation.addSubnet('2001:db8::', 32, 'ipv6');
documentation.addSubnet('3fff::', 20, 'ipv6');

/** Names of ipaddr.js in the words of the registries (IANA special-purpose addresses). */
const NAMES: Record<string, string> = {
  linkLocal: 'link-local',
  carrierGradeNat: 'carrier-grade-nat',
  uniqueLocal: 'private',
  deprecatedSiteLocal: 'private',
  rfc6052: 'local-nat64',
  rfc6145: 'ipv4-translated',
  as112v6: 'as112',
  segmentRouting: 'segment-routing',
  orchid2: 'overlay-identifier',
  deprecatedOrchid: 'overlay-identifier',
  droneRemoteIdProtocolEntityTags: 'drone-identifier',
};

/** Null when the text is no address. */
export function addressKind(ip: string): AddressKind | null {
  const bare = ip.replace(/%.*$/, '');
  if (isIP(bare) === 0) return null;
  const { address, via } = unwrap(ipaddr.parse(bare));
  const family = address.kind() === 'ipv4' ? 4 : 6;
  const text = address.toString();
  const range = address.range();
  const documented = documentation.check(text, family === 4 ? 'ipv4' : 'ipv6');
  return {
    address: text,
    family,
    bytes: Uint8Array.from(address.toByteArray()),
    special: documented ? 'documentation' : range === 'unicast' ? null : (NAMES[range] ?? range),
    via,
  };
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** IPv4 inside IPv6: mapped (RFC 4291), NAT64 64:ff9b::/96 (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380). */
function unwrap(address: Address): { address: Address; via: string | null } {
  if (address.kind() === 'ipv4') return { address, via: null };
  const v6 = address as ipaddr.IPv6;
  const bytes = v6.toByteArray();
  if (v6.isIPv4MappedAddress()) return { address: v6.toIPv4Address(), via: null };
  switch (v6.range()) {
    case 'rfc6052':
      // 64:ff9b:1::/48 (RFC 8215) is of local use: where its IPv4 part stands, only that network knows.
      return bytes[5] === 0 ? { address: ipv4(bytes.slice(12)), via: 'via NAT64' } : { address, via: null };
    case '6to4':
      return { address: ipv4(bytes.slice(2, 6)), via: 'via 6to4' };
    case 'teredo':
      // The last four bytes are the far end's public address, every bit turned over (RFC 4380 4).
      return { address: ipv4(bytes.slice(12).map((byte) => byte ^ 0xff)), via: 'via Teredo' };
    default:
      return { address, via: null };
  }
}

const ipv4 = (bytes: number[]): ipaddr.IPv4 => new ipaddr.IPv4(bytes);
