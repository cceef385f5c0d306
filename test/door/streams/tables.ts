/**
 * Requests as no honest phone writes them: shapes of RFC 9112 (2.2, 3.2, 5, 6, 7) and of what is publicly known of request
 * smuggling. Each is meant for `a.test`; `@@` stands for a path that only this stream asks for, `%` for a request hidden in it.
 */

export interface Stream {
  name: string;
  bytes: Buffer;
}

/** What a server would answer if it took the hidden words for a request. */
const HIDDEN = 'GET @@-hidden HTTP/1.1\r\nHost: a.test\r\nX-Pad: 1\r\n\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

type Shape = [name: string, text: string];

const line = (text: string): Shape => [`first line ${text}`, `${text}\r\nHost: a.test\r\n\r\n`];
const fields = (text: string): Shape => [`fields ${text}`, `GET http://a.test@@ HTTP/1.1\r\n${text}\r\n`];
const post = (name: string, head: string, body: string): Shape => [
  name,
  `POST http://a.test@@ HTTP/1.1\r\nHost: a.test\r\n${head}\r\n${body}`,
];

const LINES: Shape[] = [
  'GET http://a.test@@',
  'GET http://a.test@@ ',
  'GET http://a.test@@ HTTP/0.9',
  'GET http://a.test@@ HTTP/1.0',
  'GET http://a.test@@ HTTP/1.2',
  'GET http://a.test@@ HTTP/1.9',
  'GET http://a.test@@ HTTP/2.0',
  'GET http://a.test@@ HTTP/1.10',
  'GET http://a.test@@ HTTP/01.1',
  'GET http://a.test@@ HTTP/1.1 ',
  'GET http://a.test@@ HTTP/1.1\t',
  'GET http://a.test@@ HTTP/1.1 x',
  'GET http://a.test@@ HTTP/1.1\x0b',
  'GET http://a.test@@ HTTP/1.1\xa0',
  'GET http://a.test@@ http/1.1',
  'GET http://a.test@@ HTTP /1.1',
  'GET http://a.test@@ HTTP/1,1',
  'GET  http://a.test@@  HTTP/1.1',
  'GET\thttp://a.test@@\tHTTP/1.1',
  'GET\x0bhttp://a.test@@\x0bHTTP/1.1',
  ' GET http://a.test@@ HTTP/1.1',
  '\tGET http://a.test@@ HTTP/1.1',
  '\r\n\r\nGET http://a.test@@ HTTP/1.1',
  '\n\nGET http://a.test@@ HTTP/1.1',
  'GET http://a.test@@ x HTTP/1.1',
  'GET http://a.test@@\x0bHTTP/1.0 HTTP/1.1',
  'GET http://a.test@@\x0c HTTP/1.1',
  'GET http://a.test@@\x00 HTTP/1.1',
  'GET http://a.test@@\x7f HTTP/1.1',
  'GET http://a.test@@\xa0 HTTP/1.1',
  'GET http://a.test@@\xc3\xa0 HTTP/1.1',
  'GET http://a.test@@\x85x HTTP/1.1',
  'GET http://a.test@@\r HTTP/1.1',
  'GET http://a.test@@#http://b.test/ HTTP/1.1',
  'GET http://b.test@a.test@@ HTTP/1.1',
  'GET http://b.test:80@a.test@@ HTTP/1.1',
  'GET http://b.test\\@a.test@@ HTTP/1.1',
  'GET http://u@b.test@a.test@@ HTTP/1.1',
  'GET http://a.test:80@@ HTTP/1.1',
  'GET http://a.test:080@@ HTTP/1.1',
  'GET http://a.test:@@ HTTP/1.1',
  'GET http://a.test:80:80@@ HTTP/1.1',
  'GET http://a.test,b.test@@ HTTP/1.1',
  'GET http://a.test;b.test@@ HTTP/1.1',
  'GET http://A.TEST@@ HTTP/1.1',
  'GET HTTP://a.test@@ HTTP/1.1',
  'GET http:/a.test@@ HTTP/1.1',
  'GET http:a.test@@ HTTP/1.1',
  'GET //a.test@@ HTTP/1.1',
  'GET @@ HTTP/1.1',
  'GET * HTTP/1.1',
  'GET http://a.test?@@ HTTP/1.1',
  'get http://a.test@@ HTTP/1.1',
  'G\xa0T http://a.test@@ HTTP/1.1',
  'G{T http://a.test@@ HTTP/1.1',
  'PRI http://a.test@@ HTTP/2.0',
].map(line);

