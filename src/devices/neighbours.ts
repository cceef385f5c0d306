/**
 * Which MAC address stands behind an address of the lab's own network, from the kernel's neighbour table.
 * Promise: an answer costs a map look-up; the table is read in the background (`ip -j neigh`), at most every
 * `refreshMs` and only while somebody asks. An address never seen before is looked for once in /proc/net/arp
 * (some 50 µs, at most four times a second), an IPv6 one is asked for by itself (3 ms, as often), so that a phone is
 * known from its very first connection.
 * Where neither exists every answer is null.
 */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { canonicalMac } from '../formats/mac-address.ts';
import { addressKey } from './address.ts';

const ARP_INTERVAL_MS = 250;
/** What loopback and incomplete entries show. */
const NO_MAC = '00:00:00:00:00:00';

export interface NeighbourTable {
  /** `aa:bb:cc:dd:ee:ff`, or null when (not yet) known. */
  macOf(ip: string): string | null;
  /** Reads the table now. Never rejects. */
  refresh(): Promise<void>;
}

/** Resolves to the output of `ip -j neigh`; rejects when there is no such tool. */
export type ReadNeighbours = () => Promise<string>;

export function createNeighbourTable(options: {
  now: () => number;
  read?: ReadNeighbours;
  /** Content of /proc/net/arp. @throws where there is none */
  readArp?: () => string;
  /** Output of `ip -j neigh show ADDRESS`. @throws where there is no such tool */
  readOne?: (ip: string) => string;
  refreshMs?: number;
}): NeighbourTable {
  const { now, read = runIpNeigh, readArp = readProcArp, readOne = runIpNeighOne, refreshMs = 5000 } = options;
  let macs = new Map<string, string>();
  let readAt = -Infinity;
  let running: Promise<void> | null = null;
  let absent = false;
  let arpReadAt = -Infinity;
  let askedAt = -Infinity;

  const refresh = (): Promise<void> => {
    running ??= read()
      .then((output) => {
        // Kept on a bad answer: an old table is better than none.
        macs = parseNeighbours(output) ?? macs;
      })
      .catch((error: NodeJS.ErrnoException) => {
        absent = error.code === 'ENOENT';
      })
      .finally(() => {
        readAt = now();
        running = null;
      });
    return running;
  };

  const newcomer = (key: string): string | null => {
    let found: string | null = null;
    try {
      for (const [ip, mac] of parseArp(readArp())) {
        if (!macs.has(ip)) macs.set(ip, mac);
        if (ip === key) found = mac;
      }
    } catch {
      arpReadAt = Infinity; // not Linux: never again
    }
    return found;
  };

  /** /proc has no table of IPv6 neighbours. */
  const newcomer6 = (key: string): string | null => {
    if (absent || now() - askedAt < ARP_INTERVAL_MS) return null;
    askedAt = now();
    try {
      const mac = parseNeighbours(readOne(key))?.get(key) ?? null;
      if (mac) macs.set(key, mac);
      return mac;
    } catch {
      return null;
    }
  };

  return {
    refresh,
    macOf(ip) {
      if (!absent && now() - readAt >= refreshMs) void refresh();
      const key = addressKey(ip);
      const known = macs.get(key);
      if (known === undefined && key.includes(':')) return key === '::1' ? null : newcomer6(key);
      if (known !== undefined || now() - arpReadAt < ARP_INTERVAL_MS) return known ?? null;
      arpReadAt = now();
      return newcomer(key);
    },
  };
}

/** Null when it is not what `ip -j neigh` prints. Entries without a MAC (FAILED, INCOMPLETE) are left out. */
export function parseNeighbours(output: string): Map<string, string> | null {
  let entries: unknown;
  try {
    entries = JSON.parse(output);
  } catch {
    return null;
  }
  if (!Array.isArray(entries)) return null;
  const macs = new Map<string, string>();
  for (const entry of entries as { dst?: unknown; lladdr?: unknown }[]) {
    const mac = typeof entry?.lladdr === 'string' ? canonicalMac(entry.lladdr) : null;
    if (mac && mac !== NO_MAC && typeof entry.dst === 'string') macs.set(addressKey(entry.dst), mac);
  }
  return macs;
}

/** Columns: address, hardware type, flags, MAC, mask, device; flag 0x2 = complete (linux/if_arp.h). */
function* parseArp(table: string): Generator<[ip: string, mac: string]> {
  for (const line of table.split('\n').slice(1)) {
    const [ip, , flags, hardware] = line.split(/\s+/);
    const mac = canonicalMac(hardware ?? '');
    if (ip && mac && (Number(flags) & 2) !== 0 && mac !== NO_MAC) yield [ip, mac];
  }
}

const readProcArp = (): string => readFileSync('/proc/net/arp', 'utf8');

/** 4 MB are about 30,000 neighbours, more than any lab's network has. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

function runIpNeigh(): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: 3000, maxBuffer: MAX_OUTPUT_BYTES, encoding: 'utf8' as const };
    execFile('ip', ['-j', 'neigh'], options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}

function runIpNeighOne(ip: string): string {
  const options = {
    timeout: 1000,
    encoding: 'utf8' as const,
    stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'],
  };
  return execFileSync('ip', ['-j', 'neigh', 'show', ip], options);
}
