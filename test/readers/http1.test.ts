import { describe, expect, test } from 'vitest';
import { createReader } from '../../src/readers/reader.ts';
import { byteByByte, digest, flow, read, type Step } from './reading.ts';

const HOST = '["Host","a.example"]';
const headLine = (n: number, method: string, target: string, extra = '') =>
  `${n} http/1.1 ${method} ${target} https a.example [${HOST}${extra}]`;
const emptyEnd = (n: number, direction = 'request') => `body ${direction} ${n}:  [] complete=true`;

/** [name, what goes over the wire, the story, unreadable, raw bytes of the phone] */
const cases: [string, Step[], string[], string[]?, string?][] = [
  [
    'a GET and its sized answer',
    [
      ['request', 'GET /x?imei=1 HTTP/1.1\r\nHost: a.example\r\n\r\n'],
      ['response', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    ],
    [
      headLine(1, 'GET', '/x?imei=1'),
      emptyEnd(1),
      '1 200 [["Content-Length","5"]]',
      'body response 1: hello [] complete=true',
    ],
  ],
  [
    'a chunked POST with extensions and trailers: extensions come out as raw bytes',
    [
      [
        'request',
        'POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: Chunked\r\n\r\n4;sig=abc\r\nWiki\r\n0005 \r\npedia\r\n0\r\nX-Sum: 9\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.example\r\n\r\n',
      ],
    ],
    [
      headLine(1, 'POST', '/', ',["Transfer-Encoding","Chunked"]'),
      'body request 1: Wikipedia [["X-Sum","9"]] complete=true',
      headLine(2, 'GET', '/2'),
      emptyEnd(2),
    ],
    [],
    ';sig=abc\r\n',
  ],
  [
    'pipelined requests are paired with their answers in order, HEAD and 304 without a body',
    [
      ['request', 'HEAD /1 HTTP/1.1\r\nHost: a.example\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.example\r\n\r\n'],
      ['response', 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 304\r\nContent-Length: 7\r\n\r\n'],
    ],
    [
      headLine(1, 'HEAD', '/1'),
      emptyEnd(1),
      headLine(2, 'GET', '/2'),
      emptyEnd(2),
      '1 200 [["Content-Length","99"]]',
      emptyEnd(1, 'response'),
      '2 304 [["Content-Length","7"]]',
      emptyEnd(2, 'response'),
    ],
  ],
  [
    'interim answers (100, 103) before the final one',
    [
      ['request', 'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi'],
      ['response', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 204 \r\n\r\n'],
    ],
    [
      headLine(1, 'POST', '/', ',["Content-Length","2"]'),
      'body request 1: hi [] complete=true',
      '1 100 []',
      '1 103 [["Link","</a>"]]',
      '1 204 []',
      emptyEnd(1, 'response'),
    ],
  ],
  [
    'a body until close is complete at EOF',
    [
      ['request', 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'],
      ['response', 'HTTP/1.0 200 OK\r\n\r\nall of it'],
      ['response', 'end', true],
    ],
    [headLine(1, 'GET', '/'), emptyEnd(1), '1 200 []', 'body response 1: all of it [] complete=true'],
  ],
  [
    'a body until close that is reset is incomplete',
    [
      ['request', 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'],
      ['response', 'HTTP/1.0 200 OK\r\n\r\npart'],
    ],
    [headLine(1, 'GET', '/'), emptyEnd(1), '1 200 []', 'body response 1: part [] complete=false'],
  ],
  [
    'a sized body cut off by EOF is incomplete',
    [
      ['request', 'PUT / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 10\r\n\r\nabc'],
      ['request', 'end', true],
    ],
    [headLine(1, 'PUT', '/', ',["Content-Length","10"]'), 'body request 1: abc [] complete=false'],
  ],
  [
    'sloppy writing: empty lines first, bare LF, odd spaces, obs-fold, a line without colon, no value',
    [
      [
        'request',
        '\r\n\r\nGET   /a b\tHTTP/1.1 \nHost:a.example\nX-Long: one\n  two\n\t three\nnonsense line\nX-Empty:\n X-Note:1\nTab:\t v \t\n\n',
      ],
    ],
    [
      headLine(1, 'GET', '/a b', ',["X-Long","one two three"],["nonsense line",""],["X-Empty","X-Note:1"],["Tab","v"]'),
      emptyEnd(1),
    ],
  ],
  [
    'absolute form names scheme and authority itself',
    [['request', 'GET http://user:pw@b.example:81/p HTTP/1.1\r\nHost: a.example\r\n\r\n']],
    [`1 http/1.1 GET http://user:pw@b.example:81/p http b.example:81 [${HOST}]`, emptyEnd(1)],
  ],
  [
    'without Host the destination of the connection is the authority',
    [['request', 'GET / HTTP/1.0\r\n\r\n']],
    ['1 http/1.0 GET / https vendor.example []', emptyEnd(1)],
  ],
  [
    'an unknown method is HTTP when its line says so',
    [['request', 'X-LEAK /q HTTP/1.1\r\nHost: a.example\r\n\r\n']],
    [headLine(1, 'X-LEAK', '/q'), emptyEnd(1)],
  ],
  [
    'equal content-lengths are one',
    [['request', 'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nhi']],
    [
      headLine(1, 'POST', '/', ',["Content-Length","2, 2"],["Content-Length","2"]'),
      'body request 1: hi [] complete=true',
    ],
  ],
  [
    'CONNECT, and HTTP inside it with its own exchange number',
    [
      ['request', 'CONNECT c.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n'],
      ['response', 'HTTP/1.1 200 Connection established\r\n\r\n'],
      ['request', 'GET /in HTTP/1.1\r\nHost: a.example\r\n\r\n'],
      ['response', 'HTTP/1.1 204 x\r\n\r\n'],
    ],
    [
      `1 http/1.1 CONNECT c.example:80 https c.example:80 [${HOST}]`,
      emptyEnd(1),
      '1 200 []',
      emptyEnd(1, 'response'),
      '1 upgraded to connect',
      headLine(2, 'GET', '/in'),
      emptyEnd(2),
      '2 204 []',
      emptyEnd(2, 'response'),
    ],
  ],
  [
    'bytes sent before the answer to CONNECT go into the tunnel',
    [
      [
        'request',
        'CONNECT c.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\nGET /early HTTP/1.1\r\nHost: a.example\r\n\r\n',
      ],
      ['response', 'HTTP/1.1 200 ok\r\n\r\n'],
    ],
    [
      `1 http/1.1 CONNECT c.example:80 https c.example:80 [${HOST}]`,
      emptyEnd(1),
      '1 200 []',
      emptyEnd(1, 'response'),
      '1 upgraded to connect',
      headLine(2, 'GET', '/early'),
      emptyEnd(2),
    ],
  ],
  [
    'a refused upgrade goes on as HTTP',
    [
      ['request', 'GET /1 HTTP/1.1\r\nHost: a.example\r\nUpgrade: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.example\r\n\r\n'],
      ['response', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ],
    [
      headLine(1, 'GET', '/1', ',["Upgrade","x"]'),
      emptyEnd(1),
      '1 200 [["Content-Length","0"]]',
      emptyEnd(1, 'response'),
      headLine(2, 'GET', '/2'),
      emptyEnd(2),
    ],
  ],
  [
    '101 to an unknown protocol: both directions are raw from there',
    [
      ['request', 'GET /1 HTTP/1.1\r\nHost: a.example\r\nUpgrade: x\r\n\r\n'],
      ['response', 'HTTP/1.1 101 ok\r\nUpgrade: X\r\n\r\nserver bytes'],
      ['request', 'IMEI 490154203237518'],
    ],
    [
      headLine(1, 'GET', '/1', ',["Upgrade","x"]'),
      emptyEnd(1),
      '1 101 [["Upgrade","X"]]',
      emptyEnd(1, 'response'),
      '1 upgraded to x',
    ],
    [
      'response: no reader knows this protocol: searched as raw bytes',
      'request: no reader knows this protocol: searched as raw bytes',
    ],
    'IMEI 490154203237518',
  ],
  [
    'server-sent events are a body that comes out as it arrives',
    [
      ['request', 'GET /events HTTP/1.1\r\nHost: a.example\r\n\r\n'],
      ['response', 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n'],
      ['response', 'data: 2\n\n'],
    ],
    [
      headLine(1, 'GET', '/events'),
      emptyEnd(1),
      '1 200 [["Content-Type","text/event-stream"]]',
      'body response 1: data: 1\n\ndata: 2\n\n [] complete=false',
    ],
  ],
  [
    'an answer nobody asked for is an exchange of its own',
    [
      ['request', 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'],
      ['response', 'HTTP/1.1 204 x\r\n\r\nHTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n'],
    ],
    [
      headLine(1, 'GET', '/'),
      emptyEnd(1),
      '1 204 []',
      emptyEnd(1, 'response'),
      '2 408 [["Content-Length","0"]]',
      emptyEnd(2, 'response'),
    ],
  ],
];

describe('HTTP/1 is read as it is meant', () => {
  for (const [name, steps, story, unreadable, raw] of cases) {
    const expected = { story, unreadable: unreadable ?? [], request: raw ?? '' };
    const seen = (options: Parameters<typeof read>[1]) => {
      const { story, unreadable, raw } = digest(read(steps, options));
      return { story, unreadable, request: raw.request };
    };
    test(name, () => expect(seen({})).toEqual(expected));
    test(`${name}, one byte at a time`, () => expect(seen({ cut: byteByByte })).toEqual(expected));
  }
});

/** [name, the phone's bytes, reason, what must come out behind the heads, request heads seen] */
const ambiguous: [string, string, string, string, number][] = [
  [
    'both content-length and transfer-encoding',
    'POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n',
    'ambiguous framing: both content-length and transfer-encoding',
    '0\r\nGET /smuggled HTTP/1.1\r\n\r\n',
    1,
  ],
  [
    'content-lengths that differ',
    'POST / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd',
    'ambiguous framing: content-length fields that differ',
    'abcd',
    1,
  ],
  [
    'a negative content-length',
    'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\nabcd',
    'ambiguous framing: a content-length that is no number',
    'abcd',
    1,
  ],
  [
    'a signed content-length',
    'POST / HTTP/1.1\r\nContent-Length: +4\r\n\r\nabcd',
    'ambiguous framing: a content-length that is no number',
    'abcd',
    1,
  ],
  [
    'a content-length nobody can count',
    `POST / HTTP/1.1\r\nContent-Length: ${'9'.repeat(400)}\r\n\r\nabcd`,
    'ambiguous framing: a content-length beyond 2^53',
    'abcd',
    1,
  ],
  [
    'a space before the colon of content-length',
    'POST / HTTP/1.1\r\nContent-Length : 4\r\n\r\nabcd',
    'ambiguous framing: a malformed content-length or transfer-encoding line',
    'abcd',
    1,
  ],
  [
    'a folded transfer-encoding',
    'POST / HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\n\r\nabcd',
    'ambiguous framing: a malformed content-length or transfer-encoding line',
    'abcd',
    1,
  ],
  [
    'chunked that is not last',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\nabcd',
    'ambiguous framing: chunked is not the last transfer coding',
    'abcd',
    1,
  ],
  [
    'a transfer coding that is not chunked on a request',
    'POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\nabcd',
    'ambiguous framing: a request whose last transfer coding is not chunked',
    'abcd',
    1,
  ],
  [
    'chunked in HTTP/1.0',
    'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\nabcd',
    'ambiguous framing: transfer-encoding in an HTTP/1.0 message',
    'abcd',
    1,
  ],
  [
    'a chunk size with 0x',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n',
    'a chunk size that is no hexadecimal number',
    '0x4\r\nabcd\r\n',
    1,
  ],
  [
    'a negative chunk size',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-4\r\nabcd\r\n',
    'a chunk size that is no hexadecimal number',
    '-4\r\nabcd\r\n',
    1,
  ],
  [
    'a chunk size beyond 2^53',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nabcd\r\n',
    'a chunk size beyond 2^53',
    'ffffffffffffffff1\r\nabcd\r\n',
    1,
  ],
  [
    'a chunk longer than its size',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n',
    'a chunk longer than its size',
    'abcd\r\n',
    1,
  ],
  [
    'CONNECT with a body',
    'CONNECT a:1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi',
    'ambiguous framing: CONNECT with a body',
    'hi',
    1,
  ],
  [
    'a second message that is no HTTP',
    'GET / HTTP/1.1\r\n\r\n\x00\x01binary 490154203237518\n\n more',
    'not an HTTP/1 request',
    '\x00\x01binary 490154203237518\n\n more',
    1,
  ],
  ['HTTP/0.9', 'GET /imei/490154203237518\r\n\r\n', 'not an HTTP/1 request', 'GET /imei/490154203237518\r\n\r\n', 0],
];

describe('Ambiguous or broken framing is said, and the rest is searched all the same', () => {
  for (const [name, bytes, reason, raw, heads] of ambiguous) {
    for (const [how, cut] of [
      ['whole', undefined],
      ['one byte at a time', byteByByte],
    ] as const) {
      test(`${name} (${how})`, () => {
        const events = read([['request', bytes]], cut ? { cut } : {});
        const told = digest(events);
        expect(told.unreadable).toEqual([`request: ${reason}`]);
        // As a body where it may be one, else as raw bytes.
        const bodies = events.flatMap((event) =>
          (event.type === 'body-chunk' || event.type === 'raw-bytes') && event.direction === 'request'
            ? [event.bytes]
            : [],
        );
        expect(Buffer.concat(bodies).toString('latin1')).toBe(raw);
        expect(events.filter((event) => event.type === 'request-head')).toHaveLength(heads);
        const ends = events.filter((event) => event.type === 'body-end' && event.direction === 'request');
        expect(ends).toHaveLength(heads);
      });
    }
  }

  test.each([
    ['two transfer codings', 'Transfer-Encoding: gzip, chunked\r\n'],
    ['a length that no server need believe', 'Transfer-Encoding: \x0bchunked\r\nContent-Length: 99\r\n'],
    ['a blank before the colon', 'Transfer-Encoding : chunked\r\n'],
    ['chunks in HTTP/1.0', 'Transfer-Encoding: chunked\r\n'],
  ])('a value across the edge of two chunks is in one body with %s', (what, fields) => {
    const version = what.endsWith('1.0') ? '1.0' : '1.1';
    const told = digest(
      read([['request', `POST / HTTP/${version}\r\n${fields}\r\n7\r\n4901542\r\n8\r\n03237518\r\n0\r\n\r\n`]]),
    );
    expect(told.story).toContain('body request 1: 490154203237518 [] complete=true');
    expect(told.raw.request).toBe('7\r\n8\r\n0\r\n');
    expect(told.unreadable).toHaveLength(1);
  });

  test('a body that is not in chunks though its head says so is one body', () => {
    const told = digest(
      read([['request', 'POST / HTTP/1.1\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n{"a":1}']]),
    );
    expect(told.story).toContain('body request 1: {"a":1} [] complete=false');
  });

  test('a compressed body of which two lengths are said is still a body', () => {
    const head = 'POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n';
    expect(digest(read([['request', `${head}squeezed`]])).story).toContain(
      'body request 1: squeezed [] complete=false',
    );
  });

  test('a value across the edge of two chunks is in one body though a length is said too', () => {
    const told = digest(
      read([
        [
          'request',
          'POST / HTTP/1.1\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n4901542\r\n8\r\n03237518\r\n0\r\n\r\n',
        ],
      ]),
    );
    expect(told.story).toContain('body request 1: 490154203237518 [] complete=true');
    expect(told.unreadable).toEqual(['request: ambiguous framing: both content-length and transfer-encoding']);
  });

  test('the answer to a request that was given up is still read, the ones after it are raw', () => {
    const told = digest(
      read([
        ['request', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
        ['response', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n'],
      ]),
    );
    expect(told.story).toContain('body response 1: ok [] complete=true');
    expect(told.raw.response).toBe('HTTP/1.1 200 OK\r\n\r\n');
    expect(told.unreadable).toContain('response: answers whose requests could not be read');
  });
});

describe('What is kept in memory is bounded, and what goes past a bound is raw', () => {
  const limits = { maxHeadBytes: 1000, maxChunkLineBytes: 50, maxHeldBytes: 100, maxPipelined: 2 };
  const over: [string, string, string, string][] = [
    [
      'a head over the limit',
      `GET /${'a'.repeat(1000)} HTTP/1.1\r\n\r\n`,
      'a head or trailer section over the limit',
      `GET /${'a'.repeat(1000)} HTTP/1.1\r\n\r\n`,
    ],
    [
      'trailers over the limit',
      `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ${'t'.repeat(1000)}\r\n\r\n`,
      'a head or trailer section over the limit',
      `X: ${'t'.repeat(1000)}\r\n\r\n`,
    ],
    [
      'a chunk line over the limit',
      `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;${'e'.repeat(50)}\r\n`,
      'a chunk-size line over the limit',
      `5;${'e'.repeat(50)}\r\n`,
    ],
    [
      'too much sent before the answer to CONNECT',
      `CONNECT a:1 HTTP/1.1\r\n\r\n${'h'.repeat(101)}`,
      'too many bytes before the answer to an upgrade',
      'h'.repeat(101),
    ],
    [
      'too many requests without an answer',
      'GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n',
      'too many requests without an answer',
      'GET /3 HTTP/1.1\r\n\r\n',
    ],
  ];
  for (const [name, bytes, reason, raw] of over) {
    test(name, () => {
      for (const cut of [(all: Buffer) => [all], byteByByte]) {
        const told = digest(read([['request', bytes]], { limits, cut }));
        expect(told.unreadable).toEqual([`request: ${reason}`]);
        expect(told.raw.request).toBe(raw);
      }
    });
  }

  test('a head of exactly the limit is read', () => {
    const head = `GET /${'a'.repeat(1000 - 18)} HTTP/1.1\r\n\r\n`;
    expect(head).toHaveLength(1000);
    for (const cut of [(all: Buffer) => [all], byteByByte])
      expect(digest(read([['request', head]], { limits, cut })).unreadable).toEqual([]);
  });
});

test('a body is handed on as a view of the pushed chunk, without a copy', () => {
  const reader = createReader(flow, 'http/1.1');
  const chunk = Buffer.from('POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody');
  const body = reader.push('request', chunk, 0).find((event) => event.type === 'body-chunk');
  expect(body?.bytes.buffer).toBe(chunk.buffer);
});

test('each server-sent event comes out with the chunk that brought it', () => {
  const reader = createReader(flow, 'http/1.1');
  reader.push('request', Buffer.from('GET /events HTTP/1.1\r\n\r\n'), 0);
  reader.push('response', Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), 0);
  const [event] = reader.push('response', Buffer.from('9\r\ndata: 1\n\n\r\n'), 7);
  expect(event).toMatchObject({
    type: 'body-chunk',
    direction: 'response',
    time: 7,
    bytes: Buffer.from('data: 1\n\n'),
  });
});