const HEADS: Shape[] = [
  '',
  'Host: b.test\r\n',
  'Host: a.test\r\nHost: b.test\r\n',
  'Host: b.test\r\nHost: a.test\r\n',
  'Host: a.test\r\nHost: a.test\r\n',
  'Host:\r\n',
  'Host: \r\n',
  'Host: a.test, b.test\r\n',
  'Host: a.test b.test\r\n',
  'Host: b.test@a.test\r\n',
  'Host: a.test@b.test\r\n',
  'Host: a.test:80\r\n',
  'Host: a.test:81\r\n',
  'Host: A.test\r\n',
  'Host : b.test\r\n',
  'Host\t: b.test\r\n',
  'Host\x0b: b.test\r\n',
  '\x0bHost: b.test\r\n',
  ' Host: b.test\r\n',
  'Host:\r\n b.test\r\n',
  'Host: a.test\r\n b.test\r\n',
  'Host: \xa0a.test\r\n',
  'Host: a.test\x0b\r\n',
  'Host: a.test\x00b.test\r\n',
  'Host: a.test\rHost: b.test\r\n',
  'Host: a.test\nHost: b.test\n',
  'Host: a.test\r\nX-Forwarded-Host: b.test\r\n',
  'Host: a.test\r\nX: y\r\n z\r\n',
  'Host: a.test\r\nX: y\r\n\tz\r\n',
  'Host: a.test\r\nX:\r\n \r\n z\r\n',
  'Host: a.test\r\nX: y\rz\r\n',
  'Host: a.test\r\nX: y\x00z\r\n',
  'Host: a.test\r\nX: y\x0bz\r\n',
  'Host: a.test\r\nX: \x80\xff\r\n',
  'Host: a.test\r\nX y\r\n',
  'Host: a.test\r\nX\r\n',
  'Host: a.test\r\n: y\r\n',
  'Host: a.test\r\nX y: z\r\n',
  'Host: a.test\r\nX\xe9: z\r\n',
  'Host: a.test\r\nX[]: z\r\n',
  `Host: a.test\r\nX: ${'y'.repeat(30_000)}\r\n`,
  `Host: a.test\r\n${'X: y\r\n'.repeat(150)}`,
  'Host: a.test\r\nConnection: host, cookie\r\nCookie: c=1\r\n',
  'Host: a.test\r\nConnection: close\r\n',
  'Host: a.test\r\nConnection: \x0bclose\r\n',
  'Host: a.test\r\nProxy-Connection: keep-alive, upgrade\r\n',
  'Host: a.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n',
  'Host: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 9\r\n',
  'Host: a.test\r\nExpect: 100-continue\r\n',
  'Host: a.test\r\nExpect: 100-continuE, x\r\n',
].map(fields);

const LENGTHS: Shape[] = [
  ...[
    '+2 -2 0x2 2.0 2e0 2,2 2,3 3,2 2; 02 002 00000000000000000002 18446744073709551618 99999999999999999999 9007199254740993',
    '-0 +0 two 2_0 "2"',
  ]
    .join(' ')
    .split(' '),
  ' 2',
  '\t2',
  '2 ',
  '2, 2',
  '2 2',
  '',
  '\x0b2',
  '2\x0b',
  '\x0c2',
  '\xa02',
  '2\xa0',
  '2\x00',
  '2\r',
  '\r2',
  '\xef\xbc\x92',
  '2\r\n 3',
  '\r\n 2',
  '2\r\nContent-Length: 2',
  '2\r\nContent-Length: 3',
  '3\r\nContent-Length: 2',
  '2\r\nContent-Length:',
  '2\r\nContent-Length: +2',
  '0\r\nContent-Length: 2',
]
  .map((value) => post(`length ${value}`, `Content-Length: ${value}\r\n`, `ok${HIDDEN}`))
  .concat(
    [
      'Content-Length ',
      'Content-Length\t',
      'Content_Length',
      '\x0bContent-Length',
      ' Content-Length',
      'Content-Length\x0b',
    ].map((name) => post(`length named ${name}`, `X: 1\r\n${name}: 2\r\n`, `ok${HIDDEN}`)),
  );

