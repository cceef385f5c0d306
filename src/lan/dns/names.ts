/**
 * Names and addresses that decide whether a phone's look-ups stay visible. Data, each with its source.
 */

/**
 * Asked before an app or a system hides its look-ups; "no such name" makes it use the network's resolver.
 * `use-application-dns.net`: Mozilla's canary. `mask*.icloud.com`: Apple, "Prepare your network for iCloud Private Relay".
 * `_dns.resolver.arpa`: discovery of designated resolvers (RFC 9462).
 */
export const DENIED_NAMES: ReadonlySet<string> = new Set([
  'use-application-dns.net',
  'mask.icloud.com',
  'mask-h2.icloud.com',
  '_dns.resolver.arpa',
]);

/**
 * Public resolvers that take look-ups over HTTPS: what apps, browsers and phone makers have built in. Names and
 * addresses from the operators' own set-up pages. A connection to one hides names from the lab's own resolver.
 */
const DOH_OPERATORS: readonly { operator: string; names: readonly string[]; addresses: readonly string[] }[] = [
  {
    operator: 'Google Public DNS',
    names: ['dns.google', 'dns64.dns.google', '8888.google', 'dns.google.com'],
    addresses: ['8.8.8.8', '8.8.4.4', '2001:4860:4860::8888', '2001:4860:4860::8844'],
  },
  {
    operator: 'Cloudflare',
    names: [
      'cloudflare-dns.com',
      'one.one.one.one',
      '1dot1dot1dot1.cloudflare-dns.com',
      'chrome.cloudflare-dns.com',
      'mozilla.cloudflare-dns.com',
      'security.cloudflare-dns.com',
      'family.cloudflare-dns.com',
      'cloudflare-gateway.com',
    ],
    addresses: ['1.1.1.1', '1.0.0.1', '1.1.1.2', '1.0.0.2', '2606:4700:4700::1111', '2606:4700:4700::1001'],
  },
  {
    operator: 'Quad9',
    names: ['dns.quad9.net', 'dns9.quad9.net', 'dns10.quad9.net', 'dns11.quad9.net'],
    addresses: ['9.9.9.9', '149.112.112.112', '2620:fe::fe', '2620:fe::9'],
  },
  {
    operator: 'AdGuard',
    names: ['dns.adguard-dns.com', 'dns.adguard.com', 'unfiltered.adguard-dns.com', 'family.adguard-dns.com'],
    addresses: ['94.140.14.14', '94.140.15.15', '2a10:50c0::ad1:ff', '2a10:50c0::ad2:ff'],
  },
  {
    operator: 'Cisco OpenDNS',
    names: ['doh.opendns.com', 'dns.opendns.com', 'doh.familyshield.opendns.com', 'dns.umbrella.com'],
    addresses: ['208.67.222.222', '208.67.220.220', '2620:119:35::35', '2620:119:53::53'],
  },
  { operator: 'NextDNS', names: ['dns.nextdns.io', 'dns1.nextdns.io', 'firefox.dns.nextdns.io'], addresses: [] },
  { operator: 'CleanBrowsing', names: ['doh.cleanbrowsing.org'], addresses: ['185.228.168.9', '185.228.169.9'] },
  { operator: 'Mullvad', names: ['dns.mullvad.net', 'doh.mullvad.net'], addresses: ['194.242.2.2'] },
  {
    operator: 'Control D',
    names: ['dns.controld.com', 'freedns.controld.com'],
    addresses: ['76.76.2.0', '76.76.10.0'],
  },
  { operator: 'DNS.SB', names: ['doh.dns.sb', 'doh.sb'], addresses: ['185.222.222.222', '45.11.45.11'] },
  { operator: 'AliDNS (Alibaba)', names: ['dns.alidns.com'], addresses: ['223.5.5.5', '223.6.6.6', '2400:3200::1'] },
  {
    operator: 'DNSPod (Tencent)',
    names: ['doh.pub', 'dot.pub', 'dns.pub', 'doh.dns.pub', 'sm2.doh.pub'],
    addresses: ['1.12.12.12', '120.53.53.53'],
  },
  { operator: '360 Secure DNS', names: ['doh.360.cn', 'doh.360.net', 'dot.360.cn'], addresses: ['101.226.4.6'] },
  { operator: 'OneDNS', names: ['doh.onedns.net', 'doh-pure.onedns.net'], addresses: ['117.50.10.10'] },
  { operator: 'TWNIC Quad 101', names: ['dns.twnic.tw'], addresses: ['101.101.101.101'] },
  { operator: 'IIJ', names: ['public.dns.iij.jp'], addresses: [] },
  { operator: 'Apple', names: ['doh.dns.apple.com'], addresses: [] },
];

const byName = new Map(DOH_OPERATORS.flatMap(({ operator, names }) => names.map((name) => [name, operator])));
const byAddress = new Map(DOH_OPERATORS.flatMap(({ operator, addresses }) => addresses.map((ip) => [ip, operator])));

/** Who answers look-ups over HTTPS at this name or address; null for everybody else. NextDNS and others put an account before the name. */
export function dohOperator(host: string, ip: string | null): string | null {
  const name = host.toLowerCase();
  return byName.get(name) ?? byName.get(name.slice(name.indexOf('.') + 1)) ?? byAddress.get(ip ?? host) ?? null;
}
