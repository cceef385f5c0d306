/**
 * What the operator says about the lab's network. A small file, everything but the two interfaces has a default.
 * Promise: a configuration that parses can be turned into rules; what cannot is refused with the field's name.
 */

import ipaddr from 'ipaddr.js';
import { labError } from '../formats/refusal.ts';
import { say } from '../formats/say.ts';
import { type ParsedValues, problemText, readValues } from '../formats/yaml-document.ts';
import { type Text, text } from '../model/text.ts';

export interface GatewayConfig {
  /** Interface the phones are on; with a tunnel alone (no `lan` in the file) the tunnel's. */
  lan: string;
  /** Interface towards the internet. */
  uplink: string;
  /** The gateway's own address on `lan`, with prefix length. */
  address: string;
  /** The same for IPv6; null switches IPv6 off on the lab network. */
  address6: string | null;
  /** Give addresses to phones. False where somebody else does and names this gateway as router. */
  dhcp: boolean;
  /** Access point; null when `lan` is wired or somebody else's access point bridges to it. */
  accessPoint: { ssid: string; passphrase: string; country: string; channel: number } | null;
  /** For phones that cannot join the lab's Wi-Fi; null: none. */
  wireguard: WireguardConfig | null;
  /** How connections reach the listener: `redirect` needs no right of the lab's process, `tproxy` needs CAP_NET_ADMIN. */
  mode: 'redirect' | 'tproxy';
  /** Ports of the unprivileged lab. */
  transparentPort: number;
  dnsPort: number;
  uiPort: number;
}

export interface WireguardConfig {
  interface: string;
  /** UDP port phones call. */
  port: number;
  /** The gateway's address in the tunnel, with prefix length; phones get the following ones. */
  address: string;
  address6: string | null;
  /** Name or address under which phones reach this machine, without a port. */
  endpoint: string;
}

/** One network of phones: everything the rules must know about it. */
export interface PhoneSide {
  interface: string;
  address: string;
  address6: string | null;
}

/** The networks phones are on: the lan, the tunnel, or both. */
export function phoneSides(config: GatewayConfig): PhoneSide[] {
  const { lan, address, address6, wireguard } = config;
  if (!wireguard) return [{ interface: lan, address, address6 }];
  const tunnel = { interface: wireguard.interface, address: wireguard.address, address6: wireguard.address6 };
  return lan === wireguard.interface ? [tunnel] : [{ interface: lan, address, address6 }, tunnel];
}

/** True when phones join by the tunnel alone. */
export const isTunnelOnly = (config: GatewayConfig): boolean => config.lan === config.wireguard?.interface;

/** IFNAMSIZ is 16 with its NUL; a slash or a space would end the name in a rule. */
const isInterface = (name: string): boolean => /^[A-Za-z0-9._-]{1,15}$/.test(name) && !/^\.+$/.test(name);
const isEndpoint = (text: string): boolean => ipaddr.isValid(text) || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251})$/.test(text);

/** Reads YAML or JSON. Throws a `LabError` naming the field and what it takes. */
export function parseGatewayConfig(written: string, fileName: string): GatewayConfig {
  const read = readValues(written, 'typed');
  if (!read.ok) throw labError(problemText(fileName, read.problem));
  const { lineOf } = read;
  const fields = openFields({ given: read.value ?? {}, fileName, lineOf, within: [] });

  const wireguard = fields.has('wireguard')
    ? readWireguard(openFields({ given: fields.take('wireguard'), fileName, lineOf, within: ['wireguard'] }))
    : null;
  // Without an interface of its own the tunnel is the lan.
  const lan = fields.text('lan', 'lan', isInterface, wireguard?.interface);
  const tunnelOnly = lan === wireguard?.interface;
  const uplink = fields.text(
    'uplink',
    'uplink',
    (name) => isInterface(name) && name !== lan && name !== wireguard?.interface,
  );
  const ssid = fields.has('ssid');
  const accessPoint = ssid ? readAccessPoint(fields) : fields.ignore('passphrase', 'country', 'channel');
  const address = fields.cidr('address', 'ipv4', '10.77.0.1/24');
  const address6 = fields.cidrOrNull('address6', 'ipv6', 'fd77::1/64');
  const config: GatewayConfig = {
    lan,
    uplink,
    address: tunnelOnly ? wireguard.address : address,
    address6: tunnelOnly ? wireguard.address6 : address6,
    dhcp: fields.flag('dhcp', !tunnelOnly) && !tunnelOnly,
    accessPoint,
    wireguard,
    mode: fields.text('mode', 'mode', (mode) => mode === 'redirect' || mode === 'tproxy', 'redirect') as
      | 'redirect'
      | 'tproxy',
    transparentPort: fields.port('transparentPort', 8443),
    dnsPort: fields.port('dnsPort', 8053),
    uiPort: fields.port('uiPort', 8081),
  };
  fields.end();
  return config;
}

