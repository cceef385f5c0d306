/**
 * Destinations that are dialled elsewhere: for replays and tests. Every flow through an entry is marked `simulated`.
 * Promise: an entry is checked when it comes in; looking one up is a map access.
 */
import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { LabError } from '../model/lab.ts';

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
    throw new LabError(`upstream map ${file}: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
  }
  if (!Array.isArray(given)) throw new LabError(`upstream map ${file}: a JSON list of entries is expected`);
  return given.map((entry: Partial<UpstreamMapEntry> | null, index) => {
    const problem = (field: string, takes: string): never => {
      throw new LabError(`upstream map ${file}: entry ${index + 1}: ${field} takes ${takes}`);
    };
    const { host, port, dial, address } = entry ?? {};
    if (typeof host !== 'string' || host === '') return problem('host', 'a name, e.g. "zzhc.vnet.cn"');
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535)
      return problem('port', 'a number from 1 to 65535');
    if (typeof dial !== 'string' || !DIAL.test(dial))
      return problem('dial', 'address and port, e.g. "127.0.0.1:18080"');
    if (typeof address !== 'string' || !ipaddr.isValid(address))
      return problem('address', 'an IP address, e.g. "42.62.48.10"');
    return { host, port, dial, address };
  });
}

const DIAL = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/;

function splitDial(dial: string): { host: string; port: number } {
  const parts = DIAL.exec(dial);
  if (!parts) throw new LabError(`"${dial}" is no address with a port: use 127.0.0.1:18080 or [::1]:18080`);
  return { host: parts[1] ?? parts[2] ?? '', port: Number(parts[3]) };
}
