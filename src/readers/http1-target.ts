/** Who a request is for: what the phone wrote, in the order RFC 9112 3.2 and 3.3 give, else the connection's destination. */
import { urlHost } from '../formats/address.ts';
import type { Destination, Flow } from '../model/flow.ts';

const ABSOLUTE = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)/;

export interface TargetParts {
  scheme: string;
  authority: string;
}

export function readTarget(flow: Flow, method: string, target: string, headers: [string, string][]): TargetParts {
  const scheme = flow.encrypted ? 'https' : 'http';
  if (method === 'CONNECT') return { scheme, authority: target };
  if (target.charCodeAt(0) !== SLASH) {
    const absolute = ABSOLUTE.exec(target);
    if (absolute) {
      const authority = absolute[2]!;
      return { scheme: absolute[1]!.toLowerCase(), authority: authority.slice(authority.lastIndexOf('@') + 1) };
    }
  }
  return { scheme, authority: hostField(headers) ?? formatAuthority(flow.destination, scheme) };
}

const SLASH = 47;

export function hostField(headers: [string, string][]): string | null {
  for (const [name, value] of headers) {
    if (name.length === 4 && value !== '' && name.toLowerCase() === 'host') return value;
  }
  return null;
}

/** `host`, `host:port` or `[v6]:port`; the scheme's own port is left out. */
export function formatAuthority(destination: Destination, scheme: string): string {
  const host = urlHost(destination.host);
  return destination.port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${destination.port}`;
}
