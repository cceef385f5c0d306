/** What the doctor asks of the machine: Node, address, clock, tools. */
import { accessSync, constants } from 'node:fs';
import type { networkInterfaces } from 'node:os';
import { delimiter, join } from 'node:path';
import { lanAddresses } from '../../formats/lan-address.ts';
import { words } from '../words.ts';
import { type Check, DAY_MS, fail, ok, warn } from './check.ts';

export function checkNode(version: string): Check {
  const major = Number(version.split('.')[0]);
  return major >= 26 ? ok('node', version) : fail('node', version, words('doctor.node'));
}

export function checkAddress(interfaces: ReturnType<typeof networkInterfaces>): Check {
  const [first, ...others] = lanAddresses(interfaces);
  if (!first) return warn('address', words('doctor.no-address'), words('doctor.join'));
  const said = [first, ...others].map(({ name, address }) => words('doctor.address', { name, address }));
  const [one = '', ...more] = said;
  return ok('address', more.length === 0 ? one : words('doctor.addresses', { first: one, others: more.join(', ') }));
}

/** A clock that is off makes every certificate invalid: the phone then refuses the lab for a reason nobody sees. */
export function checkClock(now: number, newestFileMs: number): Check {
  const year = new Date(now).getUTCFullYear();
  const shown = new Date(now).toISOString();
  if (now < newestFileMs - DAY_MS)
    return fail('clock', words('doctor.clock-back', { time: shown }), words('doctor.set-clock'));
  if (year < 2026 || year > 2076) return fail('clock', shown, words('doctor.set-clock-date'));
  return ok('clock', shown);
}

const TOOLS = ['tshark', 'ip', 'nft', 'dnsmasq', 'hostapd', 'conntrack', 'tcpdump', 'dumpcap'] as const;

/** None of them is needed for the proxy itself, so a missing one is a warning at most. */
export function checkTools(path: string): Check[] {
  return TOOLS.map((name) => {
    const place = findInPath(name, path);
    return place ? ok(name, place) : warn(name, words('doctor.not-installed'), words(`doctor.tool.${name}`));
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
