/** HTTP/2 as no library would write it: broken, hostile, or only rare. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createReader } from '../../src/readers/reader.ts';
import { retainedBytes } from '../retained-memory.ts';
import { block, FLAG, frame, headers, integer, PREFACE, request, settings, TYPE } from './http2-frames.ts';
import { byteByByte, cutAt, digest, flow, inOrder, read, type Step } from './reading.ts';

const IMEI = '490154203237518';
const { endStream, endHeaders, padded, priority } = FLAG;
const up = (...frames: Buffer[]): Step[] => [['request', Buffer.concat([PREFACE, settings(), ...frames])]];
const head = (n: number, path: string, rest = '') => `${n} h2 POST ${path} https a.example [${rest}]`;
const bodyOf = (n: number, text: string, complete = true, direction = 'request') =>
  `body ${direction} ${n}: ${text} [] complete=${complete}`;
const pad = (payload: string, padding: string) =>
  Buffer.from(`${String.fromCharCode(padding.length)}${payload}${padding}`, 'latin1');

/** [name, steps, story, unreadable, raw bytes of the phone] */
const shapes: [string, Step[], string[], string[], string][] = [
  [
    'streams interleave',
    up(
      headers(1, request('/1')),
      headers(3, request('/3')),
      frame(TYPE.data, 0, 1, 'one '),
      frame(TYPE.data, endStream, 3, 'three'),
      frame(TYPE.data, endStream, 1, 'more'),
    ),
    [head(1, '/1'), head(3, '/3'), bodyOf(3, 'three'), bodyOf(1, 'one more')],
    [],
    '',
  ],
  [
    'padding and priority are taken off; padding that is not zero is handed on',
    up(
      frame(
        TYPE.headers,
        endHeaders | padded | priority,
        1,
        Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 9]), block(request('/1')), Buffer.from([0, 0, 0])]),
      ),
      frame(TYPE.data, padded, 1, pad('data', '\0\0')),
      frame(TYPE.data, padded | endStream, 1, pad('', `\0${IMEI}\0`)),
    ),
    [head(1, '/1'), bodyOf(1, 'data')],
    [],
    IMEI,
  ],
  [
    'a header block in CONTINUATIONs, one of them empty',
    up(
      frame(TYPE.headers, endStream, 1, block(request('/1')).subarray(0, 10)),
      frame(TYPE.continuation, 0, 1),
      frame(TYPE.continuation, endHeaders, 1, block(request('/1')).subarray(10)),
    ),
    [head(1, '/1'), bodyOf(1, '')],
    [],
    '',
  ],
  [
    'pseudo fields the event has no place for stay visible',
    up(
      headers(
        1,
        [
          [':method', 'POST'],
          [':path', '/1'],
          [':method', IMEI],
          [':odd', 'x'],
        ],
        endHeaders | endStream,
      ),
    ),
    [`1 h2 POST /1 https vendor.example [[":method","${IMEI}"],[":odd","x"]]`, bodyOf(1, '')],
    [],
    '',
  ],
  [
    'frames of an unknown type, PING, GOAWAY text and frames of a wrong size are raw',
    up(
      frame(0x1f, 0, 0, 'unknown'),
      frame(TYPE.ping, 0, 0, 'eight by'),
      frame(TYPE.window, 0, 0, 'window'),
      frame(TYPE.goaway, 0, 0, Buffer.concat([Buffer.alloc(8), Buffer.from(IMEI)])),
    ),
    [],
    [],
    `unknowneight bywindow${'\0'.repeat(8)}${IMEI}`,
  ],
  [
    'DATA of a stream nobody opened, or after its end, is raw',
    up(
      frame(TYPE.data, 0, 7, 'seven'),
      headers(1, request('/1'), endHeaders | endStream),
      frame(TYPE.data, endStream, 1, IMEI),
    ),
    [head(1, '/1'), bodyOf(1, '')],
    [],
    `seven${IMEI}`,
  ],
  [
    'headers after the end of their stream are raw text',
    up(headers(3, request('/3'), endHeaders | endStream), headers(1, [['x-late', IMEI]])),
    [head(3, '/3'), bodyOf(3, '')],
    [],
    `x-late: ${IMEI}\r\n`,
  ],
  [
    'RST_STREAM from the server ends both directions, other streams go on',
    [
      ...up(headers(1, request('/1')), frame(TYPE.data, 0, 1, 'part'), headers(3, request('/3'))),
      ['response', Buffer.concat([settings(), frame(TYPE.reset, 0, 1, '\0\0\0\x08')])],
      ['request', Buffer.concat([frame(TYPE.data, 0, 1, 'on its way'), frame(TYPE.data, endStream, 3, 'fine')])],
    ],
    [head(1, '/1'), head(3, '/3'), bodyOf(1, 'part', false), bodyOf(3, 'fine')],
    [],
    'on its way',
  ],
  [
    'a pushed request is a message of the server, its answer an exchange',
    [
      ...up(headers(1, request('/1'), endHeaders | endStream)),
      [
        'response',
        Buffer.concat([
          settings(),
          frame(TYPE.push, endHeaders, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), block([[':path', '/style.css']])])),
          headers(2, [[':status', '200']]),
          frame(TYPE.data, endStream, 2, 'css'),
        ]),
      ],
    ],
    [
      head(1, '/1'),
      bodyOf(1, ''),
      'message response 2 h2 PUSH_PROMISE: :path: /style.css\r\n',
      '2 200 []',
      bodyOf(2, 'css', true, 'response'),
    ],
    [],
    '',
  ],
  [
    'a connection that ends inside a body, a block and a frame header',
    [
      ...up(
        headers(1, request('/1')),
        frame(TYPE.data, 0, 1, 'part'),
        frame(TYPE.headers, 0, 3, 'block'),
        Buffer.from('cut'),
      ),
    ],
    [head(1, '/1'), bodyOf(1, 'part', false)],
    [],
    'blockcut',
  ],
  [
    'a broken header block: headers are lost from there, bodies are not',
    up(
      headers(1, request('/1')),
      frame(TYPE.headers, endHeaders, 3, `\x80${IMEI}`),
      frame(TYPE.data, endStream, 1, 'body'),
      headers(5, request('/5')),
      frame(TYPE.data, endStream, 5, 'five'),
    ),
    [head(1, '/1'), bodyOf(1, 'body')],
    ['request: header compression that cannot be followed (HPACK)'],
    `\x80${IMEI}${block(request('/5')).toString('latin1')}five`,
  ],
  [
    'a header block interrupted by another frame',
    up(headers(1, request('/1')), frame(TYPE.headers, 0, 3, 'half'), frame(TYPE.data, endStream, 1, 'body')),
    [head(1, '/1'), bodyOf(1, 'body')],
    ['request: a header block interrupted by another frame'],
    'half',
  ],
  [
    'more padding than frame',
    up(frame(TYPE.headers, endHeaders | padded, 1, `\xff${IMEI}`)),
    [],
    ['request: a header frame of a wrong size or without a stream'],
    `\xff${IMEI}`,
  ],
  [
    'plain CONNECT: what the tunnel carries is the body',
    [
      ...up(
        headers(1, [
          [':method', 'CONNECT'],
          [':authority', 'b.example:7'],
        ]),
      ),
      ['response', Buffer.concat([settings(), headers(1, [[':status', '200']])])],
      ['request', frame(TYPE.data, endStream, 1, IMEI)],
    ],
    ['1 h2 CONNECT b.example:7 https b.example:7 []', '1 200 []', bodyOf(1, IMEI), bodyOf(1, '', false, 'response')],
    [],
    '',
  ],
  ['a CONTINUATION of nothing is raw', up(frame(TYPE.continuation, endHeaders, 1, IMEI)), [], [], IMEI],
];

