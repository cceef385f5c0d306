/**
 * Reads what a server says in clear at the start of TLS (RFC 5246 7.4, RFC 8446 4.1.3), for connections that are passed
 * through: version, cipher suite and, up to TLS 1.2, its certificate. Sans-I/O, over a copy of the server's bytes.
 * Promise: the same facts however the bytes are cut, at most `MAX_HELD` bytes kept, never throws.
 */
import { X509Certificate } from 'node:crypto';
import type { LiveFlow } from '../model/connection.ts';
import type { ServerCertificate } from '../model/flow.ts';
import { certificateFacts } from './server-certificate.ts';
import { CIPHER_NAMES } from './tls-names.ts';

/** ServerHello and a chain of five certificates stay below 16 KB. */
const MAX_HELD = 64 * 1024;
const HANDSHAKE = 22;
const SERVER_HELLO = 2;
const CERTIFICATE = 11;
const SUPPORTED_VERSIONS = 0x002b;
const VERSION_NAMES = new Map([
  [0x0304, 'TLSv1.3'],
  [0x0303, 'TLSv1.2'],
  [0x0302, 'TLSv1.1'],
  [0x0301, 'TLSv1'],
]);

export interface ServerFlight {
  version: string | null;
  cipher: string | null;
  /** Null in TLS 1.3, where it is encrypted, and in a resumed session. */
  certificate: ServerCertificate | null;
}

export interface ServerFlightReader {
  /** The facts, once; null as long as more may come, and ever after. */
  feed(chunk: Buffer): ServerFlight | null;
}

export function createServerFlightReader(): ServerFlightReader {
  let held: Buffer = Buffer.alloc(0);
  let over = false;
  return {
    feed(chunk) {
      if (over) return null;
      held = held.length > 0 ? Buffer.concat([held, chunk]) : Buffer.from(chunk);
      const result = held.length > MAX_HELD ? 'no' : read(held);
      if (result === 'more') return null;
      over = true;
      held = Buffer.alloc(0);
      return result === 'no' ? null : result;
    },
  };
}

/** The same flow, which tells `tls-established` when the server's clear words are read. */
export function watchServerFlight(flow: LiveFlow, now: () => number): LiveFlow {
  const reader = createServerFlightReader();
  return {
    ...flow,
    down(chunk) {
      flow.down(chunk);
      const flight = reader.feed(chunk);
      if (flight) flow.emit({ type: 'tls-established', flowId: flow.flow.id, time: now(), alpn: null, ...flight });
    },
  };
}

/** Handshake bytes of the records so far; `closed` when something else follows them, which ends the clear part. */
function handshakeBytes(bytes: Buffer): { data: Buffer; closed: boolean } {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 5 <= bytes.length) {
    if (bytes[at] !== HANDSHAKE) return { data: Buffer.concat(parts), closed: true };
    const length = bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return { data: Buffer.concat(parts), closed: false };
}

function read(bytes: Buffer): ServerFlight | 'more' | 'no' {
  const { data, closed } = handshakeBytes(bytes);
  let flight: ServerFlight | null = null;
  let at = 0;
  while (at + 4 <= data.length) {
    const end = at + 4 + data.readUIntBE(at + 1, 3);
    if (end > data.length) break;
    const body = data.subarray(at + 4, end);
    if (data[at] === SERVER_HELLO) {
      flight = readHello(body);
      if (!flight) return 'no';
      if (flight.version === 'TLSv1.3') return flight;
    } else if (!flight) return 'no';
    else if (data[at] === CERTIFICATE) return { ...flight, certificate: readCertificate(body) };
    at = end;
  }
  return closed ? (flight ?? 'no') : 'more';
}

function readHello(body: Buffer): ServerFlight | null {
  const sessionEnd = 35 + (body[34] ?? 0);
  if (body.length < sessionEnd + 3) return null;
  let version = body.readUInt16BE(0);
  const cipher = body.readUInt16BE(sessionEnd);
  let at = sessionEnd + 5;
  while (at + 4 <= body.length) {
    const length = body.readUInt16BE(at + 2);
    if (body.readUInt16BE(at) === SUPPORTED_VERSIONS && at + 6 <= body.length) version = body.readUInt16BE(at + 4);
    at += 4 + length;
  }
  return { version: VERSION_NAMES.get(version) ?? null, cipher: CIPHER_NAMES.get(cipher) ?? null, certificate: null };
}

/** The first certificate of the list is the server's own. It is not judged here: the phone does that itself. */
function readCertificate(body: Buffer): ServerCertificate | null {
  if (body.length < 6) return null;
  const length = body.readUIntBE(3, 3);
  try {
    return certificateFacts(new X509Certificate(body.subarray(6, 6 + length)).toLegacyObject(), null);
  } catch {
    return null;
  }
}
