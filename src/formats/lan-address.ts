/**
 * The address to type into a phone: the machine's own on the network a phone is most likely on.
 * Private IPv4 first (RFC 1918), Wi-Fi before cable, bridges and tunnels of virtual machines last.
 */
import type { NetworkInterfaceInfo } from 'node:os';

export interface LanAddress {
  name: string;
  address: string;
}

const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|tun|tap|wg|utun|zt|tailscale|lxc|cni|flannel)/;
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

/** Best first; empty when the machine is on no network. */
export function lanAddresses(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): LanAddress[] {
  return Object.entries(interfaces)
    .flatMap(([name, infos]) =>
      (infos ?? [])
        .filter((info) => info.family === 'IPv4' && !info.internal)
        .map(({ address }) => ({ name, address })),
    )
    .filter(({ address }) => !address.startsWith('169.254.'))
    .sort((a, b) => rank(b) - rank(a));
}

function rank({ name, address }: LanAddress): number {
  return (VIRTUAL.test(name) ? 0 : 4) + (PRIVATE.test(address) ? 2 : 0) + (/^(wl|ap)/.test(name) ? 1 : 0);
}

/** What a phone must use to reach a listener on `host`; null when no address is known. */
export function phoneAddress(host: string, interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string | null {
  const any = host === '0.0.0.0' || host === '::' || host === '';
  return any ? (lanAddresses(interfaces)[0]?.address ?? null) : host;
}
