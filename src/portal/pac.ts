/**
 * The proxy auto-config file, also served as WPAD text. Everything goes through the lab and nothing falls back to
 * DIRECT: a phone that cannot reach the lab must fail visibly, not phone home unseen. Only names of the local network
 * stay direct. Written in the JavaScript of 1996, because that is what PAC engines promise.
 */
import { isIPv6 } from 'node:net';

export interface ProxyAddress {
  host: string;
  port: number;
}

/** Registered nowhere, used everywhere: what Android and iOS accept. */
export const PAC_TYPE = 'application/x-ns-proxy-autoconfig';

export function writePac(proxy: ProxyAddress): string {
  return `function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || shExpMatch(host, "*.local") || host == "127.0.0.1" || host == "[::1]") {
    return "DIRECT";
  }
  return "PROXY ${formatProxy(proxy)}";
}
`;
}

/** `192.0.2.1:8080`, `[2001:db8::1]:8080`. */
export function formatProxy({ host, port }: ProxyAddress): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
