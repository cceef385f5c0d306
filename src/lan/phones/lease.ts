/**
 * What phones say of themselves when they ask for an address: lines of the log that dnsmasq's script writes
 * (`dhcpScript` in services.ts), and what can be told from them.
 * Promise: pure; a damaged line is null; every text is cut to a length a table can show.
 */

export interface Lease {
  what: 'add' | 'old' | 'del';
  mac: string;
  ip: string;
  hostName: string | null;
  vendorClass: string | null;
  fingerprint: string | null;
}

const MAC = /^(?:[0-9a-f]{2}-)?((?:[0-9a-f]{2}:){5}[0-9a-f]{2})$/;
const MAX_TEXT = 64;

/** Seconds, add|old|del, MAC, address, host name, vendor class, requested options, client id, separated by tabs. */
export function parseLease(line: string): Lease | null {
  const [, what, hardware = '', ip = '', hostName, vendorClass, options] = line.split('\t');
  const mac = MAC.exec(hardware.toLowerCase())?.[1];
  if ((what !== 'add' && what !== 'old' && what !== 'del') || !mac || !/^[0-9a-f.:]+$/i.test(ip)) return null;
  return { what, mac, ip, hostName: text(hostName), vendorClass: text(vendorClass), fingerprint: text(options) };
}

const text = (given: string | undefined): string | null => given?.trim().slice(0, MAX_TEXT) || null;

/**
 * Vendor classes are sent by the systems' own DHCP clients (AOSP DhcpClient, dhcpcd, udhcpc, Windows). Apple sends none:
 * its systems are told by the options they ask for.
 */
export function systemOf(vendorClass: string | null, fingerprint: string | null): string | null {
  const android = /^android-dhcp-(\S+)/i.exec(vendorClass ?? '')?.[1];
  if (android) return `Android ${android}`;
  if (/^HUAWEI:android/i.test(vendorClass ?? '')) return 'Android (Huawei)';
  if (/^MSFT /.test(vendorClass ?? '')) return 'Windows';
  if (/^dhcpcd-/.test(vendorClass ?? '')) return /android/i.test(vendorClass ?? '') ? 'Android' : 'Linux';
  if (/^udhcp/.test(vendorClass ?? '')) return 'Linux (small device)';
  if (/^1,121,3,6,15,(?:108,114,)?119,(?:162,)?252$/.test(fingerprint ?? '')) return 'iOS';
  if (/^1,121,3,6,15,(?:108,114,)?119,(?:162,)?252,95,44,46$/.test(fingerprint ?? '')) return 'macOS';
  return null;
}

/** Bit 0x02 of the first byte: "locally administered" (IEEE 802). Phones make such addresses up, anew for every network. */
export const isRandomised = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0;
