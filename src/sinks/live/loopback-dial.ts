/** Through the API nothing but this machine can be dialled. */
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** `127.0.0.1:18080` or `[::1]:18080`. */
export function isLoopbackDial(dial: string): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(dial);
  const address = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? 0);
  const family = isIP(address);
  return family !== 0 && port > 0 && port < 65536 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
