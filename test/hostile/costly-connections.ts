/**
 * What a phone, or a server with it, could send to make the readers of a connection work: floods of the smallest frames, blocks
 * that unpack to much more than was sent, and what must be held back. Used by the tests, which count, and by bench/worst-call.ts.
 * Promise: the same bytes every time; `size` scales the number of frames.
 */
import { deflateRawSync, gzipSync } from 'node:zlib';
import type { Direction } from '../../src/model/flow.ts';
import { FLAG, frame as h2, headers, integer, PREFACE, request, settings, TYPE } from '../readers/http2-frames.ts';
import { handshake, frame as ws } from '../readers/websocket-frames.ts';

export interface CostlyConnection {
  name: string;
  alpn: string | null;
  /** In the order in which they pass. Made when it is asked for. */
  sent(): [Direction, Buffer][];
}

const MASK = Buffer.from([1, 2, 3, 4]);
const masked = (opcode: number, payload: Buffer | string, fin = true, rsv1 = false): Buffer =>
  ws({ opcode, payload, fin, rsv1, mask: MASK });
/** Zeros, 1,000 times smaller. */
const bomb = (megabytes: number): Buffer => deflateRawSync(Buffer.alloc(megabytes << 20));

function many(count: number, piece: (index: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => piece(index)));
}

const preface = Buffer.concat([PREFACE, settings()]);
const opened = headers(1, request('/'));

/** A literal that goes into the table (RFC 7541 6.2.1), then blocks of nothing but its index. */
function hpackBomb(blocks: number): Buffer {
  const value = Buffer.alloc(4000, 'v');
  const entry = Buffer.concat([Buffer.from([0x40]), integer(1, 7, 0), Buffer.from('n'), integer(4000, 7, 0), value]);
  const first = h2(TYPE.headers, FLAG.endHeaders | FLAG.endStream, 1, entry);
  const indexes = Buffer.alloc(4000, 0x80 | 62);
  return Buffer.concat([
    preface,
    first,
    many(blocks, (i) => h2(TYPE.headers, FLAG.endHeaders | FLAG.endStream, 3 + 2 * i, indexes)),
  ]);
}

