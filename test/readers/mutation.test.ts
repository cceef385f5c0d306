/** Streams of real clients and servers, recorded here and now, then damaged: no reader may throw, guess by cutting, or grow. */
import http from 'node:http';
import http2 from 'node:http2';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Direction } from '../../src/model/flow.ts';
import { createReader } from '../../src/readers/reader.ts';
import { damage, damaged } from '../fuzz/mutation.ts';
import { retainedBytes } from '../retained-memory.ts';
import * as h2 from './http2-frames.ts';
import { byteByByte, cutAt, digest, flow, inOrder, read, type Step } from './reading.ts';
import { closed, listening, portOf, recordTo } from './recording.ts';
import { frame, handshake } from './websocket-frames.ts';

const IMEI = '490154203237518';
const recordings: Record<string, { alpn: string | null; steps: Step[] }> = {};

async function recordHttp1(): Promise<Step[]> {
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.setHeader('Trailer', 'X-Sum');
      response.write(`hello ${request.url}`);
      response.addTrailers({ 'X-Sum': 'abc' });
      response.end();
    });
  });
  await listening(server);
  const recorder = await recordTo(portOf(server));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (const chunked of [true, false, true]) {
    const body = `{"imei":"${IMEI}"}`;
    await new Promise<void>((resolve, reject) => {
      const request = http.request(
        {
          port: recorder.port,
          host: '127.0.0.1',
          agent,
          method: 'POST',
          path: `/x?imei=${IMEI}`,
          headers: chunked ? { 'x-a': 'b' } : { 'content-length': body.length },
        },
        (response) => response.resume().on('end', resolve),
      );
      request.on('error', reject);
      if (chunked) request.write(body);
      request.end(chunked ? 'more' : body);
    });
  }
  agent.destroy();
  await recorder.close();
  await closed(server);
  return recorder.connections[0]!;
}

async function recordHttp2(): Promise<Step[]> {
  const server = http2.createServer();
  server.on('stream', (stream: http2.ServerHttp2Stream) => {
    stream.respond({ ':status': 200, 'x-id': String(stream.id) });
    stream.end('answer');
  });
  await listening(server);
  const recorder = await recordTo(portOf(server));
  const session = http2.connect(`http://127.0.0.1:${recorder.port}`);
  await Promise.all(
    [1, 2, 3].map(
      (n) =>
        new Promise<void>((resolve) => {
          const stream = session.request({ ':method': 'POST', ':path': `/${n}`, 'x-imei': IMEI });
          stream.resume();
          stream.on('close', resolve);
          stream.end(`body ${n} ${IMEI}`);
        }),
    ),
  );
  await new Promise<void>((resolve) => session.close(() => resolve()));
  await recorder.close();
  await closed(server);
  return recorder.connections[0]!;
}

async function recordWebSocket(): Promise<Step[]> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: { threshold: 0 } });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const recorder = await recordTo((server.address() as { port: number }).port);
  const client = new WebSocket(`ws://127.0.0.1:${recorder.port}/`, { perMessageDeflate: { threshold: 0 } });
  await new Promise((resolve) => client.once('open', resolve));
  for (let n = 0; n < 4; n += 1) {
    const answered = new Promise((resolve) => client.once('message', resolve));
    client.send(`{"imei":"${IMEI}","n":${n}}`);
    await answered;
  }
  const gone = new Promise((resolve) => client.once('close', resolve));
  client.close();
  await gone;
  await recorder.close();
  await new Promise((resolve) => server.close(resolve));
  return recorder.connections[0]!;
}

beforeAll(async () => {
  recordings['HTTP/1.1'] = { alpn: 'http/1.1', steps: await recordHttp1() };
  recordings['HTTP/2'] = { alpn: 'h2', steps: await recordHttp2() };
  recordings.WebSocket = { alpn: null, steps: await recordWebSocket() };
});

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

describe('Damaged streams of real speakers', () => {
  for (const name of ['HTTP/1.1', 'HTTP/2', 'WebSocket']) {
    test(`${name}: undamaged, everything is understood`, () => {
      const { alpn, steps } = recordings[name]!;
      const events = read(steps, { alpn });
      expect(events.filter((event) => event.type === 'unreadable' || event.type === 'raw-bytes')).toEqual([]);
      expect(inOrder(events, 'request').split(IMEI).length - 1).toBeGreaterThan(3);
    });

    test(`${name}: damaged anywhere in either direction`, () => {
      const { alpn, steps } = recordings[name]!;
      fc.assert(
        fc.property(damage, fc.nat(), cuts, (damages, which, fractions) => {
          const broken = steps.map(
            (step, at): Step =>
              step.length === 2 && at === which % steps.length ? [step[0], damaged(step[1] as Buffer, damages)] : step,
          );
          const told = digest(read(broken, { alpn }));
          expect(digest(read(broken, { alpn, cut: byteByByte }))).toEqual(told);
          expect(digest(read(broken, { alpn, cut: cutAt(fractions) }))).toEqual(told);
        }),
        { numRuns: 400 },
      );
    });
  }
});

