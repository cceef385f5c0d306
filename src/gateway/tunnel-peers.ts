/**
 * The phones of the WireGuard tunnel: `DATA/wireguard.json`, mode 0600, with the gateway's private key and the peers'
 * public ones. A phone's own private key is made here, shown once, and kept nowhere.
 */

import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import ipaddr from 'ipaddr.js';
import { urlHost } from '../formats/address.ts';
import { labError } from '../formats/refusal.ts';
import { text } from '../model/text.ts';
import { hostOf, type WireguardConfig } from './config.ts';
import type { Machine } from './machine.ts';

export interface Peer {
  /** Also the id of the registered device it stands for. */
  name: string;
  publicKey: string;
  presharedKey: string;
  /** Place in the tunnel's network, from 1: `10.78.0.0` + number. */
  number: number;
}

export interface PeerList {
  v: 1;
  privateKey: string;
  peers: Peer[];
}

const KEY = /^[A-Za-z0-9+/]{43}=$/;
/** What a device id may be, and safe in a file and on a terminal. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const peersPath = (dataDir: string): string => join(dataDir, 'wireguard.json');

/** An empty list with a new key when there is none yet. @throws LabError when the file is broken */
export function readPeers(machine: Pick<Machine, 'read'>, dataDir: string): PeerList {
  const written = machine.read(peersPath(dataDir));
  if (written === null) return { v: 1, privateKey: createKeys().privateKey, peers: [] };
  try {
    const list = JSON.parse(written) as PeerList;
    const sound = list.peers.every(
      ({ name, publicKey, presharedKey, number }) =>
        NAME.test(name) && KEY.test(publicKey) && KEY.test(presharedKey) && Number.isInteger(number) && number > 0,
    );
    if (list.v === 1 && KEY.test(list.privateKey) && sound) return list;
  } catch {
    // Said below.
  }
  throw labError(text('gateway.peers-broken', { path: peersPath(dataDir) }));
}

export function savePeers(machine: Machine, dataDir: string, list: PeerList): void {
  machine.write(peersPath(dataDir), `${JSON.stringify(list, null, 2)}\n`, 0o600);
}

/** Addresses of a peer, without prefix lengths. */
export function addressesOf(wireguard: WireguardConfig, number: number): { address: string; address6: string | null } {
  return {
    address: nth(wireguard.address, number),
    address6: wireguard.address6 === null ? null : nth(wireguard.address6, number),
  };
}

/** The new peer and what its phone must be given. @throws LabError for a name that is taken or odd, and a full network */
export function addPeer(
  list: PeerList,
  wireguard: WireguardConfig,
  name: string,
): { list: PeerList; peer: Peer; config: string } {
  if (!NAME.test(name)) throw labError(text('gateway.peer-name'));
  if (list.peers.some((peer) => peer.name === name)) throw labError(text('gateway.peer-there', { name }));
  const own = hostNumber(wireguard.address);
  const taken = new Set([own, ...list.peers.map((peer) => peer.number)]);
  const last = 2 ** Math.min(16, 32 - ipaddr.parseCIDR(wireguard.address)[1]) - 2;
  let number = 1;
  while (taken.has(number)) number++;
  if (number > last) throw labError(text('gateway.tunnel-full', { address: wireguard.address }));
  const keys = createKeys();
  const peer = { name, publicKey: keys.publicKey, presharedKey: randomBytes(32).toString('base64'), number };
  const { address, address6 } = addressesOf(wireguard, number);
  const endpoint = urlHost(wireguard.endpoint);
  const config = [
    '[Interface]',
    `PrivateKey = ${keys.privateKey}`,
    `Address = ${address}/32${address6 ? `, ${address6}/128` : ''}`,
    `DNS = ${hostOf(wireguard.address)}`,
    '',
    '[Peer]',
    `PublicKey = ${publicKeyOf(list.privateKey)}`,
    `PresharedKey = ${peer.presharedKey}`,
    // Both families even where the tunnel has no IPv6: nothing of the phone may go around it.
    'AllowedIPs = 0.0.0.0/0, ::/0',
    `Endpoint = ${endpoint}:${wireguard.port}`,
    'PersistentKeepalive = 25',
    '',
  ].join('\n');
  return { list: { ...list, peers: [...list.peers, peer] }, peer, config };
}

/** The gateway's side, as `wg syncconf` takes it. */
export function serverConf(list: PeerList, wireguard: WireguardConfig): string {
  const peers = list.peers.flatMap(({ name, publicKey, presharedKey, number }) => {
    const { address, address6 } = addressesOf(wireguard, number);
    return [
      '',
      `# ${name}`,
      '[Peer]',
      `PublicKey = ${publicKey}`,
      `PresharedKey = ${presharedKey}`,
      `AllowedIPs = ${address}/32${address6 ? `, ${address6}/128` : ''}`,
    ];
  });
  return ['[Interface]', `PrivateKey = ${list.privateKey}`, `ListenPort = ${wireguard.port}`, ...peers, ''].join('\n');
}

/** PKCS#8 and SPKI of X25519 end in the 32 raw bytes (RFC 8410), which is what WireGuard writes in base64. */
function createKeys(): { privateKey: string; publicKey: string } {
  const pair = generateKeyPairSync('x25519');
  const raw = (der: Buffer): string => der.subarray(-32).toString('base64');
  return {
    privateKey: raw(pair.privateKey.export({ type: 'pkcs8', format: 'der' })),
    publicKey: raw(pair.publicKey.export({ type: 'spki', format: 'der' })),
  };
}

const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');

export function publicKeyOf(privateKey: string): string {
  const der = Buffer.concat([PKCS8_X25519, Buffer.from(privateKey, 'base64')]);
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return key.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
}

/** Network address + number; numbers stay below 65,536, so that the last two bytes are enough. */
function nth(cidr: string, number: number): string {
  const [address] = ipaddr.parseCIDR(cidr);
  const v4 = address.kind() === 'ipv4';
  const network = v4 ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  const bytes = network.toByteArray();
  const low = ((bytes.at(-2) ?? 0) << 8) + (bytes.at(-1) ?? 0) + number;
  bytes[bytes.length - 2] = (low >> 8) & 255;
  bytes[bytes.length - 1] = low & 255;
  return ipaddr.fromByteArray(bytes).toString();
}

function hostNumber(cidr: string): number {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  const bytes = address.toByteArray();
  const mask = 2 ** Math.min(16, bytes.length * 8 - bits) - 1;
  return (((bytes.at(-2) ?? 0) << 8) + (bytes.at(-1) ?? 0)) & mask;
}
