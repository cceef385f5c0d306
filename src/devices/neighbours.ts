/**
 * Which MAC address stands behind an address of the lab's own network, from the kernel's neighbour tables.
 * Promise: an answer costs a map look-up. Addresses of IPv4 are read from /proc/net/arp (some 50 µs), every `refreshMs` while
 * somebody asks, for one never seen before at most four times a second. /proc has no table of IPv6: its addresses come from
 * `ip -j -6 neigh`, in the background, at most once a minute and only while somebody asks for one; a new one is asked for by itself
 * where the caller can wait (`meet`, 3 ms), so that a phone is known from its very first connection. No program is started for the
 * sake of IPv4: to start one, the memory of the whole lab is mapped anew (20 to 50 ms in which this thread stands still).
 * No other program is ever waited for. Where neither exists every answer is null.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import { addressKey } from '../formats/address.ts';
import { canonicalMac } from '../formats/mac-address.ts';

const ARP_INTERVAL_MS = 250;
const PROGRAM_INTERVAL_MS = 60_000;
const ASK_AGAIN_MS = 5000;
/** Programs that run at once; a flood of addresses does without. */
const MAX_ASKING = 4;
/** What loopback and incomplete entries show. */
const NO_MAC = '00:00:00:00:00:00';
const LOOPBACK = '::1';

export interface NeighbourTable {
  /** `aa:bb:cc:dd:ee:ff`, or null when (not yet) known. */
  macOf(ip: string): string | null;
  /** Reads the table of IPv6 now. Never rejects. */
  refresh(): Promise<void>;
  /** Asks for an address that /proc cannot tell; null when there is nothing to ask. Never rejects. */
  meet(ip: string): Promise<void> | null;
}

/** Resolves to the output of `ip -j -6 neigh`; rejects when there is no such tool. */
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
  /** By IPv4 address, and by IPv6 address. */
  let arp = new Map<string, string>();
  let macs = new Map<string, string>();
  let arpReadAt = -Infinity;
  let readAt = -Infinity;
  let running: Promise<void> | null = null;
  let absent = false;

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

  const macOfIpv4 = (key: string): string | null => {
    if (now() - arpReadAt >= (arp.has(key) ? refreshMs : Math.min(ARP_INTERVAL_MS, refreshMs))) {
      arpReadAt = now();
      try {
        arp = new Map(parseArp(readArp()));
      } catch {
        arpReadAt = Infinity; // not Linux: never again
      }
    }
    return arp.get(key) ?? null;
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
      const key = addressKey(ip);
      if (!key.includes(':')) return macOfIpv4(key);
      if (!absent && key !== LOOPBACK && now() - readAt >= PROGRAM_INTERVAL_MS) void refresh();
      return macs.get(key) ?? null;
    },
    meet(ip) {
      const key = addressKey(ip);
      if (absent || !key.includes(':') || key === LOOPBACK || macs.has(key)) return null;
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
    execFile('ip', ['-j', '-6', 'neigh'], options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}

function runIpNeighOne(ip: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('ip', ['-j', 'neigh', 'show', ip], { timeout: 1000, encoding: 'utf8' }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
}
