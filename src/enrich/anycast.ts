/**
 * Addresses announced from many places at once: asking in which country they are is a wrong question, so the lab
 * answers "no single location". The list holds networks whose operators say so; an anycast address that is not
 * listed is placed by the databases, where their votes tend to be disputed.
 */
import { BlockList } from 'node:net';

/** [range, operator]; sources: the operators' published ranges and their documentation of resolvers. */
const RANGES: readonly [cidr: string, operator: string][] = [
  // Public resolvers
  ['8.8.8.8/32', 'Google'],
  ['8.8.4.4/32', 'Google'],
  ['2001:4860:4860::/48', 'Google'],
  ['1.1.1.0/24', 'Cloudflare'],
  ['1.0.0.0/24', 'Cloudflare'],
  ['9.9.9.0/24', 'Quad9'],
  ['149.112.112.0/24', 'Quad9'],
  ['2620:fe::/48', 'Quad9'],
  ['208.67.220.0/22', 'OpenDNS'],
  ['2620:119:35::/48', 'OpenDNS'],
  ['2620:119:53::/48', 'OpenDNS'],
  ['94.140.14.0/24', 'AdGuard'],
  ['94.140.15.0/24', 'AdGuard'],
  ['2a10:50c0::/32', 'AdGuard'],
  ['185.228.168.0/24', 'CleanBrowsing'],
  ['185.228.169.0/24', 'CleanBrowsing'],
  ['76.76.2.0/24', 'Control D'],
  ['76.76.10.0/24', 'Control D'],
  ['45.90.28.0/22', 'NextDNS'],
  ['2a07:a8c0::/29', 'NextDNS'],
  ['64.6.64.0/23', 'Vercara'],
  ['77.88.8.0/24', 'Yandex'],
  ['223.5.5.5/32', 'Alibaba'],
  ['223.6.6.6/32', 'Alibaba'],
  ['2400:3200::1/128', 'Alibaba'],
  ['2400:3200:baba::1/128', 'Alibaba'],
  ['119.29.29.29/32', 'Tencent'],
  ['119.28.28.28/32', 'Tencent'],
  ['114.114.114.114/32', '114DNS'],
  ['114.114.115.115/32', '114DNS'],
  ['180.76.76.76/32', 'Baidu'],
  // Content networks
  ['103.21.244.0/22', 'Cloudflare'],
  ['103.22.200.0/22', 'Cloudflare'],
  ['103.31.4.0/22', 'Cloudflare'],
  ['104.16.0.0/13', 'Cloudflare'],
  ['104.24.0.0/14', 'Cloudflare'],
  ['108.162.192.0/18', 'Cloudflare'],
  ['131.0.72.0/22', 'Cloudflare'],
  ['141.101.64.0/18', 'Cloudflare'],
  ['162.158.0.0/15', 'Cloudflare'],
  ['172.64.0.0/13', 'Cloudflare'],
  ['173.245.48.0/20', 'Cloudflare'],
  ['188.114.96.0/20', 'Cloudflare'],
  ['190.93.240.0/20', 'Cloudflare'],
  ['197.234.240.0/22', 'Cloudflare'],
  ['198.41.128.0/17', 'Cloudflare'],
  ['2400:cb00::/32', 'Cloudflare'],
  ['2405:8100::/32', 'Cloudflare'],
  ['2405:b500::/32', 'Cloudflare'],
  ['2606:4700::/32', 'Cloudflare'],
  ['2803:f800::/32', 'Cloudflare'],
  ['2a06:98c0::/29', 'Cloudflare'],
  ['2c0f:f248::/32', 'Cloudflare'],
  ['23.235.32.0/20', 'Fastly'],
  ['43.249.72.0/22', 'Fastly'],
  ['103.244.50.0/24', 'Fastly'],
  ['103.245.222.0/23', 'Fastly'],
  ['103.245.224.0/24', 'Fastly'],
  ['104.156.80.0/20', 'Fastly'],
  ['140.248.64.0/18', 'Fastly'],
  ['140.248.128.0/17', 'Fastly'],
  ['146.75.0.0/17', 'Fastly'],
  ['151.101.0.0/16', 'Fastly'],
  ['157.52.64.0/18', 'Fastly'],
  ['167.82.0.0/17', 'Fastly'],
  ['167.82.128.0/20', 'Fastly'],
  ['167.82.160.0/20', 'Fastly'],
  ['167.82.224.0/20', 'Fastly'],
  ['172.111.64.0/18', 'Fastly'],
  ['185.31.16.0/22', 'Fastly'],
  ['199.27.72.0/21', 'Fastly'],
  ['199.232.0.0/16', 'Fastly'],
  ['2a04:4e40::/32', 'Fastly'],
  ['2a04:4e42::/32', 'Fastly'],
  ['75.2.0.0/17', 'AWS Global Accelerator'],
  ['99.83.128.0/17', 'AWS Global Accelerator'],
];

export interface Anycast {
  has(address: string, family: 4 | 6): boolean;
}

export function createAnycastList(): Anycast {
  const list = new BlockList();
  for (const [cidr] of RANGES) {
    const slash = cidr.indexOf('/');
    list.addSubnet(cidr.slice(0, slash), Number(cidr.slice(slash + 1)), cidr.includes(':') ? 'ipv6' : 'ipv4');
  }
  return { has: (address, family) => list.check(address, family === 4 ? 'ipv4' : 'ipv6') };
}