function readAccessPoint(fields: Fields): GatewayConfig['accessPoint'] {
  return {
    ssid: fields.text('ssid', 'ssid', (name) => {
      const bytes = Buffer.byteLength(name);
      return bytes >= 1 && bytes <= 32 && !hasControl(name);
    }),
    // WPA2 passphrases are 8 to 63 printable ASCII characters (IEEE 802.11i, annex H.4).
    passphrase: fields.text('passphrase', 'passphrase', (given) => /^[ -~]{8,63}$/.test(given)),
    country: fields.text('country', 'country', (given) => /^[A-Z]{2}$/.test(given)),
    channel: fields.number('channel', 'channel', 1, 196, 6),
  };
}

function readWireguard(fields: Fields): WireguardConfig {
  const config = {
    interface: fields.text('interface', 'interface', isInterface, 'phonehome0'),
    port: fields.port('port', 51820),
    address: fields.cidr('address', 'ipv4', '10.78.0.1/24'),
    address6: fields.cidrOrNull('address6', 'ipv6', 'fd78::1/64'),
    endpoint: fields.text('endpoint', 'endpoint', isEndpoint),
  };
  fields.end();
  return config;
}

/** What a field takes: the last part of the key that says it. */
type Takes =
  | 'lan'
  | 'uplink'
  | 'mode'
  | 'ssid'
  | 'passphrase'
  | 'country'
  | 'channel'
  | 'interface'
  | 'endpoint'
  | 'port'
  | 'flag'
  | 'ipv4'
  | 'ipv6';

interface Fields {
  has(field: string): boolean;
  take(field: string): unknown;
  text(field: string, takes: Takes, valid: (value: string) => boolean, standard?: string): string;
  number(field: string, takes: Takes, least: number, most: number, standard: number): number;
  port(field: string, standard: number): number;
  flag(field: string, standard: boolean): boolean;
  cidr(field: string, family: 'ipv4' | 'ipv6', standard: string): string;
  /** Null and false say "none". */
  cidrOrNull(field: string, family: 'ipv4' | 'ipv6', standard: string): string | null;
  /** Known fields that mean nothing here. */
  ignore(...names: string[]): null;
  /** @throws LabError for a field nobody asked for */
  end(): void;
}

interface FieldsOptions {
  given: unknown;
  fileName: string;
  lineOf: (ParsedValues & { ok: true })['lineOf'];
  /** The fields they stand in. */
  within: readonly string[];
}

/** Every field is asked for once. */
function openFields({ given, fileName, lineOf, within }: FieldsOptions): Fields {
  const fail = (path: readonly string[], problem: Text): never => {
    const field = path.join('.');
    const why = field ? text('gateway.file.named', { field, problem }) : problem;
    throw labError(problemText(fileName, { line: lineOf(...path), field: null, problem: say(why), text: why }));
  };
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return fail(within, text(within.length > 0 ? 'gateway.file.takes-lines' : 'gateway.file.needs-lines'));
  const left = new Map(Object.entries(given));
  const refuse = (field: string, takes: Takes): never =>
    fail([...within, field], text('gateway.file.takes', { takes: text(`gateway.file.${takes}`) }));
  const take = (field: string): unknown => {
    const value = left.get(field);
    left.delete(field);
    return value;
  };
  const fields: Fields = {
    has: (field) => left.get(field) !== undefined && left.get(field) !== null,
    take,
    text(field, takes, valid, standard) {
      // `ssid: 1234` is a number to YAML and a name to people.
      const raw = take(field) ?? standard;
      const value = typeof raw === 'number' ? String(raw) : raw;
      return typeof value === 'string' && valid(value) ? value : refuse(field, takes);
    },
    number(field, takes, least, most, standard) {
      const value = take(field) ?? standard;
      return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
        ? value
        : refuse(field, takes);
    },
    port: (field, standard) => fields.number(field, 'port', 1, 65535, standard),
    flag(field, standard) {
      const value = take(field) ?? standard;
      return typeof value === 'boolean' ? value : refuse(field, 'flag');
    },
    cidr: (field, family, standard) => fields.text(field, family, (given) => isHostCidr(given, family), standard),
    cidrOrNull(field, family, standard) {
      if (left.get(field) !== null && left.get(field) !== false) return fields.cidr(field, family, standard);
      left.delete(field);
      return null;
    },
    ignore(...names) {
      for (const name of names) left.delete(name);
      return null;
    },
    end() {
      for (const [field, value] of left)
        if (value !== undefined) fail([...within, field], text('gateway.file.unknown'));
    },
  };
  return fields;
}

const hasControl = (text: string): boolean => [...text].some((char) => (char.codePointAt(0) ?? 0) < 32);

/** An address of a host in a network with room for phones: neither a whole network nor a single address. */
function isHostCidr(text: string, family: 'ipv4' | 'ipv6'): boolean {
  if (!ipaddr.isValidCIDR(text)) return false;
  const [address, bits] = ipaddr.parseCIDR(text);
  if (address.kind() !== family || bits > (family === 'ipv4' ? 29 : 120)) return false;
  return networkOf(text).split('/')[0] !== address.toString();
}

/** The network an address with prefix length stands in, e.g. `10.77.0.0/24`. */
export function networkOf(cidr: string): string {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  const network =
    address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${network.toString()}/${bits}`;
}

/** The address alone, without the prefix length. */
export const hostOf = (cidr: string): string => ipaddr.parseCIDR(cidr)[0].toString();
