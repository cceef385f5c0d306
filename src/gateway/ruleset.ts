/**
 * The nftables rules of the gateway, as text that `nft -f` loads in one transaction.
 * Promise: every TCP connection that comes in on the phones' side reaches the lab's listener or is refused; when the lab
 * is down the kernel answers "refused" (fails closed). Nothing else of the machine's rules is touched: one table of our
 * own, hooked on the phones' interfaces only, so that the operator's ssh over another interface is never in it.
 */
import { FOREIGN, TABLE } from '../formats/nft-json.ts';
import { type GatewayConfig, hostOf, networkOf, type PhoneSide, phoneSides } from './config.ts';

/** How a table of ours is told from somebody else's of the same name. */
export const TABLE_COMMENT = 'phonehome gateway';

/** Packets for the listener in tproxy mode: marked in the rules, delivered to this machine by a rule of this routing table. */
export const TPROXY_MARK = '0x7068';
export const TPROXY_TABLE = '7068';

/** Refused attempts per phone and destination are remembered an hour; 4,096 of them are 300 KB of kernel memory. */
const REFUSED_SET = `flags dynamic, timeout; timeout 1h; size 4096; counter;`;

/** What was forwarded is remembered for a day after its last packet, for a lab that comes late. */
const PAST_SET = `inet_proto; flags dynamic, timeout; timeout 1d; size 4096; counter;`;

/** QUIC and encrypted DNS are refused, so that apps fall back to what can be read. */
export const REFUSED = {
  quic: { protocol: 'udp', port: 443 },
  dot: { protocol: 'tcp', port: 853 },
  doq: { protocol: 'udp', port: 853 },
} as const;
export type Refused = keyof typeof REFUSED;

/**
 * Comments are kept in the kernel: `nft list table inet phonehome` explains itself.
 * @param id tells the gateways of two data directories apart
 */
export function ruleset(config: GatewayConfig, id = 'print'): string {
  const sides = phoneSides(config);
  const lan = anyOf(sides.map((side) => side.interface));
  const uplink = JSON.stringify(config.uplink);
  const sets = Object.keys(REFUSED).flatMap((name) => [
    `  set ${name}4 { type ipv4_addr . ipv4_addr . inet_service; ${REFUSED_SET} }`,
    `  set ${name}6 { type ipv6_addr . ipv6_addr . inet_service; ${REFUSED_SET} }`,
  ]);
  const refusals = Object.entries(REFUSED).flatMap(([name, { protocol, port }]) => {
    const match = `iifname ${lan} ${protocol} dport ${port}`;
    return [
      `    ${match} add @${name}4 { ip saddr . ip daddr . ${protocol} dport }`,
      `    ${match} add @${name}6 { ip6 saddr . ip6 daddr . ${protocol} dport }`,
      protocol === 'tcp' ? `    ${match} reject with tcp reset` : `    ${match} reject with icmpx port-unreachable`,
    ];
  });
  const setupPage = sides.flatMap(({ address, address6 }) => [
    `    ip daddr ${hostOf(address)} tcp dport 80 redirect to :${config.uiPort} comment "http://phonehome.lab/, the set-up page"`,
    `    ip daddr ${hostOf(address)} tcp dport 443 redirect to :${config.transparentPort} comment "https://phonehome.lab/, its self-test"`,
    ...(address6
      ? [
          `    ip6 daddr ${hostOf(address6)} tcp dport 80 redirect to :${config.uiPort}`,
          `    ip6 daddr ${hostOf(address6)} tcp dport 443 redirect to :${config.transparentPort}`,
        ]
      : []),
  ]);
  const networks6 = sides.flatMap(({ address6 }) => (address6 ? [networkOf(address6)] : []));
  // Creating the table before deleting it makes the file load whether or not one is left from before.
  return [
    `table inet ${TABLE}`,
    `delete table inet ${TABLE}`,
    `table inet ${TABLE} {`,
    `  comment "${TABLE_COMMENT} ${id}"`,
    ...sets,
    `  set past4 { type ipv4_addr . ipv4_addr . ${PAST_SET} }`,
    `  set past6 { type ipv6_addr . ipv6_addr . ${PAST_SET} }`,
    `  counter ${FOREIGN} { comment "packets of phones with an address that is not of their network" }`,
    '',
    '  chain foreign_in {',
    '    type filter hook prerouting priority raw; policy accept;',
    ...sides.flatMap(foreign),
    '  }',
    '',
    '  chain phones_in {',
    '    type nat hook prerouting priority dstnat; policy accept;',
    `    iifname != ${lan} accept`,
    `    meta l4proto { tcp, udp } th dport 53 redirect to :${config.dnsPort} comment "DNS of any resolver is answered here"`,
    ...setupPage,
    '    fib daddr type local accept comment "the set-up page and the proxy address"',
    '    tcp dport 853 accept comment "DNS over TLS: refused when forwarded"',
    ...(config.mode === 'redirect'
      ? [`    meta l4proto tcp redirect to :${config.transparentPort} comment "every TCP connection"`]
      : []),
    '  }',
    '',
    ...(config.mode === 'tproxy' ? tproxyChain(config, lan) : []),
    '  chain local_in {',
    '    type filter hook input priority filter; policy accept;',
    `    iifname != ${lan} tcp dport ${config.transparentPort} drop comment "the listener is for phones only"`,
    '  }',
    '',
    '  chain through {',
    '    type filter hook forward priority filter; policy accept;',
    ...refusals,
    `    iifname ${lan} meta l4proto tcp reject with tcp reset comment "TCP that did not reach the listener: fails closed"`,
    `    iifname ${lan} oifname ${uplink} update @past4 { ip saddr . ip daddr . meta l4proto }`,
    `    iifname ${lan} oifname ${uplink} update @past6 { ip6 saddr . ip6 daddr . meta l4proto }`,
    `    iifname ${lan} oifname ${uplink} accept`,
    `    iifname ${uplink} oifname ${lan} ct state established,related accept`,
    `    iifname ${lan} reject with icmpx admin-prohibited comment "nowhere else"`,
    `    oifname ${lan} drop comment "nobody calls a phone"`,
    '  }',
    '',
    '  chain out {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    ...sides.map(({ address }) => `    oifname ${uplink} ip saddr ${networkOf(address)} masquerade`),
    ...networks6.map((network) => `    oifname ${uplink} ip6 saddr ${network} masquerade`),
    '  }',
    '}',
    '',
  ].join('\n');
}

