import { createHash } from 'node:crypto';
import http2 from 'node:http2';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { FlowEvent } from '../../src/model/flow.ts';
import { byteByByte, cutAt, digest, inOrder, read, type Step } from './reading.ts';
import { closed, listening, portOf, recordTo } from './recording.ts';
import { frame, handshake } from './websocket-frames.ts';

const MASK = Buffer.from([0x11, 0x82, 0xf3, 0x44]);
const IMEI = '490154203237518';

/** Long messages are compared by length and hash, so that a failure can be read. */
const short = (bytes: Buffer) =>
  bytes.length < 200 ? bytes.toString('latin1') : `${bytes.length} ${createHash('sha1').update(bytes).digest('hex')}`;

/** Whole messages, in the order in which they ended. */
function messages(events: FlowEvent[]): string[] {
  const open = new Map<string, Buffer[]>();
  const whole: string[] = [];
  for (const event of events) {
    if (event.type !== 'message') continue;
    const key = `${event.direction} ${event.label}`;
    const parts = [...(open.get(key) ?? []), event.bytes];
    open.set(key, parts);
    if (!event.final) continue;
    whole.push(`${key}: ${short(Buffer.concat(parts))}`);
    open.delete(key);
  }
  return whole;
}

function script(up: Buffer[], down: Buffer[] = [], extensions: string | null = null): Step[] {
  const [request, response] = handshake(extensions);
  return [
    ['request', request],
    ['response', Buffer.concat([response, ...down])],
    ['request', Buffer.concat(up)],
  ];
}

describe('ws speaks, the reader recovers every message', () => {
  const deflates: [string, boolean | object][] = [
    ['without compression', false],
    ['permessage-deflate with context takeover', { threshold: 0 }],
    [
      'permessage-deflate without context takeover',
      { threshold: 0, clientNoContextTakeover: true, serverNoContextTakeover: true },
    ],
    [
      'permessage-deflate with context takeover only towards the phone',
      { threshold: 0, clientNoContextTakeover: true },
    ],
    ['permessage-deflate with small windows', { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 10 }],
  ];
  for (const [name, perMessageDeflate] of deflates) {
    test(name, async () => {
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate });
      await new Promise((resolve) => server.once('listening', resolve));
      server.on('connection', (socket) => {
        socket.on('message', (data: Buffer, isBinary) => socket.send(isBinary ? data : `echo ${data}`));
      });
      const recorder = await recordTo((server.address() as { port: number }).port);
      const client = new WebSocket(`ws://127.0.0.1:${recorder.port}/live?imei=${IMEI}`, { perMessageDeflate });
      await new Promise((resolve) => client.once('open', resolve));
      const sent: (string | Buffer)[] = [
        `{"imei":"${IMEI}"}`,
        `{"imei":"${IMEI}","again":true}`,
        '',
        'x'.repeat(200_000),
        Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7919) >> 3)),
        `{"imei":"${IMEI}","last":true}`,
      ];
      const expected: string[] = [];
      for (const message of sent) {
        const answered = new Promise<Buffer>((resolve) => client.once('message', (data: Buffer) => resolve(data)));
        client.send(message);
        const answer = await answered;
        const label = typeof message === 'string' ? 'text' : 'binary';
        expected.push(
          `request ${label}: ${short(Buffer.from(message as string))}`,
          `response ${label}: ${short(answer)}`,
        );
      }
      const pong = new Promise((resolve) => client.once('pong', resolve));
      client.ping('are you there');
      await pong;
      expected.push('request ping: are you there', 'response pong: are you there');
      const gone = new Promise((resolve) => client.once('close', resolve));
      client.close(1000, 'done');
      await gone;
      expected.push('request close: \x03\xe8done', 'response close: \x03\xe8done');
      await recorder.close();
      await new Promise((resolve) => server.close(resolve));

      const steps = recorder.connections[0]!;
      const whole = read(steps);
      expect(messages(whole)).toEqual(expected);
      expect(whole.filter((event) => event.type === 'unreadable' || event.type === 'raw-bytes')).toEqual([]);
      expect(digest(read(steps, { cut: byteByByte }))).toEqual(digest(whole));
      expect(whole.some((event) => event.type === 'message' && event.bytes.length > 65_536)).toBe(false);
    });
  }
});

