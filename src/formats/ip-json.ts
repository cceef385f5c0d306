/** What `ip -j` tells of a machine's interfaces, addresses and routes. Promise: output that is no JSON is read as none. */

export interface Interface {
  name: string;
  up: boolean;
  /** A cable, or an access point in reach; null where the interface does not say. */
  carrier: boolean | null;
  addresses: { ip: string; bits: number; family: 4 | 6; duplicate: boolean; tentative: boolean }[];
}

interface IpAddrEntry {
  ifname?: string;
  flags?: string[];
  addr_info?: { family?: string; local?: string; prefixlen?: number; dadfailed?: boolean; tentative?: boolean }[];
}

/** What `ip` is asked. */
export const ADDRESSES = ['-j', 'addr', 'show'];
export const defaultRoute = (device: string, family: 4 | 6): string[] => [
  '-j',
  `-${family}`,
  'route',
  'show',
  'default',
  'dev',
  device,
];

export function parseInterfaces(json: string): Interface[] {
  return (parse(json) as IpAddrEntry[]).map(({ ifname = '', flags = [], addr_info = [] }) => ({
    name: ifname,
    up: flags.includes('UP'),
    carrier: flags.includes('NO-CARRIER') ? false : flags.includes('LOWER_UP') ? true : null,
    addresses: addr_info.flatMap(({ family, local, prefixlen, dadfailed, tentative }) =>
      local === undefined || prefixlen === undefined
        ? []
        : [
            {
              ip: local,
              bits: prefixlen,
              family: family === 'inet6' ? (6 as const) : (4 as const),
              duplicate: dadfailed === true,
              tentative: tentative === true,
            },
          ],
    ),
  }));
}

export const hasEntries = (json: string): boolean => parse(json).length > 0;

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text || '[]');
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
