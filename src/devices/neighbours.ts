/**
 * Which MAC address stands behind an address of the lab's own network, from the kernel's neighbour table.
 * Promise: an answer costs a map look-up; the table is read in the background (`ip -j neigh`), at most every
 * `refreshMs` and only while somebody asks. An address never seen before is looked for once in /proc/net/arp
 * (some 50 µs, at most four times a second), an IPv6 one is asked for by itself where the caller can wait (`meet`, 3 ms), so
 * that a phone is known from its very first connection. No other program is ever waited for.
 * Where neither exists every answer is null.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import { addressKey } from '../formats/address.ts';
import { canonicalMac } from '../formats/mac-address.ts';

const ARP_INTERVAL_MS = 250;
const ASK_AGAIN_MS = 5000;
/** Programs that run at once; a flood of addresses does without. */
const MAX_ASKING = 4;
/** What loopback and incomplete entries show. */
const NO_MAC = '00:00:00:00:00:00';

export interface NeighbourTable {
  /** `aa:bb:cc:dd:ee:ff`, or null when (not yet) known. */
  macOf(ip: string): string | null;
  /** Reads the table now. Never rejects. */
  refresh(): Promise<void>;
  /** Asks for an address that /proc cannot tell; null when there is nothing to ask. Never rejects. */
  meet(ip: string): Promise<void> | null;
}

/** Resolves to the output of `ip -j neigh`; rejects when there is no such tool. */
export type ReadNeighbours = () => Promise<string>;

export function createNeighbourTable(options: {
  now: () => number;
  read?: ReadNeighbours;
  /** Content of /proc/net/arp. @throws where there is none */
  readArp?: () => string;
  /** Resolves to the output of `ip -j neigh show ADDRESS`; rejects where there is no such tool. */
  readOne?: (ip: string) => Promise<string>;
  refreshMs?: number;
}): NeighbourTable {
  const { now, read = runIpNeigh, readArp = readProcArp, readOne = runIpNeighOne, refreshMs = 5000 } = options;
  let macs = new Map<string, string>();
  let readAt = -Infinity;
  let running: Promise<void> | null = null;
  let absent = false;
  let arpReadAt = -Infinity;

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

  const asking = new Map<string, Promise<void>>();
  /** Asked lately and not known: somebody who comes again and again is not asked for every time. */
  const unknown = new LRUCache<string, number>({ max: 1000 });

  /** /proc has no table of IPv6 neighbours. */
  const ask = (key: string): Promise<void> => {
    const asked = readOne(key)
      .then((output) => {
        const mac = parseNeighbours(output)?.get(key);
        if (mac) macs.set(key, mac);
        else unknown.set(key, now());
      })
      .catch(() => void unknown.set(key, now()))
      .finally(() => void asking.delete(key));
    asking.set(key, asked);
    return asked;
  };

  return {
    refresh,
    macOf(ip) {
      if (!absent && now() - readAt >= refreshMs) void refresh();
      const key = addressKey(ip);
      const known = macs.get(key);
      if (known !== undefined || key.includes(':') || now() - arpReadAt < ARP_INTERVAL_MS) return known ?? null;
      arpReadAt = now();
      return newcomer(key);
    },
    meet(ip) {
      const key = addressKey(ip);
      if (absent || !key.includes(':') || key === '::1' || macs.has(key)) return null;
      if (asking.size >= MAX_ASKING) return null;
      if (now() - (unknown.get(key) ?? -Infinity) < ASK_AGAIN_MS) return null;
      return asking.get(key) ?? ask(key);
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

function runIpNeighOne(ip: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('ip', ['-j', 'neigh', 'show', ip], { timeout: 1000, encoding: 'utf8' }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
}