describe('Frames of every shape', () => {
  for (const [name, steps, story, unreadable, raw] of shapes) {
    for (const [how, cut] of [
      ['whole', (all: Buffer) => [all]],
      ['one byte at a time', byteByByte],
    ] as const) {
      test(`${name} (${how})`, () => {
        const told = digest(read(steps, { alpn: 'h2', cut }));
        expect(told.story).toEqual(story);
        expect(told.unreadable).toEqual(unreadable);
        expect(told.raw.request).toBe(raw);
      });
    }
  }

  test('what is not HTTP/2 although ALPN said so is raw', () => {
    const told = digest(
      read(
        [
          ['request', `GET /?imei=${IMEI} HTTP/1.1\r\n\r\n`],
          ['response', 'HTTP/1.1 400 Bad\r\n\r\n'],
        ],
        { alpn: 'h2' },
      ),
    );
    expect(told.unreadable).toEqual(['request: not HTTP/2', 'response: not HTTP/2']);
    expect(told.raw.request).toContain(IMEI);
  });
});

describe('Floods and bombs cost a bounded amount of memory', () => {
  test('endless CONTINUATION: the block is given up, its bytes are searched, bodies go on', () => {
    const flood = Array.from({ length: 100 }, () => frame(TYPE.continuation, 0, 3, 'x'.repeat(10_000)));
    const steps = up(
      headers(1, request('/1')),
      frame(TYPE.headers, endStream, 3, 'start'),
      ...flood,
      frame(TYPE.data, endStream, 1, IMEI),
    );
    const told = digest(read(steps, { alpn: 'h2' }));
    expect(told.unreadable).toEqual(['request: a header block over the limit']);
    expect(told.raw.request).toBe(`start${'x'.repeat(1_000_000)}`);
    expect(told.story).toContain(bodyOf(1, IMEI));
  });

  describe('a header block that goes on for more than ten seconds', () => {
    const opened = Buffer.concat([PREFACE, settings(), headers(1, request('/1'))]);
    const data = frame(TYPE.data, endStream, 1, 'after');
    const whole = (first: Buffer, ...later: [number, Buffer | null][]) => {
      const reader = createReader(flow, 'h2');
      const events = [...reader.push('request', Buffer.concat([opened, first]), 0)];
      const held = reader.isHolding?.();
      for (const [time, bytes] of later)
        events.push(...(bytes === null ? reader.quiet(time) : reader.push('request', bytes, time)));
      return { held, reader, events };
    };

    test.each([
      ['in CONTINUATIONs', frame(TYPE.headers, 0, 3, IMEI), frame(TYPE.continuation, endHeaders, 3, '!')],
      // Of 40 bytes that were promised 15 are there.
      ['in one frame', frame(TYPE.headers, endHeaders, 3, IMEI.padEnd(40, '!')).subarray(0, 24), Buffer.alloc(25, '!')],
    ])('%s comes out while the phone is silent, and what follows is read', (_name, first, rest) => {
      const { held, reader, events } = whole(first, [9_999, null], [10_000, null]);
      expect(held).toBe(true);
      const told = digest(events);
      expect(told.unreadable).toEqual(['request: a header block that goes on for too long']);
      expect(told.raw.request).toBe(IMEI);
      expect(reader.isHolding?.()).toBe(false);
      expect(digest(reader.push('request', rest, 10_001)).raw.request).toMatch(/^!+$/);
      const after = digest([...reader.push('request', data, 10_002), ...reader.close(10_003)]);
      expect(after.story).toContain(bodyOf(1, 'after'));
    });

    test('byte by byte, comes out with the byte that is too late', () => {
      const { events } = whole(
        frame(TYPE.headers, 0, 3, IMEI),
        [5_000, frame(TYPE.continuation, 0, 3, 'a')],
        [10_000, frame(TYPE.continuation, 0, 3, 'b')],
      );
      expect(digest(events).raw.request).toBe(`${IMEI}ab`);
    });

    test('that comes in time is none', () => {
      const { events, reader } = whole(
        frame(TYPE.headers, 0, 3, block(request('/3'))),
        [9_000, frame(TYPE.continuation, endHeaders, 3)],
        [20_000, frame(TYPE.headers, 0, 5, block(request('/5')))],
        [29_000, frame(TYPE.continuation, endHeaders, 5)],
      );
      expect(digest(events).unreadable).toEqual([]);
      expect(reader.isHolding?.()).toBe(false);
    });
  });

  test('an HPACK bomb: 30,000 references to a header of 4,000 bytes', () => {
    const big = Buffer.concat([Buffer.from([0x40, 1, 0x62]), integer(4000, 7, 0), Buffer.alloc(4000, 0x62)]);
    const bomb = Buffer.concat([
      block(request('/1')),
      big,
      Buffer.alloc(30_000, 0xbe),
      Buffer.from([0, 1]),
      Buffer.from('x'),
      Buffer.from([15]),
      Buffer.from(IMEI),
    ]);
    const before = retainedBytes();
    const events = read(up(frame(TYPE.headers, endHeaders | endStream, 1, bomb)), { alpn: 'h2' });
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    expect(heapUsed + arrayBuffers - before).toBeLessThan(50_000_000);
    const told = digest(events);
    expect(told.unreadable).toEqual(['request: a header list over the limit: the rest of it is searched as raw bytes']);
    expect(told.raw.request).toBe(`x: ${IMEI}\r\n`);
    const request1 = events.find((event) => event.type === 'request-head');
    expect(request1?.headers.length).toBeLessThan(70);
  });

  test('more open streams than the limit: new ones are raw, old ones go on, and closed ones make room', () => {
    const limits = { maxStreams: 2 };
    const steps = up(
      ...[1, 3, 5].map((id) => headers(id, request(`/${id}`))),
      frame(TYPE.data, 0, 5, IMEI),
      frame(TYPE.data, endStream, 1, 'one'),
      frame(TYPE.reset, 0, 3, Buffer.alloc(4)),
      headers(7, request('/7')),
      frame(TYPE.data, endStream, 7, 'seven'),
    );
    const told = digest(read(steps, { alpn: 'h2', limits }));
    expect(told.raw.request).toBe(IMEI);
    expect(told.story).toContain(bodyOf(5, '', false));
    expect(told.story).toContain(bodyOf(1, 'one'));
    expect(told.story).toContain(bodyOf(7, 'seven'));
    expect(told.unreadable).toEqual(['request: too many open streams: new ones are searched as raw bytes']);
  });

  test('ten thousand streams open at once are all told apart', () => {
    const ids = Array.from({ length: 10_000 }, (_, at) => 2 * at + 1);
    const steps = up(
      ...ids.map((id) => headers(id, request(`/${id}`))),
      ...ids.map((id) => frame(TYPE.data, endStream, id, `body of ${id}`)),
    );
    const { story, unreadable } = digest(read(steps, { alpn: 'h2' }));
    expect(unreadable).toEqual([]);
    expect(story.filter((line) => line.startsWith('body request'))).toEqual(
      ids.map((id) => bodyOf(id, `body of ${id}`)),
    );
  });

  test('a frame of 16 MB passes through without being kept', () => {
    const payload = Buffer.alloc(2 ** 24 - 1, 0x61);
    const events = read(up(headers(1, request('/1')), frame(TYPE.data, endStream, 1, payload)), {
      alpn: 'h2',
      cut: (all) =>
        Array.from({ length: Math.ceil(all.length / 65_536) }, (_, at) => all.subarray(at * 65_536, (at + 1) * 65_536)),
    });
    const total = events.reduce((sum, event) => sum + (event.type === 'body-chunk' ? event.bytes.length : 0), 0);
    expect(total).toBe(payload.length);
  });
});

