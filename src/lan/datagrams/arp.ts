/**
 * Who says that an IPv4 address is theirs: requests, answers and announcements of ARP (RFC 826) on Ethernet.
 * Promise: pure; null for everything else, for a question without an own address (a probe, RFC 5227) and for what is cut.
 */

export interface Claim {
  ip: string;
  mac: string;
}

/** LINKTYPE_ETHERNET of https://www.tcpdump.org/linktypes.html */
const ETHERNET = 1;
const ARP = 0x0806;
/** Ethernet addresses of six bytes, IPv4 addresses of four. */
const KIND = Buffer.from([0, 1, 8, 0, 6, 4]);
const VLAN = [0x8100, 0x88a8];

export function readClaim(link: number, frame: Buffer): Claim | null {
  if (link !== ETHERNET) return null;
  let at = 12;
  while (frame.length >= at + 4 && VLAN.includes(frame.readUInt16BE(at))) at += 4;
  if (frame.length < at + 2 || frame.readUInt16BE(at) !== ARP) return null;
  const arp = frame.subarray(at + 2);
  if (arp.length < 28 || !arp.subarray(0, 6).equals(KIND)) return null;
  const ip = arp.subarray(14, 18).join('.');
  // The sender that the message names: a forged one need not be the frame's.
  const mac = arp.subarray(8, 14).toString('hex').match(/../g)?.join(':') ?? '';
  return ip === '0.0.0.0' ? null : { ip, mac };
}