/** A phone asks for its first address from 0.0.0.0 or ::, and speaks to its neighbours from fe80::. */
function foreign({ interface: name, address, address6 }: PhoneSide): string[] {
  const dropped = `counter name ${FOREIGN} drop`;
  const own6 = ['::', 'fe80::/10', ...(address6 ? [networkOf(address6)] : [])].join(', ');
  return [
    `    iifname ${JSON.stringify(name)} ip saddr != { 0.0.0.0, ${networkOf(address)} } ${dropped}`,
    `    iifname ${JSON.stringify(name)} ip6 saddr != { ${own6} } ${dropped}`,
  ];
}

/** Hands packets to a listener without rewriting them. Where nobody listens they go on to `through`, which refuses them. */
function tproxyChain(config: GatewayConfig, lan: string): string[] {
  const to = (family: 'ip' | 'ip6') =>
    `    meta l4proto tcp meta nfproto ${family === 'ip' ? 'ipv4' : 'ipv6'} tproxy ${family} to :${config.transparentPort} meta mark set ${TPROXY_MARK} accept`;
  return [
    '  chain phones_tcp {',
    '    type filter hook prerouting priority mangle; policy accept;',
    `    iifname != ${lan} accept`,
    '    fib daddr type local accept',
    '    tcp dport { 53, 853 } accept',
    `    meta l4proto tcp socket transparent 1 meta mark set ${TPROXY_MARK} accept comment "connections already taken"`,
    to('ip'),
    to('ip6'),
    '  }',
    '',
  ];
}

/** What removes it again; harmless when there is nothing. */
export const removeRuleset = `table inet ${TABLE}\ndelete table inet ${TABLE}\n`;

/** One interface or any of several, as a rule names them. */
export function anyOf(names: string[]): string {
  const quoted = names.map((name) => JSON.stringify(name));
  return quoted.length === 1 ? String(quoted[0]) : `{ ${quoted.join(', ')} }`;
}
