/**
 * The WireGuard interface: the kernel's, or `wireguard-go` over /dev/net/tun where the kernel has none.
 * Its phones pass the same rules as those of the lan.
 */
import { join } from 'node:path';
import type { GatewayCheck, TunnelPeer } from '../model/gateway.ts';
import { LabError } from '../model/lab.ts';
import type { GatewayConfig } from './config.ts';
import { fail, type Ground, must, ok, type Part } from './ground.ts';
import { readInterfaces } from './interfaces.ts';
import type { Machine } from './machine.ts';
import { addressesOf, type PeerBook, readPeers, savePeers, serverConf } from './tunnel-peers.ts';

export const tunnel: Part = {
  up(ground) {
    const { machine, config, dataDir, state, save, say } = ground;
    if (!config.wireguard) return;
    const { interface: name, port } = config.wireguard;
    if (!exists(machine, name)) say(`${name}: made (${makeInterface(machine, name)}), phones call UDP port ${port}`);
    const book = readPeers(machine, dataDir);
    savePeers(machine, dataDir, book);
    applyPeers(ground, book);
    state.peers = publicPeers(config, book);
    save();
  },
  down({ machine, config, say }) {
    const name = config.wireguard?.interface;
    // wireguard-go ends with its interface.
    if (name && exists(machine, name) && isTunnel(machine, name) && machine.run('ip', ['link', 'del', name]).ok)
      say(`${name}: removed`);
  },
  check({ machine, config }) {
    if (!config.wireguard) return [];
    const { interface: name, port } = config.wireguard;
    if (!machine.tool('wg')) return [fail('wireguard', 'wg is not installed', 'apt install wireguard-tools')];
    if (!exists(machine, name))
      return [fail('wireguard', `${name} does not exist`, 'run "phonehome gateway up" again')];
    return [ok('wireguard', `${name} listens on UDP port ${port}`)] satisfies GatewayCheck[];
  },
};

const publicPeers = (config: GatewayConfig, book: PeerBook): Ground['state']['peers'] => {
  const { wireguard } = config;
  return wireguard ? book.peers.map(({ name, number }) => ({ name, ...addressesOf(wireguard, number) })) : [];
};

/** Gives a tunnel that is up its phones; notes them for the lab. */
export function applyPeers(ground: Pick<Ground, 'machine' | 'config' | 'runDir' | 'state'>, book: PeerBook): void {
  const { machine, config, runDir, state } = ground;
  if (!config.wireguard) return;
  const file = join(runDir, 'wireguard.conf');
  machine.write(file, serverConf(book, config.wireguard), 0o600);
  must(machine.run('wg', ['syncconf', config.wireguard.interface, file]), 'the tunnel could not be configured');
  machine.remove(file);
  state.peers = publicPeers(config, book);
}

const READY_TRIES = 40;
const READY_WAIT_MS = 50;

function makeInterface(machine: Machine, name: string): string {
  if (machine.run('ip', ['link', 'add', name, 'type', 'wireguard']).ok) return 'kernel';
  if (!machine.tool('wireguard-go'))
    throw new LabError(
      'this kernel has no WireGuard: apt install wireguard-go, or remove "wireguard" from the configuration',
    );
  must(machine.run('wireguard-go', [name]), 'wireguard-go did not start');
  for (let tries = 0; tries < READY_TRIES; tries++) {
    if (machine.run('wg', ['show', name]).ok) return 'wireguard-go';
    machine.wait(READY_WAIT_MS);
  }
  throw new LabError(`wireguard-go made no interface ${name}: is /dev/net/tun there?`);
}

const exists = (machine: Machine, name: string): boolean => readInterfaces(machine).some((one) => one.name === name);
const isTunnel = (machine: Machine, name: string): boolean => machine.run('wg', ['show', name]).ok;

/** Phones of the tunnel with what `wg` knows of them; without root the book alone. */
export function readTunnel(machine: Machine, config: GatewayConfig, book: PeerBook): TunnelPeer[] {
  const { wireguard } = config;
  if (!wireguard) return [];
  const ran = machine.run('wg', ['show', wireguard.interface, 'dump']);
  const rows = new Map((ran.ok ? ran.out : '').split('\n').map((line) => [line.split('\t')[0], line.split('\t')]));
  return book.peers.map(({ name, publicKey, number }) => {
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