export function costlyConnections(size = 1): CostlyConnection[] {
  const n = (count: number): number => Math.max(1, Math.round(count * size));
  const webSocket = (name: string, extension: string | null, frames: () => Buffer): CostlyConnection => ({
    name: `WebSocket: ${name}`,
    alpn: 'http/1.1',
    sent() {
      const [ask, answer] = handshake(extension);
      return [
        ['request', ask],
        ['response', answer],
        ['request', frames()],
      ];
    },
  });
  const fromPhone = (name: string, alpn: string | null, bytes: () => Buffer): CostlyConnection => ({
    name,
    alpn,
    sent: () => [['request', bytes()]],
  });
  const http2 = (name: string, frames: () => Buffer): CostlyConnection =>
    fromPhone(`HTTP/2: ${name}`, 'h2', () => Buffer.concat([preface, frames()]));
  const connect = Buffer.from('\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a', 'latin1');
  const mqtt = (name: string, packets: () => Buffer): CostlyConnection =>
    fromPhone(`MQTT: ${name}`, 'mqtt', () => Buffer.concat([connect, packets()]));
  const deflated = 'permessage-deflate; client_no_context_takeover';
  return [
    webSocket('fragments of one byte', null, () =>
      Buffer.concat([masked(1, 'a', false), many(n(300_000), () => masked(0, 'b', false)), masked(0, 'c')]),
    ),
    webSocket('messages of one byte', null, () => many(n(300_000), () => masked(1, 'b'))),
    webSocket('empty pings', null, () => many(n(300_000), () => masked(9, ''))),
    webSocket('messages that unpack to much', deflated, () => many(n(40), () => masked(2, bomb(8), true, true))),
    webSocket('small messages that unpack to much', deflated, () =>
      many(n(4000), () => masked(2, bomb(1), true, true)),
    ),
    {
      name: 'WebSocket: messages that unpack to much, sent before the answer',
      alpn: 'http/1.1',
      sent() {
        const [ask, answer] = handshake(deflated);
        return [
          ['request', Buffer.concat([ask, many(n(200), () => masked(2, bomb(1), true, true))])],
          ['response', answer],
        ];
      },
    },
    http2('CONTINUATION without an end', () =>
      Buffer.concat([
        h2(TYPE.headers, 0, 1, ''),
        many(n(300_000), () => h2(TYPE.continuation, 0, 1, '')),
        many(n(300_000), () => h2(TYPE.continuation, 0, 1, '\0')),
      ]),
    ),
    fromPhone('HTTP/2: header blocks that unpack to much', 'h2', () => hpackBomb(n(500))),
    http2('one header block of indexes', () => {
      const parts = many(n(16), () => h2(TYPE.continuation, 0, 1, Buffer.alloc(16_000, 0x82)));
      return Buffer.concat([h2(TYPE.headers, 0, 1, '\x82'), parts, h2(TYPE.continuation, FLAG.endHeaders, 1, '\x82')]);
    }),
    http2('streams that are reset at once', () =>
      many(n(100_000), (i) => Buffer.concat([headers(1 + 2 * i, []), h2(TYPE.reset, 0, 1 + 2 * i, '\0\0\0\x08')])),
    ),
    http2('streams left open', () => many(n(60_000), (i) => headers(1 + 2 * i, []))),
    http2('empty data', () => Buffer.concat([opened, many(n(300_000), () => h2(TYPE.data, 0, 1, ''))])),
    http2('data of one byte', () => Buffer.concat([opened, many(n(300_000), () => h2(TYPE.data, 0, 1, 'a'))])),
    http2('padding that is not empty', () =>
      Buffer.concat([opened, many(n(10_000), () => h2(TYPE.data, FLAG.padded, 1, `\xff${'\0a'.repeat(128)}`))]),
    ),
    http2('pings with something in them', () => many(n(200_000), (i) => h2(TYPE.ping, 0, 0, String(1e7 + i)))),
    http2('gRPC messages that unpack to much', () => {
      const fields = request('/a.B/C', ['content-type', 'application/grpc'], ['grpc-encoding', 'gzip']);
      const zipped = gzipSync(Buffer.alloc(1 << 20));
      const prefix = Buffer.alloc(5, 1);
      prefix.writeUInt32BE(zipped.length, 1);
      return Buffer.concat([
        headers(1, fields),
        many(n(2000), () => h2(TYPE.data, 0, 1, Buffer.concat([prefix, zipped]))),
      ]);
    }),
    mqtt('empty packets', () => many(n(500_000), () => Buffer.from([0xc0, 0]))),
    mqtt('messages of one byte', () => many(n(200_000), () => Buffer.from('\x30\x04\0\x01ab', 'latin1'))),
    mqtt('subscriptions', () => many(n(100_000), () => Buffer.from('\x82\x06\0\x01\0\x01a\0', 'latin1'))),
    mqtt('a topic that comes byte by byte', () =>
      Buffer.concat([Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff]), Buffer.alloc(60_000, 'a')]),
    ),
    fromPhone('HTTP/1: requests without a header', 'http/1.1', () =>
      many(n(50_000), () => Buffer.from('GET / HTTP/1.1\r\n\r\n')),
    ),
    fromPhone('HTTP/1: chunks of one byte', 'http/1.1', () =>
      Buffer.concat([
        Buffer.from('POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n'),
        many(n(300_000), () => Buffer.from('1\r\na\r\n')),
      ]),
    ),
    fromPhone('HTTP/1: field lines of one byte', 'http/1.1', () =>
      Buffer.concat([Buffer.from('GET / HTTP/1.1\r\n'), Buffer.alloc(250_000, 'a:\r\n')]),
    ),
    fromPhone('HTTP/1: empty lines', 'http/1.1', () => Buffer.alloc(2_000_000, '\r\n')),
    fromPhone('HTTP/1: a head that never ends', 'http/1.1', () => Buffer.alloc(2_000_000, 'GET ')),
    fromPhone('nothing that is known', null, () => Buffer.alloc(4_000_000, '\x16\x03\x01')),
  ];
}
