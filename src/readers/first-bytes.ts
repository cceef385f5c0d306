/** Decides from a connection's first bytes which reader it gets, and may answer that it needs more. Pure functions. */
import { PREFACE } from './http2-frames.ts';
import { looksLikeMqtt } from './mqtt.ts';

/** `more`: not decidable yet. */
export type Guess = 'http1' | 'http2' | 'mqtt' | 'raw' | 'more';

const METHODS = ['GET ', 'POST ', 'PUT ', 'HEAD ', 'DELETE ', 'OPTIONS ', 'PATCH ', 'CONNECT ', 'TRACE ', 'PROPFIND '];
const LONGEST_METHOD = 32;
const TOKEN_THEN_REST = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?:[ \t]|$)/;
const REQUEST_LINE_END = /[ \t]HTTP\/1\.[0-9][ \t]*\r*$/i;
const LF = 10;
const CR = 13;

/** `sent` is all the phone has sent so far; only its first `maxBytes` count, after them the answer is final. */
export function sniff(sent: Buffer, maxBytes: number): Guess {
  const bytes = sent.subarray(0, maxBytes);
  if (PREFACE.subarray(0, bytes.length).equals(bytes.subarray(0, PREFACE.length)))
    return bytes.length < PREFACE.length ? 'more' : 'http2';
  const mqtt = looksLikeMqtt(bytes);
  if (mqtt !== 'no') return mqtt === 'yes' ? 'mqtt' : 'more';
  let start = 0;
  while (start < bytes.length && (bytes[start] === CR || bytes[start] === LF)) start += 1;
  if (start === bytes.length) return start < maxBytes ? 'more' : 'raw';
  const prefix = bytes.toString('latin1', start, start + LONGEST_METHOD + 1);
  if (METHODS.some((method) => prefix.startsWith(method))) return 'http1';
  if (!TOKEN_THEN_REST.test(prefix)) return 'raw';
  const lineEnd = bytes.indexOf(LF, start);
  if (lineEnd < 0) return bytes.length < maxBytes ? 'more' : 'raw';
  return REQUEST_LINE_END.test(bytes.toString('latin1', Math.max(start, lineEnd - 64), lineEnd)) ? 'http1' : 'raw';
}

/** Whether the first bytes of a server may be the SETTINGS frame it opens HTTP/2 with (RFC 9113 6.5). */
export function mayBeHttp2Settings(bytes: Buffer): boolean {
  const [high = 0, middle = 0, length = 0, type = 4, ...flagsAndStream] = bytes.subarray(0, 9);
  return high === 0 && middle === 0 && length % 6 === 0 && type === 4 && flagsAndStream.every((byte) => byte === 0);
}
