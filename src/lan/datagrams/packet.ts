/**
 * From a captured frame to the datagram in it: Ethernet, cooked, raw IP and NFLOG frames, IPv4 and IPv6.
 * Promise: pure; null for everything that is no UDP; never reads past the bytes.
 */
import ipaddr from 'ipaddr.js';

export interface Datagram {
  from: { ip: string; port: number };
  to: { ip: string; port: number };
  payload: Buffer;
  /** False when parts are missing: fragments that did not come, a capture that kept less. */
  whole: boolean;
  /** Of the hardware that sent it; null where the link has none. */
  mac: string | null;
}

/** UDP in IP, perhaps a part of it. */
export interface IpPacket {
  from: string;
  to: string;
  mac: string | null;
  /** From the UDP header on, or from the middle of it. */
  payload: Buffer;
  /** Null: not divided. `more`: it is not the last. */
  fragment: { id: number; offset: number; more: boolean } | null;
  /** The capture kept all of it. */
  isWhole: boolean;
}

/** Numbers of https://www.tcpdump.org/linktypes.html */
const LINK = { ethernet: 1, raw: 101, cooked: 113, ipv4: 228, ipv6: 229, nflog: 239, cooked2: 276 } as const;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
/** IEEE 802.1Q, 802.1ad. */
const VLAN = [0x8100, 0x88a8];
const UDP = 17;
/** NFULA_PAYLOAD of linux/netfilter/nfnetlink_log.h. */
const NFLOG_PAYLOAD = 9;

export function readPacket(link: number, frame: Buffer, isWhole: boolean): IpPacket | null {
  const ip = ipOf(link, frame);
  if (!ip) return null;
  const version = (ip[0] ?? 0) >> 4;
  const mac = link === LINK.ethernet ? frame.toString('hex', 6, 12).replace(/..\B/g, '$&:') : null;
  return version === 4 ? fromIpv4(ip, mac, isWhole) : version === 6 ? fromIpv6(ip, mac, isWhole) : null;
}

/** Null when it does not begin with a whole UDP header. */
export function datagramOf({ from, to, mac, payload: udp, isWhole }: IpPacket): Datagram | null {
  if (udp.length < 8) return null;
  // Ethernet pads short frames: the header's own length counts. 0 stands for "jumbogram".
  const length = udp.readUInt16BE(4) || udp.length;
  if (length < 8) return null;
  return {
    from: { ip: from, port: udp.readUInt16BE(0) },
    to: { ip: to, port: udp.readUInt16BE(2) },
    payload: udp.subarray(8, Math.min(length, udp.length)),
    whole: isWhole && udp.length >= length,
    mac,
  };
}

/** The bytes from the IP header on. */
function ipOf(link: number, frame: Buffer): Buffer | null {
  switch (link) {
    case LINK.raw:
    case LINK.ipv4:
    case LINK.ipv6:
      return frame.length > 0 ? frame : null;
    case LINK.cooked:
      return isIp(frame, 14) ? frame.subarray(16) : null;
    case LINK.cooked2:
      return isIp(frame, 0) ? frame.subarray(20) : null;
    case LINK.nflog:
      return nflogPayload(frame);
    case LINK.ethernet: {
      let at = 12;
      while (frame.length >= at + 4 && VLAN.includes(frame.readUInt16BE(at))) at += 4;
      return isIp(frame, at) ? frame.subarray(at + 2) : null;
    }
    default:
      return null;
  }
}

function isIp(frame: Buffer, at: number): boolean {
  if (frame.length < at + 2) return false;
  const type = frame.readUInt16BE(at);
  return type === IPV4 || type === IPV6;
}

/** Four bytes of header, then length, type and value in the machine's byte order (little-endian), padded to four. */
function nflogPayload(frame: Buffer): Buffer | null {
  for (let at = 4; at + 4 <= frame.length; ) {
    const length = frame.readUInt16LE(at);
    if (length < 4) return null;
    if ((frame.readUInt16LE(at + 2) & 0x7fff) === NFLOG_PAYLOAD) return frame.subarray(at + 4, at + length);
    at += (length + 3) & ~3;
  }
  return null;
}

function fromIpv4(ip: Buffer, mac: string | null, isWhole: boolean): IpPacket | null {
  const headerBytes = ((ip[0] ?? 0) & 15) * 4;
  if (headerBytes < 20 || ip.length < headerBytes || ip[9] !== UDP) return null;
  const [total, id, place] = [2, 4, 6].map((at) => ip.readUInt16BE(at)) as [number, number, number];
  const [offset, more] = [(place & 0x1fff) * 8, (place & 0x2000) !== 0];
  const fragment = offset > 0 || more ? { id, offset, more } : null;
  // Without the padding of a short frame; 0 where the network card still had to count.
  const end = total >= headerBytes && total <= ip.length ? total : ip.length;
  return { from: v4(ip, 12), to: v4(ip, 16), mac, payload: ip.subarray(headerBytes, end), fragment, isWhole };
}

const v4 = (ip: Buffer, at: number): string => `${ip[at]}.${ip[at + 1]}.${ip[at + 2]}.${ip[at + 3]}`;
const v6 = (ip: Buffer, at: number): string => ipaddr.fromByteArray([...ip.subarray(at, at + 16)]).toString();

/** Hop-by-hop, routing, destination options: next header, length in 8 bytes beyond the first 8 (RFC 8200 4). */
const EXTENSIONS = [0, 43, 60];
const FRAGMENT = 44;
/** More are no honest packet. */
const MAX_EXTENSIONS = 8;

function fromIpv6(ip: Buffer, mac: string | null, isWhole: boolean): IpPacket | null {
  if (ip.length < 40) return null;
  let next = ip[6] ?? 0;
  let at = 40;
  let fragment: IpPacket['fragment'] = null;
  for (let extensions = 0; next !== UDP; extensions++) {
    if (extensions === MAX_EXTENSIONS || ip.length < at + 8) return null;
    if (next === FRAGMENT && fragment === null) {
      const place = ip.readUInt16BE(at + 2);
      fragment = { id: ip.readUInt32BE(at + 4), offset: place & 0xfff8, more: (place & 1) !== 0 };
      next = ip[at] ?? 0;
      at += 8;
      // Headers behind it are in the first one alone.
      if (fragment.offset === 0) continue;
      if (next !== UDP) return null;
      break;
    }
    if (!EXTENSIONS.includes(next)) return null;
    const bytes = ((ip[at + 1] ?? 0) + 1) * 8;
    next = ip[at] ?? 0;
    at += bytes;
  }
  // One fragment that is all of it (RFC 6946) is none.
  if (fragment?.offset === 0 && !fragment.more) fragment = null;
  const total = 40 + ip.readUInt16BE(4);
  const end = total > 40 && total <= ip.length ? total : ip.length;
  return { from: v6(ip, 8), to: v6(ip, 24), mac, payload: ip.subarray(at, end), fragment, isWhole };
}
