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

interface Body {
  type: string;
  /** A number of twelve digits stands between the two. */
  before: string;
  rest: Buffer;
}

function posts(host: string, { type, before, rest }: Body): () => (string | Buffer)[] {
  const headers = { 'content-type': type };
  return () => {
    const start = `${before}${String(serial++).padStart(12, '0')}`;
    const length = String(start.length + rest.length);
    const request = { path: `/v2/bulk/${serial}`, headers: { ...headers, 'content-length': length }, body: start };
    return [http1Text(host, request), rest];
  };
}

/** The same in a few kilobytes, which a reader has whole in one or two steps. */
function zipped(host: string, { type, before, rest }: Body): () => (string | Buffer)[] {
  return () => {
    const body = gzipSync(Buffer.concat([Buffer.from(`${before}${String(serial++).padStart(12, '0')}`), rest]), {
      level: 1,
    });
    const headers = { 'content-type': type, 'content-encoding': 'gzip', 'content-length': String(body.length) };
    return [http1Text(host, { path: `/v2/bulk/${serial}`, headers, body: '' }), body];
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

function multipart(): Body {
  const part = '\r\n--bench-b\r\nContent-Disposition: form-data; name="p"\r\n\r\n';
  return {
    type: 'multipart/form-data; boundary=bench-b',
    before: '--bench-b\r\nContent-Disposition: form-data; name="n"\r\n\r\n',
    rest: Buffer.concat([repeated(600_000, () => part), Buffer.from('\r\n--bench-b--\r\n')]),
  };
}

function form(): Body {
  const rest = repeated(1_500_000, (index) => `&k${index}=v${index % 100_000}`);
  return { type: 'application/x-www-form-urlencoded', before: 'n=', rest };
}

function packedValues(): Body {
  const value = (index: number): string => gzipSync(`{"reading":${index},"at":${index * 7}}`).toString('base64');
  const rest = repeated(100_000, (index) => `${index === 0 ? '","values":["' : '","'}${value(index)}`);
  return { type: 'application/json', before: '{"n":"', rest: Buffer.concat([rest, Buffer.from('"]}')]) };
}

/** One after the other on one connection. */
const inTurn = (name: string, title: string, prepare: Hostile['prepare']): Hostile => ({
  name,
  title,
  connections: 1,
  everyMs: 0,
  prepare,
});

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
  inTurn('multipart', 'multiparts of 600,000 parts (34 MB)', async (host) => posts(host, multipart())),
  inTurn('multipart-gzip', 'multiparts of 600,000 parts, in gzip', async (host) => zipped(host, multipart())),
  inTurn('form', 'forms of 1.5 million pairs (23 MB)', async (host) => posts(host, form())),
  inTurn('form-gzip', 'forms of 1.5 million pairs, in gzip', async (host) => zipped(host, form())),
  inTurn('base64-gzip', '100,000 base64 of gzip in one JSON (6 MB)', async (host) => posts(host, packedValues())),
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
