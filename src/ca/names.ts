/**
 * Turns what a phone asked for, and what the server's own certificate names, into subject alternative names.
 * Promise: any text gives at least one name and never throws; DNS names are ASCII (RFC 5280 4.2.1.6),
 * addresses are bytes, nothing is listed twice.
 */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';

export type AltName = { type: 'dns'; name: string } | { type: 'ip'; name: string; bytes: Uint8Array };

/** CDN certificates carry hundreds of names; a handshake that carried them all again would only be slow. */
const MAX_MIRRORED_NAMES = 100;
/** A DNS name has at most 253 characters; a few sloppy clients send 255. */
const ASCII_NAME = /^[\x21-\x7e]{1,255}$/;
/** Reserved by RFC 2606: stands for a name that cannot be written in a certificate at all. */
const UNWRITABLE = 'unwritable-name.invalid';

/** Null when the text can stand in no certificate. */
export function altName(text: string): AltName | null {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  if (isIP(bare)) return { type: 'ip', name: bare, bytes: Uint8Array.from(ipaddr.parse(bare).toByteArray()) };
  const trimmed = text.toLowerCase().replace(/\.$/, '');
  // domainToASCII reads "1.2.3" as an IPv4 address, so plain ASCII is left as the phone sent it.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the question is whether it is ASCII
  const name = /^[\x00-\x7f]*$/.test(trimmed) ? trimmed : domainToASCII(trimmed);
  return ASCII_NAME.test(name) ? { type: 'dns', name } : null;
}

/** The phone's own name first, then the mirrored ones in the server's order. */
export function altNames(host: string, mirrored: readonly string[]): AltName[] {
  const names: AltName[] = [];
  const seen = new Set<string>();
  for (const text of [host, ...mirrored.slice(0, MAX_MIRRORED_NAMES)]) {
    const found = altName(text);
    if (!found || seen.has(found.name)) continue;
    seen.add(found.name);
    names.push(found);
  }
  return names.length > 0 ? names : [{ type: 'dns', name: UNWRITABLE }];
}
