/**
 * What the operator says about the lab's network. A small file, everything but the two interfaces has a default.
 * Promise: a configuration that parses can be turned into rules; what cannot is refused with the field's name.
 */

import ipaddr from 'ipaddr.js';
import { parse } from 'yaml';
import { LabError } from '../model/lab.ts';

export interface GatewayConfig {
  /** Interface the phones are on. */
  lan: string;
  /** Interface towards the internet. */
  uplink: string;
  /** The gateway's own address on `lan`, with prefix length. */
  address: string;
  /** The same for IPv6; null switches IPv6 off on the lab network. */
  address6: string | null;
  /** Access point; null when `lan` is wired or somebody else's access point bridges to it. */
  accessPoint: { ssid: string; passphrase: string; country: string; channel: number } | null;
  /** Ports of the unprivileged lab. */
  transparentPort: number;
  dnsPort: number;
  uiPort: number;
}

/** IFNAMSIZ is 16 with its NUL; a slash or a space would end the name in a rule. */
const INTERFACE = /^[A-Za-z0-9._-]{1,15}$/;

/** Reads YAML or JSON. Throws a `LabError` naming the field and what it takes. */
export function parseGatewayConfig(text: string, fileName: string): GatewayConfig {
  const given: unknown = parse(text) ?? {};
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new LabError(`${fileName}: a list of "name: value" lines is expected`);
  const fields = new Map(Object.entries(given));
  const fail = (field: string, takes: string): never => {
    throw new LabError(`${fileName}: ${field} takes ${takes}`);
  };
  const take = (field: string): unknown => {
    const value = fields.get(field);
    fields.delete(field);
    return value;
  };
  const text_ = (field: string, takes: string, valid: (value: string) => boolean, standard?: string): string => {
    const value = take(field) ?? standard;
    return typeof value === 'string' && valid(value) ? value : fail(field, takes);
  };
  const port = (field: string, standard: number): number => {
    const value = take(field) ?? standard;
    return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65536
      ? value
      : fail(field, 'a port number, 1 to 65535');
  };

  const lan = text_('lan', 'the name of the interface the phones are on, e.g. wlan0', (name) => INTERFACE.test(name));
  const uplink = text_(
    'uplink',
    'the name of the interface towards the internet, not the phones’ one, e.g. eth0',
    (name) => INTERFACE.test(name) && name !== lan,
  );
  const address = text_(
    'address',
    'an IPv4 address with prefix length, e.g. 10.77.0.1/24',
    isCidr('ipv4'),
    '10.77.0.1/24',
  );
  const address6Given = take('address6');
  const address6 =
    address6Given === null || address6Given === false
      ? null
      : typeof (address6Given ?? DEFAULT_ADDRESS6) === 'string' &&
          isCidr('ipv6')(String(address6Given ?? DEFAULT_ADDRESS6))
        ? String(address6Given ?? DEFAULT_ADDRESS6)
        : fail('address6', 'an IPv6 address with prefix length, e.g. fd77::1/64, or null');
  const ssid = take('ssid');
  const accessPoint =
    ssid === undefined || ssid === null
      ? null
      : {
          ssid:
            typeof ssid === 'string' &&
            Buffer.byteLength(ssid) >= 1 &&
            Buffer.byteLength(ssid) <= 32 &&
            !hasControl(ssid)
              ? ssid
              : fail('ssid', 'a name of 1 to 32 bytes'),
          // WPA2 passphrases are 8 to 63 printable ASCII characters (IEEE 802.11i, annex H.4).
          passphrase: text_('passphrase', '8 to 63 printable ASCII characters', (value) => /^[ -~]{8,63}$/.test(value)),
          country: text_('country', 'the two letters of the country the radio works in, e.g. VN', (value) =>
            /^[A-Z]{2}$/.test(value),
          ),
          channel: channelOf(take('channel'), fail),
        };
  if (!accessPoint) for (const field of ['passphrase', 'country', 'channel']) fields.delete(field);
  const config = {
    lan,
    uplink,
    address,
    address6,
    accessPoint,
    transparentPort: port('transparentPort', 8443),
    dnsPort: port('dnsPort', 8053),
    uiPort: port('uiPort', 8081),
  };
  const unknown = fields.keys().next().value;
  if (unknown !== undefined) throw new LabError(`${fileName}: ${unknown} is not a field of a gateway configuration`);
  return config;
}

const DEFAULT_ADDRESS6 = 'fd77::1/64';

function channelOf(value: unknown, fail: (field: string, takes: string) => never): number {
  const channel = value ?? 6;
  return typeof channel === 'number' && Number.isInteger(channel) && channel >= 1 && channel <= 196
    ? channel
    : fail('channel', 'a Wi-Fi channel number');
}

const hasControl = (text: string): boolean => [...text].some((char) => (char.codePointAt(0) ?? 0) < 32);

function isCidr(family: 'ipv4' | 'ipv6'): (text: string) => boolean {
  return (text) => ipaddr.isValidCIDR(text) && ipaddr.parseCIDR(text)[0].kind() === family;
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
