/**
 * SOCKS 4, 4a and 5 (RFC 1928, user/password RFC 1929) as a sans-I/O reader: CONNECT only, any password is accepted.
 * Promise: each reader answers `more` until its message is whole, whatever the cutting, and never throws.
 */
import { isIPv6 } from 'node:net';
import type { CloseReason } from '../model/flow.ts';
import { type Text, text } from '../model/text.ts';

export type Parsed<T> = { state: 'more' } | { state: 'bad'; why: Text } | { state: 'read'; value: T; length: number };

const MORE = { state: 'more' } as const;
const bad = (why: Text) => ({ state: 'bad', why }) as const;

export interface SocksRequest {
  host: string;
  port: number;
  /** SOCKS4 carries its user here; SOCKS5 tells it in its own message. */
  user: string | null;
}

/** The method the server chooses: 2 user/password when offered (the user names the device), 0 none, 255 neither. */
export function readSocks5Greeting(bytes: Buffer): Parsed<{ method: 0 | 2 | 255 }> {
  if (bytes.length < 2 || bytes.length < 2 + bytes[1]!) return MORE;
  const length = 2 + bytes[1]!;
  const offered = bytes.subarray(2, length);
  return { state: 'read', value: { method: offered.includes(2) ? 2 : offered.includes(0) ? 0 : 255 }, length };
}

export function readSocks5Login(bytes: Buffer): Parsed<{ user: string }> {
  if (bytes.length >= 1 && bytes[0] !== 1) return bad(text('ended.socks.login'));
  if (bytes.length < 2) return MORE;
  const userEnd = 2 + bytes[1]!;
  if (bytes.length < userEnd + 1) return MORE;
  const length = userEnd + 1 + bytes[userEnd]!;
  if (bytes.length < length) return MORE;
  return { state: 'read', value: { user: bytes.toString('utf8', 2, userEnd) }, length };
}

export function readSocks5Request(bytes: Buffer): Parsed<SocksRequest> {
  if (bytes.length >= 1 && bytes[0] !== 5) return bad(text('ended.socks.version'));
  if (bytes.length < 5) return MORE;
  if (bytes[1] !== 1) return bad(text('ended.socks.connect5'));
  const kind = bytes[3];
  const hostAt = kind === 3 ? 5 : 4;
  const hostLength = kind === 1 ? 4 : kind === 4 ? 16 : kind === 3 ? bytes[4]! : -1;
  if (hostLength < 0) return bad(text('ended.socks.address'));
  const length = hostAt + hostLength + 2;
  if (bytes.length < length) return MORE;
  const raw = bytes.subarray(hostAt, hostAt + hostLength);
  const host = kind === 1 ? raw.join('.') : kind === 4 ? ipv6(raw) : raw.toString('latin1');
  if (host === '') return bad(text('ended.socks.empty5'));
  return { state: 'read', value: { host, port: bytes.readUInt16BE(length - 2), user: null }, length };
}

/** SOCKS4: VN CD PORT IP USER 0; SOCKS4a: the address is 0.0.0.x and a name and another 0 follow. */
export function readSocks4Request(bytes: Buffer): Parsed<SocksRequest> {
  if (bytes.length >= 2 && bytes[1] !== 1) return bad(text('ended.socks.connect4'));
  if (bytes.length < 9) return MORE;
  const userEnd = bytes.indexOf(0, 8);
  if (userEnd < 0) return bytes.length > 8 + 255 ? bad(text('ended.socks.user')) : MORE;
  const user = bytes.toString('utf8', 8, userEnd) || null;
  const port = bytes.readUInt16BE(2);
  const named = bytes[4] === 0 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] !== 0;
  if (!named) {
    return { state: 'read', value: { host: bytes.subarray(4, 8).join('.'), port, user }, length: userEnd + 1 };
  }
  const hostEnd = bytes.indexOf(0, userEnd + 1);
  if (hostEnd < 0) return bytes.length > userEnd + 1 + 255 ? bad(text('ended.socks.host')) : MORE;
  const host = bytes.toString('latin1', userEnd + 1, hostEnd);
  if (host === '') return bad(text('ended.socks.empty4'));
  return { state: 'read', value: { host, port, user }, length: hostEnd + 1 };
}

/** Reply codes of RFC 1928 section 6. */
const SOCKS5_CODES: Partial<Record<CloseReason, number>> = {
  'refused-by-policy': 2,
  'upstream-unresolvable': 4,
  'upstream-refused': 5,
  'upstream-timeout': 6,
};

/** Null says success. The bound address is told as 0.0.0.0:0: clients do not use it for CONNECT. */
export function socks5Reply(failure: CloseReason | null): Buffer {
  const code = failure === null ? 0 : (SOCKS5_CODES[failure] ?? 1);
  return Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
}

export function socks4Reply(failure: CloseReason | null): Buffer {
  return Buffer.from([0, failure === null ? 90 : 91, 0, 0, 0, 0, 0, 0]);
}

function ipv6(raw: Buffer): string {
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(raw.readUInt16BE(at).toString(16));
  const full = groups.join(':');
  const short = full.replace(/\b0(?::0){1,7}\b/, '::').replace(/:{3,}/, '::');
  return isIPv6(short) ? short : full;
}
