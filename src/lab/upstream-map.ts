/**
 * Destinations that are dialled elsewhere: for replays and tests. Every flow through an entry is marked `simulated`.
 * Promise: an entry is checked when it comes in; looking one up is a map access.
 */
import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { labError } from '../formats/refusal.ts';
import { text } from '../model/text.ts';

/** `dial` is reached in place of `host:port`, and the flow is filed under `address`. */
export interface UpstreamMapEntry {
  host: string;
  port: number;
  /** `127.0.0.1:18080` or `[::1]:18080`. */
  dial: string;
  address: string;
}

export interface UpstreamMap {
  list(): UpstreamMapEntry[];
  add(entries: readonly UpstreamMapEntry[]): void;
  remove(host: string, port: number): boolean;
  resolve(
    host: string,
    port: number,
  ): { dialHost: string; dialPort: number; address: string | null; simulated: boolean } | null;
}

export function createUpstreamMap(): UpstreamMap {
  const entries = new Map<string, UpstreamMapEntry>();
  // Redirected connections know an address alone; where several names share one, the last added answers.
  const byAddress = new Map<string, UpstreamMapEntry>();
  const plain = (address: string): string => ipaddr.process(address).toString();
  const key = (host: string, port: number): string => `${host.toLowerCase()}:${port}`;
  return {
    list: () => [...entries.values()],
    add(added) {
      for (const entry of added) splitDial(entry.dial);
      for (const entry of added) {
        entries.set(key(entry.host, entry.port), entry);
        byAddress.set(key(plain(entry.address), entry.port), entry);
      }
    },
    remove(host, port) {
      const entry = entries.get(key(host, port));
      if (!entry) return false;
      if (byAddress.get(key(plain(entry.address), port)) === entry) byAddress.delete(key(plain(entry.address), port));
      return entries.delete(key(host, port));
    },
    resolve(host, port) {
      const entry = entries.get(key(host, port)) ?? byAddress.get(key(host, port));
      if (!entry) return null;
      const { host: dialHost, port: dialPort } = splitDial(entry.dial);
      return { dialHost, dialPort, address: entry.address, simulated: true };
    },
  };
}

/** Reads `--upstream-map FILE`. @throws LabError naming entry and field */
export function readUpstreamMap(file: string): UpstreamMapEntry[] {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw labError(
      code
        ? text('fault.flag-unread', { flag: '--upstream-map', file, code })
        : text('upstream.unread', { file, error: text('unread.no-json') }),
    );
  }
  if (!Array.isArray(given)) throw labError(text('upstream.no-list', { file }));
  return given.map((entry: Partial<UpstreamMapEntry> | null, index) => {
    const problem = (field: 'host' | 'port' | 'dial' | 'address'): never => {
      throw labError(text('upstream.entry', { file, number: index + 1, field, takes: text(`upstream.${field}`) }));
    };
    const { host, port, dial, address } = entry ?? {};
    if (typeof host !== 'string' || host === '') return problem('host');
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) return problem('port');
    if (typeof dial !== 'string' || !DIAL.test(dial)) return problem('dial');
    if (typeof address !== 'string' || !ipaddr.isValid(address)) return problem('address');
    return { host, port, dial, address };
  });
}

const DIAL = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/;

function splitDial(dial: string): { host: string; port: number } {
  const parts = DIAL.exec(dial);
  if (!parts) throw labError(text('upstream.no-dial', { dial }));
  return { host: parts[1] ?? parts[2] ?? '', port: Number(parts[3]) };
}
