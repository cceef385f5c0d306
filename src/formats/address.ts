/** Addresses as sockets, people and URLs write them, each in one spelling. */
import ipaddr from 'ipaddr.js';

/** `::ffff:10.0.0.2` (a v4 phone on a v6 socket) is 10.0.0.2. */
export const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;

/** Canonical text, so that a phone is found whichever way its address was written or arrived; a zone id is dropped. */
export function addressKey(ip: string): string {
  const bare = ip.includes('%') ? ip.slice(0, ip.indexOf('%')) : ip;
  if (!bare.includes(':') || !ipaddr.isValid(bare)) return bare;
  return ipaddr.process(bare).toString();
}

/** An address or name as it stands in a URL, or before a port. */
export const urlHost = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** This machine's own, in either family. */
export const isLoopback = (address: string): boolean => /^(?:::ffff:)?127\.|^::1$/.test(address);
