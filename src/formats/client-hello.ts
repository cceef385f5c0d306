/**
 * Reads a TLS ClientHello (RFC 8446 4.1.2, RFC 6066, RFC 7301) out of the first bytes of a connection, without I/O.
 * Promise: the same answer however the bytes are cut into chunks, records or segments; never throws; answers `more`
 * only while a longer input could still become a ClientHello of at most `MAX_HELLO` bytes.
 */
import { LRUCache } from 'lru-cache';
import type { TlsOffer } from '../model/connection.ts';
import type { ClientHelloFacts } from '../model/flow.ts';
import { ja4 } from './ja4.ts';

/** Post-quantum hellos are 1.8 KB; OpenSSL itself refuses more than 128 KB. */
const MAX_HELLO = 64 * 1024;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;

const EXT = {
  serverName: 0x0000,
  groups: 0x000a,
  signatureAlgorithms: 0x000d,
  alpn: 0x0010,
  certificateCompression: 0x001b,
  versions: 0x002b,
  ech: 0xfe0d,
} as const;

export type ParsedHello =
  | { state: 'more' }
  | { state: 'not-hello' }
  | { state: 'hello'; facts: ClientHelloFacts; offer: TlsOffer };

const MORE: ParsedHello = { state: 'more' };
const NOT_HELLO: ParsedHello = { state: 'not-hello' };

/** RFC 8701: 0x0A0A, 0x1A1A … 0xFAFA. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

export function readClientHello(bytes: Buffer): ParsedHello {
  const message = reassemble(bytes);
  if (message === 'more') return MORE;
  if (message === 'no') return NOT_HELLO;
  try {
    return parseBody(message);
  } catch (error) {
    if (error instanceof RangeError) return NOT_HELLO;
    throw error;
  }
}

/** Joins handshake records until the message is whole; the 4-byte handshake header is left off. */
function reassemble(bytes: Buffer): Buffer | 'more' | 'no' {
  const parts: Buffer[] = [];
  let have = 0;
  let need = -1;
  let at = 0;
  while (need < 0 || have < need) {
    if (at < bytes.length && bytes[at] !== HANDSHAKE) return 'no';
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return 'no';
    if (at + 5 > bytes.length) return 'more';
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > 16384 + 256) return 'no';
    const part = bytes.subarray(at + 5, at + 5 + length);
    parts.push(part);
    have += part.length;
    at += 5 + length;
    if (need < 0 && have >= 1 && firstByte(parts) !== CLIENT_HELLO) return 'no';
    if (need < 0 && have >= 4) {
      const header = parts.length === 1 ? part : Buffer.concat(parts);
      need = 4 + header.readUIntBE(1, 3);
      if (need > MAX_HELLO) return 'no';
    }
    if (part.length < length && (need < 0 || have < need)) return 'more';
  }
  const message = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  return message.subarray(4, need);
}

function firstByte(parts: Buffer[]): number {
  return parts[0]![0]!;
}

/** Walks a byte string; every read past the end is a RangeError, which means "not a ClientHello". */
class Cursor {
  #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  take(length: number): Buffer {
    if (length > this.left) throw new RangeError('past the end');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  u8(): number {
    return this.take(1)[0]!;
  }
  u16(): number {
    return this.take(2).readUInt16BE();
  }
  /** A vector with a length prefix of one or two bytes. */
  vector(prefix: 1 | 2): Cursor {
    return new Cursor(this.take(prefix === 1 ? this.u8() : this.u16()));
  }
  numbers(): number[] {
    const all: number[] = [];
    while (this.left >= 2) all.push(this.u16());
    return all;
  }
}

function parseBody(message: Buffer): ParsedHello {
  const body = new Cursor(message);
  const legacyVersion = body.u16();
  body.take(32);
  body.vector(1);
  const ciphers = body.vector(2).numbers();
  body.vector(1);
  const extensions: number[] = [];
  let sni: string | null = null;
  let alpn: Buffer[] = [];
  let versions: number[] = [];
  let groups: number[] = [];
  let signatureAlgorithms: number[] = [];
  let certificateCompression: number[] = [];
  if (body.left > 0) {
    const list = body.vector(2);
    while (list.left > 0) {
      const type = list.u16();
      const data = list.vector(2);
      extensions.push(type);
      if (type === EXT.serverName) sni = readServerName(data);
      else if (type === EXT.alpn) alpn = readAlpn(data);
      else if (type === EXT.versions) versions = data.vector(1).numbers();
      else if (type === EXT.groups) groups = data.vector(2).numbers();
      else if (type === EXT.signatureAlgorithms) signatureAlgorithms = data.vector(2).numbers();
      else if (type === EXT.certificateCompression) certificateCompression = data.vector(1).numbers();
    }
  }
  const real = (values: number[]) => values.filter((value) => !isGrease(value));
  const offer: TlsOffer = {
    versions: versions.length > 0 ? real(versions) : [legacyVersion],
    ciphers: real(ciphers),
    extensions: real(extensions),
    groups: real(groups),
    signatureAlgorithms: real(signatureAlgorithms),
    certificateCompression,
  };
  const client = clientOf(offer, alpn);
  const facts: ClientHelloFacts = {
    sni,
    alpn: client.alpn,
    ja4: client.ja4,
    ech: extensions.includes(EXT.ech),
    grease: [ciphers, extensions, groups, versions].some((values) => values.some(isGrease)),
  };
  return { state: 'hello', facts, offer: client.offer };
}

/** What one TLS stack offers, connection after connection. */
interface TlsClient {
  offer: TlsOffer;
  alpn: string[];
  ja4: string;
}

/** A phone has a handful of TLS stacks; those that shuffle their extensions are a new one each time. */
const clients = new LRUCache<string, TlsClient>({ max: 256 });
/** Real ones take some 500 characters; who writes a long one is not remembered. */
const MAX_KEY = 4096;

/** The same object for the same offer, so that what is made of it is made once. */
function clientOf(offer: TlsOffer, alpn: Buffer[]): TlsClient {
  const names = alpn.map((name) => name.toString('latin1'));
  const key = `${Object.values(offer).join('/')}/${JSON.stringify(names)}`;
  let client = clients.get(key);
  if (client === undefined) {
    const first = alpn.find((_, index) => !isGreaseAlpn(names[index]!)) ?? null;
    client = { offer, alpn: names.filter((name) => !isGreaseAlpn(name)), ja4: ja4(offer, first) };
    if (key.length <= MAX_KEY) clients.set(key, client);
  }
  return client;
}

/** First host_name of the list, as sent; null for an empty or unprintable one. */
function readServerName(data: Cursor): string | null {
  if (data.left === 0) return null;
  const list = data.vector(2);
  while (list.left > 0) {
    const type = list.u8();
    const name = list.take(list.u16()).toString('latin1');
    if (type === 0) return /^[\w.-]{1,253}$/.test(name) ? name : null;
  }
  return null;
}

function readAlpn(data: Cursor): Buffer[] {
  const list = data.vector(2);
  const names: Buffer[] = [];
  while (list.left > 0) names.push(list.take(list.u8()));
  return names.filter((name) => name.length > 0);
}

/** RFC 8701 reserves the two-byte names 0x0A0A … 0xFAFA. */
function isGreaseAlpn(name: string): boolean {
  return name.length === 2 && isGrease((name.charCodeAt(0) << 8) | name.charCodeAt(1));
}
