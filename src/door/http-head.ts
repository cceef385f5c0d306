/**
 * HTTP/1 heads as the door needs them (RFC 9112): as lines that can be passed on, the fields that decide the destination,
 * and a proxy request rewritten to origin form. Sans-I/O.
 * Promise: apart from the request line and the hop-by-hop fields every byte of a head stays as it was, order and case
 * included; nothing here throws on any input.
 */

import { type Fields, parseFields, type RequestLine, SectionEnd } from '../formats/http1-head.ts';

export interface HeadLine {
  /** With its line end and its folded continuation lines, latin1. */
  raw: string;
  /** Lower case. */
  name: string;
  value: string;
}

export interface Head {
  /** Request or status line without its line end. */
  start: string;
  eol: string;
  lines: HeadLine[];
  /** The same lines as framing is decided by. */
  fields: Fields;
}

/** Index after the empty line that ends a head, or -1. */
export const findHeadEnd = (bytes: Buffer): number => new SectionEnd(false).find(bytes, 0, bytes.length);

export function parseHead(bytes: Buffer): Head {
  const text = bytes.toString('latin1');
  const rows = text.split('\n');
  const first = rows[0] ?? '';
  const start = first.endsWith('\r') ? first.slice(0, -1) : first;
  const lines: HeadLine[] = [];
  for (const row of rows.slice(1)) {
    if (row === '' || row === '\r') break;
    const last = lines.at(-1);
    if ((row.startsWith(' ') || row.startsWith('\t')) && last) {
      last.raw += `${row}\n`;
      last.value += ` ${row.trim()}`;
      continue;
    }
    const colon = row.indexOf(':');
    const name = colon < 0 ? '' : row.slice(0, colon).trim().toLowerCase();
    lines.push({ raw: `${row}\n`, name, value: colon < 0 ? '' : row.slice(colon + 1).trim() });
  }
  return {
    start,
    eol: start.length < first.length ? '\r\n' : '\n',
    lines,
    fields: parseFields(text, first.length + 1),
  };
}

export function valuesOf(head: Head, name: string): string[] {
  return head.lines.filter((line) => line.name === name).map((line) => line.value);
}

/** The members of a comma-separated field, lower case. */
export function tokensOf(head: Head, name: string): string[] {
  return valuesOf(head, name)
    .flatMap((value) => value.split(','))
    .map((token) => token.trim().toLowerCase())
    .filter((token) => token !== '');
}

/** `host`, `host:port`, `[v6]:port`; null when it is none of them. Brackets are taken off. */
export function parseAuthority(text: string, defaultPort: number): { host: string; port: number } | null {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/?#@[\]]{1,253}))(?::(\d{0,5}))?$/.exec(text);
  if (!match) return null;
  const port = match[3] ? Number(match[3]) : defaultPort;
  if (port < 1 || port > 65535) return null;
  return { host: match[1] ?? match[2]!, port };
}

/** Destination and origin form of an absolute `http:` target; null for anything else. */
export function parseAbsoluteTarget(
  target: string,
  method: string,
): { host: string; port: number; authority: string; origin: string } | null {
  const match = /^(?:http|ws):\/\/(?:[^/?#@]*@)?([^/?#@]+)([^#]*)/i.exec(target);
  if (!match) return null;
  const authority = parseAuthority(match[1]!, 80);
  if (!authority) return null;
  const path = match[2]!;
  const origin = path.startsWith('/') ? path : path === '' && method === 'OPTIONS' ? '*' : `/${path}`;
  return { ...authority, authority: match[1]!, origin };
}

/** Framing and routing fields never go, whatever `Connection` names: dropping one would change the message. */
const KEPT = new Set(['host', 'content-length', 'transfer-encoding', 'upgrade', 'trailer', 'te', 'expect', 'cookie']);
const HOP_BY_HOP = new Set(['proxy-connection', 'proxy-authorization', 'keep-alive']);

/**
 * The head as the origin server gets it: origin-form target, without hop-by-hop fields (RFC 9110 7.6.1). A request that
 * asks for an upgrade keeps its `Connection` field, which the server needs to see. A missing Host is added (RFC 9112 3.2).
 */
export function toOriginForm(head: Head, line: RequestLine, target: { authority: string; origin: string }): Buffer {
  const nominated = tokensOf(head, 'connection');
  const upgrade = nominated.includes('upgrade');
  const dropped = new Set(nominated.filter((name) => !KEPT.has(name)));
  let text = `${line.method} ${target.origin} ${line.version}${head.eol}`;
  if (!head.lines.some((field) => field.name === 'host')) text += `Host: ${target.authority}${head.eol}`;
  for (const field of head.lines) {
    if (HOP_BY_HOP.has(field.name)) continue;
    if (!upgrade && (field.name === 'connection' || dropped.has(field.name))) continue;
    text += field.raw;
  }
  return Buffer.from(text + head.eol, 'latin1');
}

/** User name of `Proxy-Authorization: Basic …`; null when there is none. The password is not looked at. */
export function proxyUser(head: Head): string | null {
  const value = valuesOf(head, 'proxy-authorization')[0];
  const match = value ? /^basic\s+([A-Za-z0-9+/=]+)$/i.exec(value) : null;
  if (!match) return null;
  return Buffer.from(match[1]!, 'base64').toString('utf8').split(':', 1)[0] || null;
}