const anyFrame = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({ id: fc.constantFrom(1, 3, 5), flags: fc.constantFrom(0, 1, 4, 5) })
      .map(({ id, flags }) => headers(id, request('/p'), flags)),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        id: fc.constantFrom(0, 1, 3, 5),
        flags: fc.constantFrom(0, 1, 8, 9),
        payload: fc.uint8Array({ maxLength: 40 }),
      })
      .map(({ id, flags, payload }) => frame(TYPE.data, flags, id, Buffer.from(payload))),
  },
  fc
    .record({ type: fc.nat(11), flags: fc.nat(255), id: fc.nat(6), payload: fc.uint8Array({ maxLength: 40 }) })
    .map(({ type, flags, id, payload }) => frame(type, flags, id, Buffer.from(payload))),
);
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 10 });

test('any frames, damaged at any byte, are cut-independent, never throw, and every body is ended', () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { maxLength: 12 }),
      fc.array(anyFrame, { maxLength: 6 }),
      fc.nat(),
      fc.nat(255),
      cuts,
      (sent, answered, at, byte, fractions) => {
        const bytes = Buffer.concat([PREFACE, ...sent]);
        if (at % 2 === 1) bytes[at % bytes.length] = byte;
        const steps: Step[] = [
          ['request', bytes],
          ['response', Buffer.concat([settings(), ...answered])],
        ];
        const events = read(steps, { alpn: 'h2' });
        const told = digest(events);
        expect(digest(read(steps, { alpn: 'h2', cut: byteByByte }))).toEqual(told);
        expect(digest(read(steps, { alpn: 'h2', cut: cutAt(fractions) }))).toEqual(told);
        const heads = events.filter((e) => e.type === 'request-head').length;
        expect(events.filter((e) => e.type === 'body-end' && e.direction === 'request').length).toBe(heads);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a value in the payload of any frame comes out', () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { maxLength: 5 }),
      fc.constantFrom(0, 1, 5, 6, 7, 9, 10, 77),
      fc.nat(255),
      fc.nat(5),
      cuts,
      (before, type, flags, id, fractions) => {
        // In a block that happens to be valid HPACK the value may be an index; it is given as a literal field then.
        const isBlock = type === TYPE.headers;
        const payload = isBlock ? block([['x', IMEI]]) : Buffer.from(`\0\0\0\0\0${IMEI}`);
        const usedFlags = isBlock ? flags & ~(padded | priority) : flags & ~padded;
        const steps = up(...before, frame(type, usedFlags, id, payload));
        expect(inOrder(read(steps, { alpn: 'h2', cut: cutAt(fractions) }), 'request')).toContain(IMEI);
      },
    ),
    { numRuns: 1000 },
  );
});

