/**
 * HTTP/1 heads as the door needs them (RFC 9112): as lines that can be passed on, the fields that decide the destination,
 * and a proxy request rewritten to origin form. Sans-I/O.
 * Promise: apart from the request line, line ends, `Host` and the hop-by-hop fields every byte of a head stays as it was, order
 * and case included; what is left out is given back, but for the login, which is meant for the lab; nothing throws on any input.
 */

import { type Fields, listOf, parseFields, type RequestLine, SectionEnd, trimBlanks } from '../formats/http1-head.ts';

export interface HeadLine {
  /** With its line end, CR LF, latin1. Continuation lines (obs-fold) are joined to it by blanks, as RFC 9112 5.2 asks of a proxy. */
  raw: string;
  /** Lower case. */
  name: string;
  value: string;
}

export interface Head {
  /** Request or status line without its line end. */
  start: string;
  lines: HeadLine[];
  /** The same lines as framing is decided by. */
  fields: Fields;
  /** Something that some servers take for the end of a line, and others do not. */
  isOdd: boolean;
}

/** Index after the empty line that ends a head, or -1. */
export const findHeadEnd = (bytes: Buffer): number => new SectionEnd(false).find(bytes, 0, bytes.length);

/** A CR without its LF, a NUL, a first field that continues no other (RFC 9112 2.2, RFC 9110 5.5). */
const ODD = /\r(?!\n)|\0|^[^\n]*\n[ \t]/;

export function parseHead(bytes: Buffer): Head {
  const text = bytes.toString('latin1');
  const lineEnd = text.indexOf('\n');
  const first = lineEnd < 0 ? text : text.slice(0, lineEnd);
  return {
    start: withoutCr(first),
    lines: linesOf(lineEnd < 0 ? '' : text.slice(lineEnd + 1)),
    fields: parseFields(text, first.length + 1),
    isOdd: ODD.test(text),
  };
}

/** Of a head behind its first line, or of a trailer section. */
export function linesOf(text: string): HeadLine[] {
  const lines: HeadLine[] = [];
  for (const row of text.split('\n')) {
    if (row === '' || row === '\r') break;
    const last = lines.at(-1);
    if (last && (row.startsWith(' ') || row.startsWith('\t'))) {
      last.raw = `${last.raw.slice(0, -2)}  ${withoutCr(row)}\r\n`;
      last.value += ` ${trimBlanks(withoutCr(row))}`;
      continue;
    }
    const colon = row.indexOf(':');
    const name = colon < 0 ? '' : trimBlanks(row.slice(0, colon)).toLowerCase();
    lines.push({
      raw: `${withoutCr(row)}\r\n`,
      name,
      value: colon < 0 ? '' : trimBlanks(withoutCr(row.slice(colon + 1))),
    });
  }
  return lines;
}

function withoutCr(row: string): string {
  return row.endsWith('\r') ? row.slice(0, -1) : row;
}

export function valuesOf(head: Head, name: string): string[] {
  return head.lines.filter((line) => line.name === name).map((line) => line.value);
}

/** The members of a comma-separated field, lower case. */
export function tokensOf(head: Head, name: string): string[] {
  return valuesOf(head, name).flatMap(listOf);
}