test('over HTTP/2 (RFC 8441): the stream becomes a WebSocket, other streams go on', async () => {
  const server = http2.createServer({ settings: { enableConnectProtocol: true } });
  server.on('stream', (stream: http2.ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    if (headers[':method'] !== 'CONNECT') {
      stream.respond({ ':status': 200 });
      stream.end('plain');
      return;
    }
    stream.respond({ ':status': 200, 'sec-websocket-extensions': 'permessage-deflate' });
    stream.write(frame({ opcode: 1, payload: 'welcome' }));
    stream.on('data', () => {});
    stream.on('end', () => stream.end());
  });
  await listening(server);
  const recorder = await recordTo(portOf(server));
  const session = http2.connect(`http://127.0.0.1:${recorder.port}`);
  await new Promise<void>((resolve) => session.once('remoteSettings', () => resolve()));
  const socket = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat', 'sec-websocket-version': '13' },
    { endStream: false },
  );
  await new Promise<void>((resolve) => socket.once('response', () => resolve()));
  const packed = zlib
    .deflateRawSync(Buffer.from(`imei ${IMEI}`), { finishFlush: zlib.constants.Z_SYNC_FLUSH })
    .subarray(0, -4);
  socket.write(frame({ opcode: 1, payload: packed, rsv1: true, mask: MASK }));
  const other = session.request({ ':path': '/other' });
  other.resume();
  await new Promise((resolve) => other.once('close', resolve));
  socket.resume();
  socket.end();
  await new Promise((resolve) => socket.once('close', resolve));
  await new Promise<void>((resolve) => session.close(() => resolve()));
  await recorder.close();
  await closed(server);

  const steps = recorder.connections[0]!;
  for (const cut of [(all: Buffer) => [all], byteByByte]) {
    const events = read(steps, { alpn: 'h2', cut });
    expect(messages(events).sort()).toEqual([`request text: imei ${IMEI}`, 'response text: welcome']);
    const { story, unreadable } = digest(events);
    expect(story).toContain('1 upgraded to websocket');
    expect(story).toContain('body response 3: plain [] complete=true');
    expect(unreadable).toEqual([]);
    expect(events.filter((event) => event.type === 'message').every((event) => event.exchange === 1)).toBe(true);
  }
});

/** [name, frames of the phone, messages, reason, raw bytes] */
const shapes: [string, Buffer[], string[], string | null, string][] = [
  [
    'fragments with control frames in between, empty fragments too',
    [
      frame({ opcode: 1, payload: '490154', fin: false, mask: MASK }),
      frame({ opcode: 9, payload: 'ping!', mask: MASK }),
      frame({ opcode: 0, fin: false, mask: MASK }),
      frame({ opcode: 10, mask: MASK }),
      frame({ opcode: 0, payload: '203237518', mask: MASK }),
      frame({ opcode: 2, mask: MASK }),
    ],
    ['request ping: ping!', 'request pong: ', `request text: ${IMEI}`, 'request binary: '],
    null,
    '',
  ],
  ['a phone that forgets to mask', [frame({ opcode: 1, payload: IMEI })], [`request text: ${IMEI}`], null, ''],
  [
    'invalid UTF-8 in a text',
    [frame({ opcode: 1, payload: Buffer.from([0xff, 0xc0]), mask: MASK })],
    ['request text: \xff\xc0'],
    null,
    '',
  ],
  [
    'a reserved opcode',
    [frame({ opcode: 1, payload: 'ok', mask: MASK }), frame({ opcode: 3, payload: IMEI })],
    ['request text: ok'],
    'a WebSocket frame with a reserved opcode',
    `\x83\x0f${IMEI}`,
  ],
  [
    'a continuation of nothing',
    [frame({ opcode: 0, payload: IMEI })],
    [],
    'a WebSocket continuation of nothing',
    `\x80\x0f${IMEI}`,
  ],
  [
    'a message inside another: the first one ends where it was',
    [frame({ opcode: 1, payload: 'half', fin: false }), frame({ opcode: 1, payload: IMEI })],
    ['request text: half'],
    'a WebSocket message inside another',
    `\x81\x0f${IMEI}`,
  ],
  [
    'a frame longer than anyone can send',
    [Buffer.from([0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2])],
    [],
    'a WebSocket frame longer than 2^53',
    '\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02',
  ],
  [
    'an extension nobody agreed on: unmasked and handed on as it is',
    [frame({ opcode: 1, payload: IMEI, rsv1: true, mask: MASK })],
    [`request text: ${IMEI}`],
    'a WebSocket extension no reader knows',
    '',
  ],
  [
    'a message cut off by the end of the connection',
    [frame({ opcode: 1, payload: `${IMEI} and more`, mask: MASK }).subarray(0, -9)],
    [`request text: ${IMEI}`],
    null,
    '',
  ],
  ['a frame header cut off', [Buffer.from([0x81])], [], null, '\x81'],
];

describe('Frames of every shape', () => {
  for (const [name, up, expected, reason, raw] of shapes) {
    for (const [how, cut] of [
      ['whole', (all: Buffer) => [all]],
      ['one byte at a time', byteByByte],
    ] as const) {
      test(`${name} (${how})`, () => {
        const events = read(script(up), { cut });
        expect(messages(events)).toEqual(expected);
        const told = digest(events);
        expect(told.unreadable).toEqual(reason ? [`request: ${reason}`] : []);
        expect(told.raw.request).toBe(raw);
      });
    }
  }
});

