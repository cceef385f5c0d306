/**
 * Feeds the discovery: the DHCP log as it grows, the neighbour table every few seconds.
 * Promise: a log that is missing, cut or begun anew is no fault; at most `MAX_READ` of it is read at once.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createLines } from '../../formats/lines.ts';
import type { Discovery, DiscoveryNews } from './discovery.ts';
import { parseLease } from './lease.ts';

export interface DiscoveryWatch {
  /** Looks now. */
  look(): Promise<void>;
  close(): void;
}

/** The script begins the log anew at 1 MB. */
const MAX_READ = 2 << 20;

export function watchDiscovery(options: {
  discovery: Discovery;
  /** Null: nobody gives addresses here. */
  dhcpLog: string | null;
  /** Address and MAC of everything reachable on the phones' networks now. */
  neighbours: () => Promise<Iterable<[ip: string, mac: string]>>;
  onNews: (news: DiscoveryNews) => void;
  now: () => number;
  intervalMs?: number;
}): DiscoveryWatch {
  const { discovery, dhcpLog, neighbours, onNews, now, intervalMs = 2000 } = options;
  let offset = 0;
  let running: Promise<void> | null = null;
  const tell = (news: DiscoveryNews[]): void => {
    for (const one of news) onNews(one);
  };
  const newLines = () =>
    createLines((line) => {
      const lease = parseLease(line);
      if (lease) tell(discovery.lease(lease, now()));
    });
  let lines = newLines();

  function readLog(path: string): void {
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch {
      return; // no phone asked yet
    }
    try {
      const { size } = fstatSync(file);
      if (size < offset) {
        offset = 0;
        lines = newLines();
      }
      const bytes = Buffer.alloc(Math.min(size - offset, MAX_READ));
      const length = readSync(file, bytes, 0, bytes.length, offset);
      offset += length;
      lines(bytes.subarray(0, length));
    } catch {
      // read again at the next look
    } finally {
      closeSync(file);
    }
  }

  async function lookNow(): Promise<void> {
    if (dhcpLog !== null) readLog(dhcpLog);
    tell(discovery.neighbours(await neighbours(), now()));
  }
  const look = (): Promise<void> => {
    running ??= lookNow()
      .catch(() => {})
      .finally(() => {
        running = null;
      });
    return running;
  };
  void look();
  const timer = setInterval(() => void look(), intervalMs).unref();
  return { look, close: () => clearInterval(timer) };
}
