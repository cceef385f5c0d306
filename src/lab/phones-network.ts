/** Which addresses are the phones' own: those of a gateway that is up, and those of registered phones. */
import ipaddr from 'ipaddr.js';
import { networkOf, phoneSides } from '../gateway/config.ts';
import { readRunningState } from '../gateway/state.ts';
import type { Device } from '../model/device.ts';

export function phonesNetworkOf(dataDir: string, devices: () => readonly Device[]): (ip: string) => boolean {
  return (ip) => {
    if (devices().some(({ match }) => match.ip === ip)) return true;
    const gateway = readRunningState(dataDir);
    if (!gateway) return false;
    const address = ipaddr.process(ip);
    return phoneSides(gateway.config)
      .flatMap(({ address: v4, address6: v6 }) => [v4, v6])
      .flatMap((cidr) => (cidr ? [ipaddr.parseCIDR(networkOf(cidr))] : []))
      .some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
  };
}
