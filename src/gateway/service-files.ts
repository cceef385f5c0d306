/**
 * The other files of the gateway, as text: kernel settings, dnsmasq (addresses for phones), hostapd (the access point).
 * Names are answered by the lab's own forwarder, so dnsmasq is DHCP and router advertisements only (`port=0`).
 * hostapd's file is checked by reading alone where no radio is: docs/gateway.md says so.
 */
import ipaddr from 'ipaddr.js';
import { type GatewayConfig, hostOf, networkOf, phoneSides } from './config.ts';

export interface Sysctl {
  /** As sysctl(8) takes it. */
  name: string;
  value: string;
  why: string;
}

/** Kernel settings while the gateway is up, with what each is for. The values before are restored by `down`. */
export function sysctls(config: GatewayConfig): Sysctl[] {
  const sides6 = phoneSides(config).filter(({ address6 }) => address6);
  const v6: Sysctl[] =
    sides6.length > 0
      ? [
          { name: 'net.ipv6.conf.all.forwarding', value: '1', why: 'the same for IPv6' },
          ...sides6.map((side) => ({
            name: `net/ipv6/conf/${side.interface}/keep_addr_on_down`,
            value: '1',
            why: 'an interface that goes down and comes back has lost its IPv6 address otherwise',
          })),
          {
            // A slash first: dots in the rest belong to the interface's name (sysctl(8)).
            name: `net/ipv6/conf/${config.uplink}/accept_ra`,
            value: '2',
            why: 'a forwarding machine ignores its own router otherwise, and loses its IPv6 route',
          },
        ]
      : [];
  return [
    { name: 'net.ipv4.ip_forward', value: '1', why: 'forward what is not intercepted' },
    ...v6,
    { name: 'net.netfilter.nf_conntrack_acct', value: '1', why: 'bytes of every flow for the inventory' },
    { name: 'net.netfilter.nf_conntrack_tcp_timeout_time_wait', value: '10', why: 'ended flows are reported soon' },
    {
      name: 'net.ipv4.ip_local_port_range',
      value: '10240 65535',
      why: 'without it 1,000 connections a second to one server fail after 17,000',
    },
    { name: 'net.ipv4.tcp_tw_reuse', value: '1', why: 'the same' },
  ];
}

export interface DnsmasqPaths {
  leases: string;
  pid: string;
  /** Script run for every lease: see `dhcpScript`. */
  script: string;
}

/** Where the kernel keeps it. */
export const sysctlPath = (name: string): string =>
  `/proc/sys/${name.includes('/') ? name : name.replaceAll('.', '/')}`;

/** Addresses for phones: the upper part of the network, an hour each, the gateway as router and resolver. */
export function dnsmasqConf(config: GatewayConfig, paths: DnsmasqPaths): string {
  const [first, last] = poolOf(config.address);
  const router = hostOf(config.address);
  return [
    '# DHCP and router advertisements for the phones; names are answered by the lab (port=0)',
    'port=0',
    `interface=${config.lan}`,
    'bind-interfaces',
    'except-interface=lo',
    `pid-file=${paths.pid}`,
    `dhcp-range=${first},${last},1h`,
    `dhcp-option=option:router,${router}`,
    `dhcp-option=option:dns-server,${router}`,
    ...(config.address6
      ? [
          'enable-ra',
          `dhcp-range=${ipaddr.IPv6.networkAddressFromCIDR(config.address6).toString()},ra-stateless,64,1h`,
          `dhcp-option=option6:dns-server,[${hostOf(config.address6)}]`,
        ]
      : []),
    'dhcp-authoritative',
    `dhcp-leasefile=${paths.leases}`,
    '# tells the lab host name, vendor class and option list of every phone that asks for an address',
    `dhcp-script=${paths.script}`,
    'script-on-renewal',
    '',
  ].join('\n');
}

/** First and last address of the pool: from .100 on a /24, from the middle on other sizes. */
function poolOf(cidr: string): [string, string] {
  const { first, last } = poolNumbers(cidr);
  const text = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
  return [text(first), text(last)];
}

function poolNumbers(cidr: string): { first: number; last: number } {
  const bits = ipaddr.parseCIDR(cidr)[1];
  const bytes = ipaddr.IPv4.networkAddressFromCIDR(cidr).toByteArray();
  const network = Buffer.from(bytes).readUInt32BE();
  const size = 2 ** (32 - bits);
  return { first: network + (bits === 24 ? 100 : size / 2), last: network + size - (size > 16 ? 6 : 2) };
}

/** How many phones can have an address at once. */
export function poolSize(cidr: string): number {
  const { first, last } = poolNumbers(cidr);
  return last - first + 1;
}

/** WPA2-PSK access point (802.11n). `wpa_psk_file` is not used: one network, one passphrase. Null without an access point. */
export function hostapdConf(config: GatewayConfig): string | null {
  if (!config.accessPoint) return null;
  const { ssid, passphrase, country, channel } = config.accessPoint;
  return [
    `interface=${config.lan}`,
    'driver=nl80211',
    `ssid2=${[...Buffer.from(ssid)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`,
    `country_code=${country}`,
    'ieee80211d=1',
    `hw_mode=${channel > 14 ? 'a' : 'g'}`,
    `channel=${channel}`,
    'ieee80211n=1',
    'wmm_enabled=1',
    'auth_algs=1',
    'wpa=2',
    'wpa_key_mgmt=WPA-PSK',
    'rsn_pairwise=CCMP',
    `wpa_passphrase=${passphrase}`,
    '# phones must not see each other: what one sends another would pass the lab by',
    'ap_isolate=1',
    '',
  ].join('\n');
}

/**
 * What dnsmasq runs for every lease (dnsmasq(8), --dhcp-script): appends one line of tab-separated fields to a log:
 * seconds since the epoch, add|old|del, MAC, address, host name, vendor class, requested options, client id.
 * The log starts again at 1 MB: it is news, not an archive. Control characters become spaces.
 */
export function dhcpScript(log: string): string {
  return [
    '#!/bin/sh',
    '# Tells the lab which phone got which address, and how it introduced itself.',
    'case "$1" in add|old|del) ;; *) exit 0 ;; esac',
    `log='${log}'`,
    '[ "$(wc -c 2>/dev/null <"$log")" -lt 1048576 ] 2>/dev/null || : >"$log"',
    "tab=$(printf '\\t') line=",
    'for field in "$(date +%s)" "$1" "$2" "$3" "$4" "$DNSMASQ_VENDOR_CLASS" "$DNSMASQ_REQUESTED_OPTIONS" "$DNSMASQ_CLIENT_ID"; do',
    `  line="$line$(printf %s "$field" | tr '[:cntrl:]' ' ')$tab"`,
    'done',
    'printf "%s\\n" "$line" >>"$log"',
    '',
  ].join('\n');
}

/** The networks of both families, for the guard that keeps the proxy out of the lab's own network. */
export const labNetworks = (config: GatewayConfig): string[] =>
  phoneSides(config)
    .flatMap(({ address, address6 }) => (address6 ? [address, address6] : [address]))
    .map(networkOf);
