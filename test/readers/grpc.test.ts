import zlib from 'node:zlib';
import {
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FlowEvent } from '../../src/model/flow.ts';
import { byteByByte, cutAt, digest, read, type Step } from './reading.ts';
import { recordTo } from './recording.ts';

const IMEI = '490154203237518';
const bytes = (value: Buffer) => value;
const method = (path: string) => ({
  path,
  requestStream: true,
  responseStream: true,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});
const service: ServiceDefinition = { report: method('/lab.Phone/Report') };

function messages(events: FlowEvent[]): string[] {
  const parts = new Map<string, Buffer[]>();
  const whole: string[] = [];
  for (const event of events) {
    if (event.type !== 'message') continue;
    const key = `${event.direction} ${event.protocol} ${event.label}`;
    parts.set(key, [...(parts.get(key) ?? []), event.bytes]);
    if (!event.final) continue;
    const text = Buffer.concat(parts.get(key)!).toString('latin1');
    whole.push(`${key}: ${text.length < 100 ? text : text.length}`);
    parts.delete(key);
  }
  return whole;
}

describe('grpc-js speaks, the reader recovers every message', () => {
  for (const [name, algorithm] of [
    ['uncompressed', compressionAlgorithms.identity],
    ['gzip', compressionAlgorithms.gzip],
    ['deflate', compressionAlgorithms.deflate],
  ] as const) {
    test(`a stream of messages both ways, ${name}`, async () => {
      const server = new Server();
      server.addService(service, {
        report(call: {
          on(event: string, listener: (data: Buffer) => void): void;
          write(data: Buffer): void;
          end(): void;
        }) {
          call.on('data', (data) => call.write(Buffer.concat([Buffer.from('got '), data])));
          call.on('end', () => call.end());
        },
      });
      const port = await new Promise<number>((resolve, reject) =>
        server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
          error ? reject(error) : resolve(bound),
        ),
      );
      const recorder = await recordTo(port);
      const client = new Client(`127.0.0.1:${recorder.port}`, credentials.createInsecure(), {
        'grpc.default_compression_algorithm': algorithm,
      });
      const sent = [
        Buffer.from(`imei ${IMEI}`),
        Buffer.alloc(0),
        Buffer.alloc(50_000, 'photo'),
        Buffer.from(`again ${IMEI}`),
      ];
      const call = client.makeBidiStreamRequest('/lab.Phone/Report', bytes, bytes, new Metadata());
      const answered = new Promise((resolve) => call.on('end', resolve));
      call.on('data', () => {});
      for (const message of sent) call.write(message);
      call.end();
      await answered;
      client.close();
      await recorder.close();
      server.forceShutdown();

      const steps = recorder.connections[0]!;
      const events = read(steps);
      const expected = sent
        .map((message) => message.toString())
        .map((text) => (text.length < 100 ? text : text.length));
      const seen = messages(events);
      const of = (direction: string) => seen.filter((line) => line.startsWith(direction));
      expect(of('request')).toEqual(expected.map((text) => `request grpc /lab.Phone/Report: ${text}`));
      expect(of('response')).toHaveLength(sent.length);
      expect(of('response')[0]).toBe(`response grpc /lab.Phone/Report: got imei ${IMEI}`);
      // Never both as messages and as a body.
      expect(events.filter((event) => ['body-chunk', 'raw-bytes', 'unreadable'].includes(event.type))).toEqual([]);
      expect(digest(events).story.some((line) => line.includes('grpc-status'))).toBe(true);
      expect(digest(read(steps, { cut: byteByByte }))).toEqual(digest(events));
    });
  }
});

const framed = (payload: Buffer | string, flags = 0) => {
  const prefix = Buffer.alloc(5);
  prefix[0] = flags;
  prefix.writeUInt32BE(Buffer.byteLength(payload), 1);
  return Buffer.concat([prefix, Buffer.from(payload as string)]);
};