/** Chunks whose size is 5, to who can read it. */
const SIZES = [
  ...'5 05 0000000000005 00000000000000000000000005 +5 -5 0x5 5;a 5;a=b 5;a="b" 5;; 5, 5_0 5.0 g FFFFFFFFFFFFFFFF 10000000000000005 100000005'.split(
    ' ',
  ),
  '5 ',
  ' 5',
  '5\t',
  '5 ;a',
  '5 5',
  '',
  '5;a="\r\n"',
  '5;a\rb',
  '5;a\nb',
  '5;\x00',
  '5\x0b',
  '\x0b5',
  '\xa05',
  '5\xa0',
  '5\r',
  `5;${'x'.repeat(20_000)}`,
];
const CHUNKS: Shape[] = [
  ...SIZES.map((size) => post(`chunk size ${size}`, CHUNKED, `${size}\r\nhello\r\n0\r\n\r\n`)),
  ...['\n', '\r', '\n\r', '\r\r\n'].map((end) =>
    post(`chunk-size line end ${end}`, CHUNKED, `5${end}hello\r\n0\r\n\r\n`),
  ),
  ...['\n', '\r', '', '\r\r\n', '\n\r', ' \r\n', 'xx', '\r\n\r\n', 'x\r\n'].map((end) =>
    post(`chunk data end ${end}`, CHUNKED, `5\r\nhello${end}0\r\n\r\n${HIDDEN}`),
  ),
  ...[
    '00',
    '0000000000000',
    '-0',
    '+0',
    '0x0',
    '0 ',
    ' 0',
    '0;a',
    '0;a="\r\n"',
    '0\x0b',
    '0\xa0',
    '\x000',
    '0\r',
    '0\n',
  ].map((last) => post(`last chunk ${last}`, CHUNKED, `5\r\nhello\r\n${last}\r\n\r\n${HIDDEN}`)),
  ...['\n', '\r', '\r\n\n', '\n\r\n', '\r\r\n\r\n', 'x\r\n\r\n'].map((end) =>
    post(`end of chunks ${end}`, CHUNKED, `5\r\nhello\r\n0\r\n${end}`),
  ),
  ...[
    'X: 1',
    'Content-Length: 50',
    'Transfer-Encoding: chunked',
    'Host: b.test',
    'Proxy-Authorization: Basic c2VjcmV0Og==',
    'Connection: close',
    ' folded',
    'X: 1\r\n folded',
    'no colon',
    ': no name',
    'X: y\rz',
    'X: y\nz',
    'X: \x00',
    'GET @@-hidden HTTP/1.1',
    `X: ${'y'.repeat(9_000)}`,
  ].map((trailer) => post(`trailer ${trailer}`, CHUNKED, `5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`)),
];

const NAMES = [
  'Transfer-Encoding',
  'TRANSFER-encoding',
  'Transfer-Encoding ',
  'Transfer-Encoding\t',
  'Transfer-Encoding\x0b',
  'Transfer-Encoding\xa0',
  '\x0bTransfer-Encoding',
  'Transfer_Encoding',
  'X: y\rTransfer-Encoding',
  'X: y\nTransfer-Encoding',
  'X: y\r\n Transfer-Encoding',
  '\x00Transfer-Encoding',
  'Transfer-Encoding\r\n ',
  'X\r\nTransfer-Encoding',
];
const VALUES = [
  '\tchunked',
  'Chunked',
  '\x0bchunked',
  '\x0cchunked',
  'chunked\x0b',
  '\xa0chunked',
  'chunked\xa0',
  '"chunked"',
  'chunked,',
  ',chunked',
  'chunked, identity',
  'identity, chunked',
  'gzip, chunked',
  'chunked, chunked',
  'chunked;q=1',
  'chunked chunked',
  'xchunked',
  '',
  'chunked\r',
  '\rchunked',
  '\r\n chunked',
  'chunked\r\nTransfer-Encoding: x',
  'x\r\nTransfer-Encoding: chunked',
  'chun\x00ked',
  'identity',
];
const CODINGS: [string, string][] = [
  ...NAMES.map((name): [string, string] => [name, ' chunked']),
  ...VALUES.map((value): [string, string] => ['Transfer-Encoding', value]),
];

/** One coding with a body in chunks and nothing hidden in it, whatever it is taken for. */
const CODED: Shape[] = CODINGS.map(([name, value]) =>
  post(`coding ${name}:${value}`, `X: 1\r\n${name}:${value}\r\n`, '5\r\nhello\r\n0\r\n\r\n'),
);

/** A length and a coding, one of which a server may not see: what is hidden is a body to one and a request to the other. */
const SMUGGLED: Shape[] = CODINGS.flatMap(([name, value]): Shape[] => {
  const coding = `${name}:${value}\r\n`;
  const size = marked(HIDDEN, 0).length.toString(16);
  return [
    post(`length before ${coding}`, `Content-Length: {}\r\n${coding}`, `0\r\n\r\n${HIDDEN}`),
    post(
      `length after ${coding}`,
      `X: 1\r\n${coding}Content-Length: ${size.length + 2}\r\n`,
      `${size}\r\n${HIDDEN}\r\n0\r\n\r\n`,
    ),
  ];
});

/** With the path of stream `number`; all paths are of one length. */
function marked(text: string, number: number): string {
  return text.replaceAll('@@', `/s${String(number).padStart(4, '0')}e`);
}

/** `{}` is the length of the body. */
function fill(shapes: Shape[], first: number): Stream[] {
  return shapes.map(([name, text], index) => {
    const whole = marked(text, first + index);
    const bodyBytes = whole.length - whole.indexOf('\r\n\r\n') - 4;
    return { name, bytes: Buffer.from(whole.replace('{}', String(bodyBytes)), 'latin1') };
  });
}

export const malformed = fill([...LINES, ...HEADS, ...LENGTHS, ...CHUNKS, ...CODED], 1000);
export const smuggling = fill(SMUGGLED, 5000);
