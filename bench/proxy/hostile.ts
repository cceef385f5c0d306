/**
 * What one phone can send to keep the lab busy: the loads of the design's "one request or phone against all". Bodies are
 * made before the clock starts; each request carries a number of its own, so that no two are the same.
 */
import { once } from 'node:events';
import { constants, createBrotliCompress, gzipSync } from 'node:zlib';
import { http1Text, nextRequest } from './traffic.ts';

export interface Hostile {
  name: string;
  title: string;
  /** Kept-alive connections, each of which sends again when it was answered. */
  connections: number;
  /** Sent this often instead, on the connections in turn; 0: as fast as the answers come. */
  everyMs: number;
  /** Makes what is sent, and returns what gives the pieces of the next request (or, for `socket`, of the next message). */
  prepare(host: string): Promise<() => (string | Buffer)[]>;
  /** A WebSocket: an upgrade first, then messages. */
  socket?: boolean;
}

/** How much of a load a phone got rid of. */
export interface Sent {
  /** Answered requests, or written messages. */
  whole: number;
  megabytes: number;
}

let serial = 0;

/** Requests whose body is `before`, a number of twelve digits, `rest`. */
function posts(host: string, headers: Record<string, string>, before: string, rest: Buffer): () => (string | Buffer)[] {
  return () => {
    const start = `${before}${String(serial++).padStart(12, '0')}`;
    const length = String(start.length + rest.length);
    const request = { path: `/v2/bulk/${serial}`, headers: { ...headers, 'content-length': length }, body: start };
    return [http1Text(host, request), rest];
  };
}

const repeated = (count: number, piece: (index: number) => string): Buffer => {
  const parts: string[] = [];
  for (let index = 0; index < count; index++) parts.push(piece(index));
  return Buffer.from(parts.join(''), 'latin1');
};

async function brotliOfZeros(megabytes: number): Promise<Buffer> {
  const brotli = createBrotliCompress({
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  const parts: Buffer[] = [];
  brotli.on('data', (part: Buffer) => parts.push(part));
  const ended = once(brotli, 'end');
  const zeros = Buffer.alloc(1_000_000);
  for (let index = 0; index < megabytes; index++) if (!brotli.write(zeros)) await once(brotli, 'drain');
  brotli.end();
  await ended;
  return Buffer.concat(parts);
}

/** One message in fragments of one byte, masked as a client's are (RFC 6455, section 5.2). */
function fragments(count: number): Buffer {
  const bytes = Buffer.alloc(count * 7);
  for (let index = 0; index < count; index++) {
    const first = index === 0 ? 0x01 : 0x00;
    bytes[index * 7] = first | (index === count - 1 ? 0x80 : 0);
    bytes[index * 7 + 1] = 0x81;
    bytes.writeUInt32BE((index * 2654435761) >>> 0, index * 7 + 2);
    bytes[index * 7 + 6] = 0x61 ^ bytes[index * 7 + 2]!;
  }
  return bytes;
}

export const HOSTILE: Hostile[] = [
  {
    name: 'brotli',
    title: 'a brotli body of 800 MB zeros, twice a second',
    connections: 20,
    everyMs: 500,
    async prepare(host) {
      const body = await brotliOfZeros(800);
      const headers = { 'content-type': 'text/plain', 'content-encoding': 'br', 'content-length': String(body.length) };
      return () => [http1Text(host, { path: `/v2/bulk/${serial++}`, headers, body: '' }), body];
    },
  },
  {
    name: 'multipart',
    title: 'multiparts of 600,000 parts (34 MB)',
    connections: 1,
    everyMs: 0,
    async prepare(host) {
      const part = '\r\n--b\r\nContent-Disposition: form-data; name="p"\r\n\r\n';
      const rest = Buffer.concat([repeated(600_000, () => part), Buffer.from('\r\n--b--\r\n')]);
      const start = '--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n';
      return posts(host, { 'content-type': 'multipart/form-data; boundary=b' }, start, rest);
    },
  },
  {
    name: 'form',
    title: 'forms of 1.5 million pairs (23 MB)',
    connections: 1,
    everyMs: 0,
    async prepare(host) {
      const rest = repeated(1_500_000, (index) => `&k${index}=v${index % 100_000}`);
      return posts(host, { 'content-type': 'application/x-www-form-urlencoded' }, 'n=', rest);
    },
  },
  {
    name: 'base64-gzip',
    title: '100,000 base64 of gzip in one JSON (6 MB)',
    connections: 1,
    everyMs: 0,
    async prepare(host) {
      const value = (index: number): string => gzipSync(`{"reading":${index}}`).toString('base64');
      const rest = repeated(100_000, (index) => `${index === 0 ? '","values":["' : '","'}${value(index)}`);
      return posts(host, { 'content-type': 'application/json' }, '{"n":"', Buffer.concat([rest, Buffer.from('"]}')]));
    },
  },
  {
    name: 'busy',
    title: '200 connections of 18 KB JSON',
    connections: 200,
    everyMs: 0,
    prepare: async (host) => () => {
      const { headers, path, body } = nextRequest();
      const more = Array.from({ length: 17 }, () => nextRequest().body);
      const whole = `[${body},${more.join(',')}]`;
      return [http1Text(host, { path, headers: { ...headers, 'content-length': String(whole.length) }, body: whole })];
    },
  },
  {
    name: 'fragments',
    title: 'WebSocket messages in 300,000 fragments of one byte',
    connections: 1,
    everyMs: 0,
    socket: true,
    async prepare() {
      const message = fragments(300_000);
      return () => [message];
    },
  },
];