/** [name, alpn, what opens the connection, what then never ends] */
const endless: [string, string | null, Step[], Direction, Buffer][] = [
  ['a head', 'http/1.1', [['request', 'GET / HTTP/1.1\r\n']], 'request', Buffer.from('X-A: b\r\n'.repeat(1000))],
  [
    'a chunk extension',
    'http/1.1',
    [['request', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5']],
    'request',
    Buffer.alloc(60_000, ';'),
  ],
  [
    'trailers',
    'http/1.1',
    [['request', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n']],
    'request',
    Buffer.from('X-A: b\r\n'.repeat(1000)),
  ],
  [
    'a body',
    'http/1.1',
    [['request', 'POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n']],
    'request',
    Buffer.alloc(60_000, 'b'),
  ],
  ['requests nobody answers', 'http/1.1', [], 'request', Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(1000))],
  [
    'bytes after CONNECT',
    'http/1.1',
    [['request', 'CONNECT a:1 HTTP/1.1\r\n\r\n']],
    'request',
    Buffer.alloc(60_000, 'h'),
  ],
  ['an undecided first line', null, [['request', 'WHAT ']], 'request', Buffer.alloc(60_000, 'w')],
  [
    'CONTINUATION',
    'h2',
    [['request', Buffer.concat([h2.PREFACE, h2.settings(), h2.frame(1, 0, 1, 'x')])]],
    'request',
    h2.frame(9, 0, 1, 'y'.repeat(16_000)),
  ],
  [
    'HTTP/2 streams',
    'h2',
    [['request', Buffer.concat([h2.PREFACE, h2.settings()])]],
    'request',
    Buffer.alloc(0), // each chunk opens new ones, see below
  ],
  [
    'HPACK table entries',
    'h2',
    [['request', Buffer.concat([h2.PREFACE, h2.settings()])]],
    'request',
    h2.frame(
      1,
      5,
      1,
      Buffer.concat([
        Buffer.from([0x3f, 0xe1, 0xff, 0x0f]),
        Buffer.from([0x40, 1, 0x61, 1, 0x62]),
        Buffer.from([0x40, 1, 0x61, 1, 0x62]),
      ]),
    ),
  ],
  ['a WebSocket message', null, handshaken(), 'request', Buffer.alloc(60_000, 0)],
  ['an MQTT CONNECT', 'mqtt', [['request', '\x10\xff\xff\xff\x7f']], 'request', Buffer.alloc(60_000, 0)],
  [
    'a PUBLISH header',
    'mqtt',
    [
      [
        'request',
        '\x10\x0f\0\x04MQTT\x05\x02\0\x3c\0\0\x01x\0\x30\xff\xff\xff\x7f\0\x01t\xff\xff\xff\x7f'.replace(
          '\x0f',
          '\x0e',
        ),
      ],
    ],
    'request',
    Buffer.alloc(60_000, 0),
  ],
];

function handshaken(): Step[] {
  const [request, response] = handshake('permessage-deflate');
  const open = frame({ opcode: 2, rsv1: true, payload: Buffer.alloc(70_000) }).subarray(0, 10);
  open.writeBigUInt64BE(2n ** 40n, 2);
  return [
    ['request', request],
    ['response', response],
    ['request', open],
  ];
}

describe('What never ends does not grow', () => {
  for (const [name, alpn, opening, direction, piece] of endless) {
    test(name, () => {
      const reader = createReader(flow, alpn);
      for (const step of opening) reader.push(step[0], Buffer.from(step[1] as string, 'latin1'), 0);
      const before = retainedBytes();
      let pushed = 0;
      for (let round = 0; pushed < 30_000_000 && round < 3000; round += 1) {
        const chunk = piece.length > 0 ? piece : newStreams(round);
        reader.push(direction, chunk, 0);
        pushed += chunk.length;
      }
      expect(retainedBytes() - before).toBeLessThan(12_000_000);
      reader.close(1);
    });
  }
});

function newStreams(round: number): Buffer {
  return Buffer.concat(
    Array.from({ length: 50 }, (_, at) => h2.headers(2 * (round * 50 + at) + 1, h2.request('/endless'))),
  );
}
