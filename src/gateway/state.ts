/**
 * `DATA/gateway.json`: what `up` changed and how it was before, so that `down` undoes it, even after a crash. It holds no
 * secret and is readable by the lab, which learns from it that a gateway is up, on which port, and who its tunnel peers are.
 * `down` goes by a copy in root's own directory: the one in the data directory may be lost or edited.
 * Promise: written before each change; a file that is broken, forged or from before a reboot can make `down` do nothing
 * but what the gateway itself does (names and values are checked, processes and directories are not taken from it).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type GatewayConfig, parseGatewayConfig } from './config.ts';
import type { Machine } from './machine.ts';

export interface GatewayState {
  v: 1;
  /** Kernel settings and processes of another boot are gone by themselves. */
  bootId: string;
  /** ISO 8601. */
  startedAt: string;
  /** Without the passphrase. */
  config: GatewayConfig;
  /** Kernel settings before, by name. */
  sysctls: Record<string, string>;
  /** What `up` added to the machine. */
  addresses: { interface: string; cidr: string }[];
  /** Interfaces that were down. */
  raised: string[];
  /** Phones of the tunnel: a peer is the registered device of the same name. */
  peers: { name: string; address: string; address6: string | null }[];
}

/** Root's own copy; gone by itself when the machine is restarted. */
export const copyPath = (dataDir: string): string => join(runDirectory(dataDir), 'gateway.json');

export const statePath = (dataDir: string): string => join(dataDir, 'gateway.json');

/** Two data directories are two gateways: names their table in the kernel and their files. */
export const gatewayId = (dataDir: string): string =>
  createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 12);

/** Root's own: nothing that is run or trusted lies where the lab's user can write. */
export const runDirectory = (dataDir: string): string => `/run/phonehome/${gatewayId(dataDir)}`;

export const bootIdOf = (machine: Pick<Machine, 'read'>): string =>
  machine.read('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';

/** Null when there is none, or none that makes sense. */
export function parseState(text: string): GatewayState | null {
  try {
    const given = JSON.parse(text) as Partial<GatewayState>;
    if (given.v !== 1 || typeof given.bootId !== 'string' || typeof given.config !== 'object') return null;
    const { accessPoint, wireguard, ...rest } = given.config;
    const config = parseGatewayConfig(
      JSON.stringify({
        ...rest,
        ...(accessPoint ? { ...accessPoint, passphrase: 'not kept here' } : {}),
        ...(wireguard ? { wireguard } : {}),
        ...(wireguard?.interface === rest.lan ? { lan: undefined } : {}),
      }),
      'gateway.json',
    );
    const values = Object.entries(given.sysctls ?? {}).filter(
      ([, value]) => typeof value === 'string' && /^[\d\s-]+$/.test(value),
    );
    return {
      v: 1,
      bootId: given.bootId,
      startedAt: String(given.startedAt),
      config,
      sysctls: Object.fromEntries(values),
      addresses: (given.addresses ?? []).filter(
        (one) => typeof one.interface === 'string' && typeof one.cidr === 'string',
      ),
      raised: (given.raised ?? []).filter((name) => typeof name === 'string'),
      peers: (given.peers ?? []).filter((one) => typeof one.name === 'string' && typeof one.address === 'string'),
    };
  } catch {
    return null;
  }
}

/** The gateway that is up now on this data directory, as the lab may know it; null when none is. */
export function readRunningState(dataDir: string): GatewayState | null {
  const read = (path: string): string | null => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  };
  const state = parseState(read(statePath(dataDir)) ?? '');
  return state && state.bootId === bootIdOf({ read }) ? state : null;
}

export function saveState(machine: Machine, dataDir: string, state: GatewayState): void {
  const { accessPoint } = state.config;
  const config = { ...state.config, accessPoint: accessPoint && { ...accessPoint, passphrase: 'not kept here' } };
  const text = `${JSON.stringify({ ...state, config }, null, 2)}\n`;
  machine.write(copyPath(dataDir), text, 0o644);
  machine.write(statePath(dataDir), text, 0o644);
}