/** `host`, `host:port`, `[v6]:port`; null when it is none of them. Brackets are taken off. */
export function parseAuthority(text: string, defaultPort: number): { host: string; port: number } | null {
  const match = AUTHORITY.exec(text);
  if (!match) return null;
  const port = match[3] ? Number(match[3]) : defaultPort;
  if (port < 1 || port > 65535) return null;
  return { host: match[1] ?? match[2]!, port };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they belong to no name
const AUTHORITY = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\x00-\x20\x7f:/?#@[\]]{1,253}))(?::(\d{0,5}))?$/;

export interface Target {
  host: string;
  port: number;
  /** As the phone wrote it, without the user. */
  authority: string;
  /** What the server is asked for. */
  origin: string;
  /** User and fragment, which no server is sent. */
  cut: string;
}

/** Of an absolute `http:` target; null for anything else. */
export function parseAbsoluteTarget(target: string, method: string): Target | null {
  const match = /^(?:http|ws):\/\/(?:([^/?#@]*)@)?([^/?#@]+)(?=[/?#]|$)([^#]*)(#.*)?$/i.exec(target);
  if (!match) return null;
  const [, user = '', named = '', path = '', fragment = ''] = match;
  const authority = parseAuthority(named, 80);
  if (!authority) return null;
  const origin = path.startsWith('/') ? path : path === '' && method === 'OPTIONS' ? '*' : `/${path}`;
  return { ...authority, authority: named, origin, cut: [user, fragment].filter(Boolean).join('\n') };
}

/** Framing and routing fields never go, whatever `Connection` names: dropping one would change the message. */
const KEPT = new Set(['content-length', 'transfer-encoding', 'upgrade', 'trailer', 'te', 'expect', 'cookie']);
const HOP_BY_HOP = new Set(['proxy-connection', 'keep-alive']);
/** The name however it is written: without its colon, with odd bytes around it. */
const LOGIN = /(?:^|[^a-z0-9-])proxy-authorization(?:[^a-z0-9-]|$)/i;

export interface Rewritten {
  bytes: Buffer;
  /** What the server does not get of what the phone said to it, latin1; empty when there is nothing. */
  cut: string;
}

/**
 * The head as the origin server gets it: origin-form target, without hop-by-hop fields (RFC 9110 7.6.1). A request that
 * asks for an upgrade keeps its `Connection` field, which the server needs to see. `Host` says what the target says
 * (RFC 9112 3.2.2), and of a length and chunks the chunks stay (6.3).
 */
export function toOriginForm(head: Head, line: RequestLine, target: Target): Rewritten {
  const nominated = tokensOf(head, 'connection');
  const upgrade = nominated.includes('upgrade');
  const dropped = new Set(upgrade ? [] : nominated.filter((name) => !KEPT.has(name) && name !== 'host'));
  const hosts = head.lines.filter((field) => field.name === 'host');
  const isRight = hosts.length === 1 && hosts[0]!.value.toLowerCase() === target.authority.toLowerCase();
  const chunked = head.lines.some((field) => field.name === 'transfer-encoding');
  let text = `${line.method} ${target.origin} ${line.version}\r\n`;
  if (hosts.length === 0) text += `Host: ${target.authority}\r\n`;
  let cut = target.cut === '' ? '' : `${target.cut}\n`;
  for (const field of head.lines) {
    if (LOGIN.test(nameOf(field))) continue;
    if (HOP_BY_HOP.has(field.name) || (!upgrade && field.name === 'connection')) continue;
    if (field.name === 'host' && !isRight) {
      if (field === hosts[0]) text += `Host: ${target.authority}\r\n`;
      cut += field.raw;
    } else if (dropped.has(field.name) || (chunked && field.name === 'content-length')) cut += field.raw;
    else text += field.raw;
  }
  return { bytes: Buffer.from(`${text}\r\n`, 'latin1'), cut };
}

/** The trailer section as the origin server gets it: what may stand in a head only, and the login, stay here. */
export function toOriginTrailers(section: Buffer): Rewritten {
  let text = '';
  let cut = '';
  const all = section.toString('latin1');
  for (const field of ODD.test(all) ? [] : linesOf(all)) {
    if (LOGIN.test(nameOf(field))) continue;
    if (field.name === '' || NO_TRAILERS.has(field.name)) cut += field.raw;
    else text += field.raw;
  }
  return { bytes: Buffer.from(`${text}\r\n`, 'latin1'), cut };
}

const NO_TRAILERS = new Set(['host', 'content-length', 'transfer-encoding', 'connection', ...HOP_BY_HOP]);

/** What may be taken for the name of a field: all before the colon, or the line. */
function nameOf({ raw }: HeadLine): string {
  const colon = raw.indexOf(':');
  return colon < 0 ? raw : raw.slice(0, colon);
}

/** User name of `Proxy-Authorization: Basic …`; null when there is none. The password is not looked at. */
export function proxyUser(head: Head): string | null {
  const value = valuesOf(head, 'proxy-authorization')[0];
  const match = value ? /^basic[ \t]+([A-Za-z0-9+/=]+)$/i.exec(value) : null;
  if (!match) return null;
  return Buffer.from(match[1]!, 'base64').toString('utf8').split(':', 1)[0] || null;
}
