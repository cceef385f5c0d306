/**
 * The WireGuard interface: the kernel's, or `wireguard-go` over /dev/net/tun where the kernel has none.
 * Its phones pass the same rules as those of the lan.
 */

import { join } from 'node:path';
import { labError } from '../formats/refusal.ts';
import type { GatewayCheck, TunnelPeer } from '../model/gateway.ts';
import { type Text, text } from '../model/text.ts';
import type { GatewayConfig } from './config.ts';
import { readInterfaces } from './interfaces.ts';
import type { Machine } from './machine.ts';
import { type Dependencies, fail, must, ok, type Part, run } from './part.ts';
import { addressesOf, type PeerList, readPeers, savePeers, serverConf } from './tunnel-peers.ts';

export const tunnel: Part = {
  up(dependencies) {
    const { machine, config, dataDir, state, save, tell } = dependencies;
    if (!config.wireguard) return;
    const { interface: name, port } = config.wireguard;
    if (!exists(machine, name)) tell(text('gateway.step.tunnel', { name, by: makeInterface(machine, name), port }));
    const list = readPeers(machine, dataDir);
    savePeers(machine, dataDir, list);
    applyPeers(dependencies, list);
    state.peers = publicPeers(config, list);
    save();
  },
  down({ machine, config, tell }) {
    const name = config.wireguard?.interface;
    // wireguard-go ends with its interface.
    if (name && exists(machine, name) && isTunnel(machine, name) && machine.run('ip', ['link', 'del', name]).ok)
      tell(text('gateway.step.no-tunnel', { name }));
  },
  check({ machine, config }) {
    if (!config.wireguard) return [];
    const { interface: name, port } = config.wireguard;
    if (!machine.tool('wg')) return [fail('wireguard', text('gateway.no-wg'), run('apt install wireguard-tools'))];
    if (!exists(machine, name))
      return [fail('wireguard', text('gateway.is-not-there', { name }), text('gateway.again'))];
    return [ok('wireguard', text('gateway.tunnel', { name, port }))] satisfies GatewayCheck[];
  },
};

const publicPeers = (config: GatewayConfig, list: PeerList): Dependencies['state']['peers'] => {
  const { wireguard } = config;
  return wireguard ? list.peers.map(({ name, number }) => ({ name, ...addressesOf(wireguard, number) })) : [];
};

/** Gives a tunnel that is up its phones; notes them for the lab. */
export function applyPeers(
  dependencies: Pick<Dependencies, 'machine' | 'config' | 'runDir' | 'state'>,
  list: PeerList,
): void {
  const { machine, config, runDir, state } = dependencies;
  if (!config.wireguard) return;
  const file = join(runDir, 'wireguard.conf');
  machine.write(file, serverConf(list, config.wireguard), 0o600);
  must(machine.run('wg', ['syncconf', config.wireguard.interface, file]), text('gateway.cannot.tunnel'));
  machine.remove(file);
  state.peers = publicPeers(config, list);
}

const READY_TRIES = 40;
const READY_WAIT_MS = 50;

/** Says by what. */
function makeInterface(machine: Machine, name: string): Text {
  if (machine.run('ip', ['link', 'add', name, 'type', 'wireguard']).ok) return text('gateway.step.by-kernel');
  if (!machine.tool('wireguard-go')) throw labError(text('gateway.no-wireguard'));
  must(machine.run('wireguard-go', [name]), text('gateway.cannot.start', { name: 'wireguard-go' }));
  for (let tries = 0; tries < READY_TRIES; tries++) {
    if (machine.run('wg', ['show', name]).ok) return text('gateway.step.by-program', { program: 'wireguard-go' });
    machine.wait(READY_WAIT_MS);
  }
  throw labError(text('gateway.no-tun', { name }));
}

const exists = (machine: Machine, name: string): boolean => readInterfaces(machine).some((one) => one.name === name);
const isTunnel = (machine: Machine, name: string): boolean => machine.run('wg', ['show', name]).ok;

/** Phones of the tunnel with what `wg` knows of them; without root the list alone. */
export function readTunnel(machine: Machine, config: GatewayConfig, list: PeerList): TunnelPeer[] {
  const { wireguard } = config;
  if (!wireguard) return [];
  const ran = machine.run('wg', ['show', wireguard.interface, 'dump']);
  const rows = new Map((ran.ok ? ran.out : '').split('\n').map((line) => [line.split('\t')[0], line.split('\t')]));
  return list.peers.map(({ name, publicKey, number }) => {
    // public key, preshared key, endpoint, allowed IPs, latest handshake (seconds), received, sent, keepalive (wg(8)).
    const row = rows.get(publicKey) ?? [];
    const handshake = Number(row[4] ?? 0);
    return {
      name,
      ...addressesOf(wireguard, number),
      lastHandshake: handshake > 0 ? new Date(handshake * 1000).toISOString() : null,
      received: Number(row[5] ?? 0),
      sent: Number(row[6] ?? 0),
    };
  });
}
