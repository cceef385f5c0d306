/**
 * How many of the addresses for phones are given away, from dnsmasq's own list. When all are, dnsmasq does not answer: a
 * phone that joins says "connected, no internet" or leaves again, and nothing tells it why.
 */

import type { GatewayCheck } from '../model/gateway.ts';
import { text } from '../model/text.ts';
import type { GatewayConfig } from './config.ts';
import { fail } from './part.ts';
import { poolSize } from './service-files.ts';

/** Lines of dnsmasq's lease file (its contrib/lease-tools): expiry in seconds since the epoch (0: never), MAC, address, name, id. */
const LEASE = /^(\d+) \S+ (\d+\.\d+\.\d+\.\d+) /;

/** Nothing to say while one is left. @param leases content of the file, null when there is none */
export function checkPool(config: GatewayConfig, leases: string | null, now: number): GatewayCheck[] {
  if (!config.dhcp) return [];
  const size = poolSize(config.address);
  let given = 0;
  for (const line of (leases ?? '').split('\n')) {
    const expiry = Number(LEASE.exec(line)?.[1] ?? Number.NaN);
    if (expiry === 0 || expiry * 1000 > now) given++;
  }
  if (given < size) return [];
  return [fail('addresses for phones', text('gateway.pool', { size }), text('gateway.pool.do'))];
}
