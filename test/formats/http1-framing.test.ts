/** Where an HTTP/1 message ends: one rule, which the door's meter and the reader follow to the same byte. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMeter } from '../../src/door/body-meter.ts';
import { frameRequest, frameResponse, readChunkLine } from '../../src/formats/http1-framing.ts';
import { parseRequestHead, parseResponseHead, SectionEnd } from '../../src/formats/http1-head.ts';
import { EN } from '../../src/model/catalogue/en.ts';
import { read } from '../readers/reading.ts';

const CHUNKED_HEAD = 'Transfer-Encoding: chunked\r\n';
const CHUNKED = { kind: 'chunked', last: null };
const keyOf = (said: string) => Object.entries(EN).find(([, sentence]) => sentence === said)?.[0];
const BOTH = keyOf('ambiguous framing: both content-length and transfer-encoding');
const ambiguous = (what: string, chunked = false) => ({
  kind: 'ambiguous',
  reason: keyOf(`ambiguous framing: ${what}`),
  chunked,
});
const NO_NUMBER = ambiguous('a content-length that is no number');
const NOT_CHUNKED = ambiguous('a request whose last transfer coding is not chunked', true);
const MALFORMED = ambiguous('a malformed content-length or transfer-encoding line');
const MALFORMED_CODING = ambiguous('a malformed content-length or transfer-encoding line', true);

const requestOf = (text: string) => {
  const head = parseRequestHead(text)!;
  return frameRequest(head, head.minor, head.method);
};

describe('a request ends', () => {
  it.each([
    ['with its head when nothing is said of a body', '', { kind: 'none' }],
    ['after its length', 'Content-Length: 12\r\n', { kind: 'sized', length: 12 }],
    [
      'after its length with zeros before it',
      'Content-Length: 00000000000000000012\r\n',
      { kind: 'sized', length: 12 },
    ],
    [
      'after a length that is said twice',
      'Content-Length: 12\r\nContent-Length: 12\r\n',
      { kind: 'sized', length: 12 },
    ],
    ['with its chunks', CHUNKED_HEAD, CHUNKED],
    [
      'nobody knows where with chunks that are compressed once more',
      'Transfer-Encoding: gzip, chunked\r\n',
      ambiguous('a coding before chunked', true),
    ],
    [
      'with its chunks, and is the last one, when a length is said too',
      `Content-Length: 12\r\n${CHUNKED_HEAD}`,
      { kind: 'chunked', last: BOTH },
    ],
    [
      'nobody knows where with two lengths',
      'Content-Length: 12\r\nContent-Length: 13\r\n',
      ambiguous('content-length fields that differ'),
    ],
    [
      'nobody knows where with chunks twice',
      'Transfer-Encoding: chunked, chunked\r\n',
      ambiguous('chunked is not the last transfer coding', true),
    ],
    ['nobody knows where with an unknown coding', 'Transfer-Encoding: xchunked\r\n', NOT_CHUNKED],
    ['nobody knows where with chunks that have parameters', 'Transfer-Encoding: chunked;q=1\r\n', NOT_CHUNKED],
    ['nobody knows where with a negative length', 'Content-Length: -1\r\n', NO_NUMBER],
    ['nobody knows where with a signed length', 'Content-Length: +1\r\n', NO_NUMBER],
    ['nobody knows where with a blank before the colon', 'Content-Length : 5\r\n', MALFORMED],
    ['nobody knows where with a length behind a bare CR', 'X: y\rContent-Length: 5\r\n', MALFORMED],
    ['nobody knows where with a bare CR before the length', 'Content-Length:\r5\r\n', MALFORMED],
    ['nobody knows where with a length behind a bare LF', 'X: y\nContent-Length: 5\r\n', MALFORMED],
    ['nobody knows where with a CR too many', 'Content-Length: 5\r\r\n', MALFORMED],
    ['nobody knows where with chunks behind VT', 'Transfer-Encoding: \x0bchunked\r\n', NOT_CHUNKED],
    ['nobody knows where with chunks behind FF', 'Transfer-Encoding: \x0cchunked\r\n', NOT_CHUNKED],
    ['nobody knows where with chunks before 0xA0', 'Transfer-Encoding: chunked\xa0\r\n', NOT_CHUNKED],
    ['nobody knows where with VT before the colon', 'Transfer-Encoding\x0b: chunked\r\n', MALFORMED_CODING],
    ['nobody knows where with a length behind 0xA0', 'Content-Length: \xa05\r\n', NO_NUMBER],
  ])('%s', (_what, fields, expected) => {
    expect(requestOf(`POST / HTTP/1.1\r\n${fields}\r\n`)).toEqual(expected);
  });

  it('nobody knows where with chunks in HTTP/1.0', () => {
    expect(requestOf(`POST / HTTP/1.0\r\n${CHUNKED_HEAD}\r\n`)).toEqual(
      ambiguous('transfer-encoding in an HTTP/1.0 message', true),
    );
  });
});

it.each([
  ['HEAD', 200, 'Content-Length: 5\r\n', 'none'],
  ['GET', 204, '', 'none'],
  ['GET', 304, 'Content-Length: 5\r\n', 'none'],
  ['GET', 200, '', 'until-close'],
  ['GET', 200, 'Transfer-Encoding: xchunked\r\n', 'until-close'],
  ['GET', 200, 'Content-Length: 5\r\n', 'sized'],
])('an answer to %s with %i is framed', (method, status, fields, kind) => {
  const head = parseResponseHead(`HTTP/1.1 ${status} X\r\n${fields}\r\n`)!;
  expect(frameResponse(head, head.minor, status, method).kind).toBe(kind);
});

it.each([
  ['0000000000000\r\n', { ok: true, size: 0, extension: -1 }],
  ['000000000000000000000000001f;a=b\r\n', { ok: true, size: 31, extension: 28 }],
  [' 5 \r\n', { ok: true, size: 5, extension: -1 }],
  ['5\n', { ok: true, size: 5, extension: -1 }],
  ['0x5\r\n', { ok: false, why: 'unheard.chunk.no-number' }],
  ['20000000000000\r\n', { ok: false, why: 'unheard.chunk.large' }],
])('the chunk-size line %j is read', (line, expected) => {
  expect(readChunkLine(line)).toEqual(expected);
});

it('the end of a head is the same whatever mix of line ends, whole and byte by byte', () => {
  for (const text of ['a\r\n\r\nX', 'a\n\nX', 'a\r\n\nX', 'a\n\r\nX', 'a\n\r\r\nX']) {
    const bytes = Buffer.from(text);
    expect(new SectionEnd(false).find(bytes, 0, bytes.length)).toBe(text.indexOf('X'));
    const single = new SectionEnd(false);
    const found = [...bytes.keys()].map((at) => single.find(bytes.subarray(at, at + 1), 0, 1)).indexOf(1);
    expect(found + 1).toBe(text.indexOf('X'));
  }
  expect(new SectionEnd(false).find(Buffer.from('a\r\nb\r\n'), 0, 6)).toBe(-1);
});

/** Pieces that chunked bodies are made of, sound and unsound. */
const PIECE = fc.constantFrom(
  '0\r\n',
  '0000000000000\r\n',
  '5\r\nhello\r\n',
  '0000000000005\r\nhello\r\n',
  '5;x=y\r\nhello\r\n',
  '5 \nhello\n',
  '\r\n',
  '\n',
  'T: 1\r\n',
  '5\r\nhello!',
  'zz\r\n',
  '-1\r\n',
  '\r',
  'GET / HTTP/1.1\r\n\r\n',
  'ffffffffffffffff\r\n',
);

it('the meter of the door and the reader end chunked bodies at the same byte, and give up on the same ones', () => {
  fc.assert(
    fc.property(fc.array(PIECE, { maxLength: 8 }), (pieces) => {
      const body = Buffer.from(pieces.join(''));
      const meter = createMeter({ kind: 'chunked', last: null });
      const taken = meter.take(body, 0);
      expect(readBody(body)).toEqual({ complete: meter.done, broken: meter.broken });
      if (meter.done) expect(readBody(body.subarray(0, taken)).complete).toBe(true);
      if (meter.done) expect(readBody(body.subarray(0, taken - 1)).complete).toBe(false);
    }),
  );
});

/** What the reader says of a chunked body and what may follow it. */
function readBody(body: Buffer): { complete: boolean; broken: string | null } {
  const events = read([['request', Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${CHUNKED_HEAD}\r\n`), body])]]);
  const end = events.find((event) => event.type === 'body-end');
  const complete = end?.type === 'body-end' && end.complete;
  const said = events.flatMap((event) => (event.type === 'unreadable' ? [event.text.key] : []));
  // More may have been to come.
  const broken = said.find((key) => key !== 'unheard.http1.ended') ?? null;
  return { complete, broken: complete ? null : broken };
}
