/** What the doctor asks of the machine: Node, address, clock, tools. */
import { accessSync, constants } from 'node:fs';
import type { networkInterfaces } from 'node:os';
import { delimiter, join } from 'node:path';
import { lanAddresses } from '../../formats/lan-address.ts';
import { type Check, DAY_MS, fail, ok, warn } from './check.ts';

export function checkNode(version: string): Check {
  const major = Number(version.split('.')[0]);
  return major >= 26
    ? ok('node', version)
    : fail('node', version, 'Node 26 or newer is needed: run npm ci, it brings its own');
}

export function checkAddress(interfaces: ReturnType<typeof networkInterfaces>): Check {
  const [first, ...others] = lanAddresses(interfaces);
  if (!first)
    return warn('address', 'no address a phone could reach', 'join the Wi-Fi the phone is on, or plug in a cable');
  const more = others.length ? `; also ${others.map(({ name, address }) => `${address} on ${name}`).join(', ')}` : '';
  return ok('address', `${first.address} on ${first.name}${more}`);
}

/** A clock that is off makes every certificate invalid: the phone then refuses the lab for a reason nobody sees. */
export function checkClock(now: number, newestFileMs: number): Check {
  const year = new Date(now).getUTCFullYear();
  const shown = new Date(now).toISOString();
  if (now < newestFileMs - DAY_MS)
    return fail(
      'clock',
      `${shown}, older than files on this disk`,
      'set the clock: phones refuse certificates from the future',
    );
  if (year < 2026 || year > 2076) return fail('clock', shown, 'set the clock: no certificate is valid at this date');
  return ok('clock', shown);
}

const TOOLS: { name: string; why: string }[] = [
  { name: 'tshark', why: 'reads captures (apt install tshark)' },
  { name: 'ip', why: "tells a phone's MAC address (apt install iproute2)" },
  { name: 'nft', why: 'redirects traffic on a gateway (apt install nftables)' },
  { name: 'dnsmasq', why: 'gives addresses on a gateway (apt install dnsmasq-base)' },
  { name: 'hostapd', why: 'opens the access point of a gateway (apt install hostapd)' },
  { name: 'conntrack', why: 'tells what goes past the relay of a gateway (apt install conntrack)' },
  { name: 'tcpdump', why: 'hands over plain datagrams on a gateway (apt install tcpdump)' },
  { name: 'dumpcap', why: 'records the phones of a gateway (apt install tshark)' },
];

/** None of them is needed for the proxy itself, so a missing one is a warning at most. */
export function checkTools(path: string): Check[] {
  return TOOLS.map(({ name, why }) => {
    const place = findInPath(name, path);
    return place ? ok(name, place) : warn(name, 'not installed', `only needed where it ${why}`);
  });
}

/** Directories where Debian keeps administrators' tools are searched too: they are often not in a user's PATH. */
export function findInPath(name: string, path: string): string | null {
  for (const dir of [...path.split(delimiter), '/usr/sbin', '/sbin']) {
    if (!dir) continue;
    try {
      accessSync(join(dir, name), constants.X_OK);
      return join(dir, name);
    } catch {
      // Not here.
    }
  }
  return null;
}
