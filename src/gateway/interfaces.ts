/** This machine's interfaces, addresses, routes and listening ports, as `ip -j` and /proc tell them. */
import { ADDRESSES, defaultRoute, hasEntries, type Interface, parseInterfaces } from '../formats/ip-json.ts';
import type { Machine } from './machine.ts';

/** Empty when `ip` cannot be run. */
export function readInterfaces(machine: Machine): Interface[] {
  const ran = machine.run('ip', ADDRESSES);
  return ran.ok ? parseInterfaces(ran.out) : [];
}

export function hasDefaultRoute(machine: Machine, device: string, family: 4 | 6): boolean {
  const ran = machine.run('ip', defaultRoute(device, family));
  return ran.ok && hasEntries(ran.out);
}

const ESTABLISHED = '01';
const LISTEN = '0A';

/** Rows of /proc/net/tcp and tcp6 (proc(5)): local address as hex, port, state. */
function* sockets(machine: Machine): Generator<{ hex: string; port: number; state: string }> {
  for (const path of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (machine.read(path) ?? '').split('\n').slice(1)) {
      const [, local = '', , state = ''] = line.trim().split(/\s+/);
      const [hex = '', port = ''] = local.split(':');
      if (port) yield { hex, port: Number.parseInt(port, 16), state };
    }
  }
}

export function listens(machine: Machine, port: number): boolean {
  for (const socket of sockets(machine)) if (socket.state === LISTEN && socket.port === port) return true;
  return false;
}

/** Own addresses over which somebody is connected by ssh now: port 22, and what `SSH_CONNECTION` says. */
export function sshAddresses(machine: Machine): string[] {
  const found = new Set<string>();
  const told = machine.sshConnection?.split(' ')[2];
  if (told) found.add(told.replace(/%.*/, ''));
  for (const { hex, port, state } of sockets(machine))
    if (port === 22 && state === ESTABLISHED) found.add(addressFromHex(hex));
  return [...found];
}

/** 32-bit words in the machine's order (little-endian on every machine Node runs on). */
export function addressFromHex(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse());
  const v4 = bytes
    .slice(-4)
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
  if (bytes.length === 4) return v4;
  if (/^0{20}f{4}$/i.test(bytes.slice(0, 12).join(''))) return v4;
  const groups = bytes.join('').match(/.{4}/g) ?? [];
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
