/** One spelling per address, so that a phone is found whichever way its address was written or arrived. */
import ipaddr from 'ipaddr.js';

/** Canonical text; `::ffff:10.0.0.2` (a v4 phone on a v6 socket) becomes `10.0.0.2`; a zone id is dropped. */
export function addressKey(ip: string): string {
  const bare = ip.includes('%') ? ip.slice(0, ip.indexOf('%')) : ip;
  if (!bare.includes(':') || !ipaddr.isValid(bare)) return bare;
  return ipaddr.process(bare).toString();
}