describe('what a phone sends of an extended CONNECT before it is answered', () => {
  const connect = headers(1, [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', 'https'],
    [':authority', 'a.example'],
    [':path', '/live'],
  ]);
  // Final text frame with a mask of zeros: RFC 6455 5.2.
  const message = Buffer.concat([Buffer.from([0x81, 0x80 | IMEI.length, 0, 0, 0, 0]), Buffer.from(IMEI)]);
  const steps = (status: string): Step[] => [
    ...up(connect, frame(TYPE.data, 0, 1, message)),
    ['response', Buffer.concat([settings(), headers(1, [[':status', status]])])],
  ];

  test.each([
    ['whole', (all: Buffer) => [all]],
    ['byte by byte', byteByByte],
  ])('is read as what the answer makes of it, %s', (_, cut) => {
    const { story, unreadable } = digest(read(steps('200'), { alpn: 'h2', cut }));
    expect(story).toContain('1 upgraded to websocket');
    expect(story).toContain(`message request 1 websocket text: ${IMEI}`);
    expect(unreadable).toEqual([]);
  });

  test('is a body when the answer refuses, or never comes', () => {
    const body = message.toString('latin1');
    expect(digest(read(steps('403'), { alpn: 'h2' })).story).toContain(bodyOf(1, body, false));
    expect(digest(read(up(connect, frame(TYPE.data, 0, 1, message)), { alpn: 'h2' })).story).toContain(
      bodyOf(1, body, false),
    );
  });

  test('is not held without end', () => {
    const seen = (frames: number) => {
      const sent = up(connect, ...Array.from({ length: frames }, () => frame(TYPE.data, 0, 1, message)));
      return inOrder(read(sent, { alpn: 'h2', limits: { maxHeldBytes: 30 }, close: false }), 'request');
    };
    expect(seen(1)).not.toContain(IMEI);
    expect(seen(2).split(IMEI)).toHaveLength(3);
  });
});