function post(contentType: string, body: Buffer, encoding = 'identity'): Step[] {
  const head = `POST /lab.Phone/Report HTTP/1.1\r\nHost: a\r\nContent-Type: ${contentType}\r\ngrpc-encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return [['request', Buffer.concat([Buffer.from(head), body])]];
}

const label = 'request grpc-web /lab.Phone/Report';
const base64 = (...parts: Buffer[]) => Buffer.from(parts.map((part) => part.toString('base64')).join(''));

/** [name, content type, body, grpc-encoding, messages, plain body, reason] */
const bodies: [string, string, Buffer, string, string[], string, string | null][] = [
  [
    'grpc-web over HTTP/1.1 with its trailers',
    'application/grpc-web+proto',
    Buffer.concat([framed(`a ${IMEI}`), framed('grpc-status: 0\r\n', 128)]),
    'identity',
    [`${label}: a ${IMEI}`, `${label} trailers: grpc-status: 0\r\n`],
    '',
    null,
  ],
  [
    'grpc-web-text: several base64 texts in a row',
    'application/grpc-web-text',
    base64(framed('a'), framed(`bb ${IMEI}`), framed('ccc')),
    'identity',
    [`${label}: a`, `${label}: bb ${IMEI}`, `${label}: ccc`],
    '',
    null,
  ],
  [
    'a gzip message',
    'application/grpc-web',
    framed(zlib.gzipSync(`zipped ${IMEI}`), 1),
    'gzip',
    [`${label}: zipped ${IMEI}`],
    '',
    null,
  ],
  [
    'a compression no reader knows is handed on as it is',
    'application/grpc-web',
    framed(`snappy ${IMEI}`, 1),
    'snappy',
    [`${label}: snappy ${IMEI}`],
    '',
    null,
  ],
  [
    'a message that is not gzip although it says so',
    'application/grpc-web',
    Buffer.concat([framed(`not gzip ${IMEI}`, 1), framed('next')]),
    'gzip',
    [`${label}: not gzip ${IMEI}`, `${label}: next`],
    '',
    'a compressed gRPC message that could not be opened',
  ],
  [
    'a body that is no gRPC: plain from there',
    'application/grpc-web',
    Buffer.concat([framed('one'), Buffer.from(`{"imei":"${IMEI}"}`)]),
    'identity',
    [`${label}: one`],
    `{"imei":"${IMEI}"}`,
    'a body that is not framed as its gRPC content type says',
  ],
  [
    'a text that is not base64',
    'application/grpc-web-text',
    Buffer.concat([base64(framed('one')), Buffer.from(`{"imei":"${IMEI}"}`)]),
    'identity',
    [`${label}: one`],
    `{"imei":"${IMEI}"}`,
    'a grpc-web-text body that is not base64',
  ],
  ['a prefix cut off', 'application/grpc-web', Buffer.from([0, 0, 0]), 'identity', [], '\0\0\0', null],
  [
    'a message cut off',
    'application/grpc-web',
    framed('abcdef').subarray(0, 8),
    'identity',
    [`${label}: abc`],
    '',
    null,
  ],
];

describe('gRPC bodies of every shape', () => {
  for (const [name, contentType, body, encoding, expected, plain, reason] of bodies) {
    for (const [how, cut] of [
      ['whole', (all: Buffer) => [all]],
      ['one byte at a time', byteByByte],
    ] as const) {
      test(`${name} (${how})`, () => {
        const events = read(post(contentType, body, encoding), { cut });
        expect(messages(events)).toEqual(expected);
        const told = digest(events);
        expect(told.story.at(-1)).toBe(told.story.findLast((line) => line.startsWith('body request 1: ')));
        expect(told.story.at(-1)).toBe(`body request 1: ${plain} [] complete=true`);
        expect(told.unreadable).toEqual(reason ? [`request: ${reason}`] : []);
      });
    }
  }

  test('any body is cut-independent and never throws', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((all) => Buffer.from(all)),
      fc.uint8Array({ maxLength: 60 }).map((all) => framed(Buffer.from(all))),
      fc.uint8Array({ maxLength: 60 }).map((all) => framed(zlib.gzipSync(Buffer.from(all)), 1)),
      fc.uint8Array({ maxLength: 60 }).map((all) => framed(Buffer.from(all), 1)),
      fc.uint8Array({ maxLength: 60 }).map((all) => base64(framed(Buffer.from(all)))),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.constantFrom('application/grpc', 'application/grpc-web', 'application/grpc-web-text'),
        fc.constantFrom('identity', 'gzip', 'deflate'),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
        (pieces, contentType, encoding, fractions) => {
          const steps = post(contentType, Buffer.concat(pieces), encoding);
          const told = digest(read(steps));
          expect(digest(read(steps, { cut: byteByByte }))).toEqual(told);
          expect(digest(read(steps, { cut: cutAt(fractions) }))).toEqual(told);
        },
      ),
      { numRuns: 500 },
    );
  });
});