const pack = (text: string, dictionary?: string) =>
  zlib
    .deflateRawSync(Buffer.from(text), {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      ...(dictionary ? { dictionary: Buffer.from(dictionary) } : {}),
    })
    .subarray(0, -4);

describe('permessage-deflate', () => {
  test('fragments may be cut anywhere in the compressed bytes, and the window is carried over', () => {
    const first = pack(`{"imei":"${IMEI}"}`);
    const second = pack(`{"imei":"${IMEI}"}`, `{"imei":"${IMEI}"}`);
    expect(second.length).toBeLessThan(10);
    const up = [
      frame({ opcode: 1, payload: first.subarray(0, 5), rsv1: true, fin: false, mask: MASK }),
      frame({ opcode: 0, payload: first.subarray(5), mask: MASK }),
      frame({ opcode: 1, payload: second, rsv1: true, mask: MASK }),
    ];
    for (const cut of [(all: Buffer) => [all], byteByByte]) {
      const events = read(script(up, [], 'permessage-deflate'), { cut });
      expect(messages(events)).toEqual(Array(2).fill(`request text: {"imei":"${IMEI}"}`));
    }
  });

  test('messages below the threshold come uncompressed in between', () => {
    const up = [
      frame({ opcode: 1, payload: pack('compressed'), rsv1: true }),
      frame({ opcode: 1, payload: 'plain' }),
      frame({ opcode: 1, payload: pack('compressed again', 'compressed'), rsv1: true }),
    ];
    expect(messages(read(script(up, [], 'permessage-deflate')))).toEqual([
      'request text: compressed',
      'request text: plain',
      'request text: compressed again',
    ]);
  });

  test('a final block (BFINAL) ends a message and the next one goes on', () => {
    const up = [
      frame({ opcode: 1, payload: zlib.deflateRawSync(Buffer.from('one')), rsv1: true }),
      frame({ opcode: 1, payload: pack('two one', 'one'), rsv1: true }),
    ];
    for (const cut of [(all: Buffer) => [all], byteByByte])
      expect(messages(read(script(up, [], 'permessage-deflate'), { cut }))).toEqual([
        'request text: one',
        'request text: two one',
      ]);
  });

  test('what cannot be decompressed is handed on closed, once said; without takeover the next message opens again', () => {
    const up = [
      frame({ opcode: 1, payload: `\x07${IMEI}`, rsv1: true }),
      frame({ opcode: 1, payload: pack('fine'), rsv1: true }),
    ];
    for (const cut of [(all: Buffer) => [all], byteByByte]) {
      const events = read(script(up, [], 'permessage-deflate; client_no_context_takeover'), { cut });
      expect(messages(events)).toEqual([`request text: \x07${IMEI}`, 'request text: fine']);
      expect(digest(events).unreadable).toEqual(['request: a WebSocket message that cannot be decompressed']);
    }
  });

  test('a bomb is stopped', () => {
    const bomb = pack('0'.repeat(30_000_000));
    const events = read(script([frame({ opcode: 2, payload: bomb, rsv1: true })], [], 'permessage-deflate'));
    const size = events.reduce((sum, event) => sum + (event.type === 'message' ? event.bytes.length : 0), 0);
    expect(size).toBeLessThan(20_000_000);
    expect(digest(events).unreadable).toEqual(['request: a WebSocket message that cannot be decompressed']);
  });
});

const anyFrame = fc.record({
  opcode: fc.constantFrom(0, 1, 2, 8, 9, 10),
  payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fin: fc.boolean(),
  rsv1: fc.boolean(),
  mask: fc.constantFrom(null, MASK),
});
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 10 });

test('any frames, damaged at any byte, are cut-independent and never throw', () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { maxLength: 8 }),
      fc.nat(),
      fc.nat(255),
      fc.boolean(),
      cuts,
      (frames, at, byte, deflate, fractions) => {
        const bytes = Buffer.concat(frames.map(frame));
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        const steps = script([bytes], [bytes], deflate ? 'permessage-deflate' : null);
        const told = digest(read(steps));
        expect(digest(read(steps, { cut: byteByByte }))).toEqual(told);
        expect(digest(read(steps, { cut: cutAt(fractions) }))).toEqual(told);
      },
    ),
    { numRuns: 500 },
  );
});

test('a value put into any payload comes out once', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 6 }), fc.nat(), cuts, (frames, which, fractions) => {
      const marked = frames.map((one, at) =>
        at === which % frames.length
          ? { ...one, payload: Buffer.from(`<${IMEI}>`), mask: null }
          : { ...one, payload: Buffer.alloc(9, 1) },
      );
      const events = read(script([Buffer.concat(marked.map(frame))]), { cut: cutAt(fractions) });
      expect(inOrder(events, 'request').split(IMEI).length - 1).toBe(1);
    }),
    { numRuns: 500 },
  );
});
