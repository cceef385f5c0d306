import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMeter, requestFraming, responseFraming } from '../../src/door/http-body.ts';
import {
  findHeadEnd,
  parseAbsoluteTarget,
  parseAuthority,
  parseHead,
  parseRequestLine,
  proxyUser,
  toOriginForm,
} from '../../src/door/http-head.ts';
import { createResponseWatch } from '../../src/door/response-watch.ts';

const head = (text: string) => parseHead(Buffer.from(text, 'latin1'));
const rewrite = (text: string) => {
  const parsed = head(text);
  const line = parseRequestLine(parsed.start)!;
  return toOriginForm(parsed, line, parseAbsoluteTarget(line.target, line.method)!).toString('latin1');
};

describe('a head on its way to the server', () => {
  it.each([
    [
      'loses the hop-by-hop fields and nothing else',
      'GET http://a.test/x?y HTTP/1.1\r\nHost: a.test\r\nPROXY-Connection: keep-alive\r\nx-B:  two  \r\nX-a: \xe9\r\nProxy-Authorization: Basic eDp5\r\nCookie: c=1\r\n\r\n',
      'GET /x?y HTTP/1.1\r\nHost: a.test\r\nx-B:  two  \r\nX-a: \xe9\r\nCookie: c=1\r\n\r\n',
    ],
    [
      'loses what Connection names, but never its framing',
      'POST http://a.test HTTP/1.1\r\nConnection: close, X-Hop, Content-Length\r\nX-Hop: 1\r\nContent-Length: 3\r\nHost: a.test\r\n\r\n',
      'POST / HTTP/1.1\r\nContent-Length: 3\r\nHost: a.test\r\n\r\n',
    ],
    [
      'keeps an upgrade whole',
      'GET http://a.test/ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ],
    [
      'keeps folded lines with their field',
      'GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nX-F: a\r\n b\r\nKeep-Alive: x\r\n y\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a.test\r\nX-F: a\r\n b\r\n\r\n',
    ],
    [
      'keeps bare line feeds',
      'GET http://a.test/ HTTP/1.0\nHost: a.test\nA: b\n\n',
      'GET / HTTP/1.0\nHost: a.test\nA: b\n\n',
    ],
    [
      'gets a Host when it has none',
      'GET http://a.test:81/ HTTP/1.0\r\n\r\n',
      'GET / HTTP/1.0\r\nHost: a.test:81\r\n\r\n',
    ],
    [
      'asks about the server itself with *',
      'OPTIONS http://a.test HTTP/1.1\r\nHost: a.test\r\n\r\n',
      'OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n',
    ],
    [
      'keeps a query without a path',
      'GET http://a.test?q HTTP/1.1\r\nHost: a.test\r\n\r\n',
      'GET /?q HTTP/1.1\r\nHost: a.test\r\n\r\n',
    ],
  ])('%s', (_what, before, after) => {
    expect(rewrite(before)).toBe(after);
  });

  it.each([
    ['a.test', 443, { host: 'a.test', port: 443 }],
    ['a.test:8443', 443, { host: 'a.test', port: 8443 }],
    ['[2001:db8::1]:443', 443, { host: '2001:db8::1', port: 443 }],
    ['[::1]', 80, { host: '::1', port: 80 }],
    ['a.test:', 80, { host: 'a.test', port: 80 }],
    ['a.test:0', 80, null],
    ['a.test:70000', 80, null],
    ['', 80, null],
    ['a b:1', 80, null],
    ['user@a.test:1', 80, null],
  ])('reads the authority %s', (text, port, expected) => {
    expect(parseAuthority(text, port)).toEqual(expected);
  });

  it('reads the user of a proxy login', () => {
    const basic = (text: string) =>
      head(`GET / HTTP/1.1\r\nProxy-Authorization: Basic ${Buffer.from(text).toString('base64')}\r\n\r\n`);
    expect(proxyUser(basic('nokia:secret'))).toBe('nokia');
    expect(proxyUser(basic(':secret'))).toBeNull();
    expect(proxyUser(head('GET / HTTP/1.1\r\nProxy-Authorization: Bearer x\r\n\r\n'))).toBeNull();
  });
});

const chunked = '4;x=y\r\nWiki\r\n5 \r\npedia\r\n0\r\nT: 1\r\n\r\n';
const CHUNKED_HEAD = 'Transfer-Encoding: chunked\r\n';

describe('where a message ends', () => {
  it.each([
    ['no body', '', { kind: 'none' }],
    ['a length', 'Content-Length: 12\r\n', { kind: 'sized', bytes: 12 }],
    ['the same length twice', 'Content-Length: 12\r\nContent-Length: 12\r\n', { kind: 'sized', bytes: 12 }],
    ['chunks', CHUNKED_HEAD, { kind: 'chunked' }],
    ['compressed chunks', 'Transfer-Encoding: gzip, chunked\r\n', { kind: 'chunked' }],
    ['two lengths', 'Content-Length: 12\r\nContent-Length: 13\r\n', { kind: 'until-close' }],
    ['a length and chunks (smuggling)', `Content-Length: 12\r\n${CHUNKED_HEAD}`, { kind: 'until-close' }],
    ['chunks twice (smuggling)', 'Transfer-Encoding: chunked, chunked\r\n', { kind: 'until-close' }],
    ['an unknown coding (smuggling)', 'Transfer-Encoding: xchunked\r\n', { kind: 'until-close' }],
    ['a negative length', 'Content-Length: -1\r\n', { kind: 'until-close' }],
    ['a signed length', 'Content-Length: +1\r\n', { kind: 'until-close' }],
  ])('frames a request with %s', (_what, fields, expected) => {
    expect(requestFraming(head(`POST / HTTP/1.1\r\n${fields}\r\n`))).toEqual(expected);
  });

  it.each([
    ['HEAD', 200, 'Content-Length: 5\r\n', 'none'],
    ['GET', 204, '', 'none'],
    ['GET', 304, 'Content-Length: 5\r\n', 'none'],
    ['GET', 200, '', 'until-close'],
    ['GET', 101, '', 'until-close'],
    ['GET', 200, 'Content-Length: 5\r\n', 'sized'],
  ])('frames an answer to %s with %i', (method, status, fields, kind) => {
    expect(responseFraming(head(`HTTP/1.1 ${status} X\r\n${fields}\r\n`), status, method).kind).toBe(kind);
  });

  it('finds the end of chunks at any cut and takes nothing after it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: chunked.length }), { maxLength: 12 }), (cuts) => {
        const bytes = Buffer.from(`${chunked}NEXT`);
        const meter = createMeter({ kind: 'chunked' });
        let taken = 0;
        let at = 0;
        for (const size of [...cuts, bytes.length]) {
          const part = bytes.subarray(at, at + size);
          taken += meter.take(part, 0);
          at += size;
          if (meter.done) break;
        }
        expect(meter.done).toBe(true);
        expect(taken).toBe(chunked.length);
      }),
    );
  });

  it.each(['zz\r\n', '\r\n', '4\r\nWikix', 'fffffffffffff\r\n', '-1\r\n'])(
    'gives up framing on the chunk %j',
    (text) => {
      const meter = createMeter({ kind: 'chunked' });
      const bytes = Buffer.from(text);
      expect(meter.take(bytes, 0)).toBe(bytes.length);
      expect(meter).toMatchObject({ done: false, untilClose: true });
    },
  );

  it('never throws on any chunk bytes and takes them all unless it is done', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        const meter = createMeter({ kind: 'chunked' });
        const taken = meter.take(Buffer.from(input), 0);
        expect(meter.done || taken === input.length).toBe(true);
      }),
    );
  });
});

describe('createResponseWatch', () => {
  const answers: [string, string, string, object][] = [
    [
      'a sized answer',
      'GET',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      { complete: true, wantsClose: false },
    ],
    [
      'interim answers first',
      'GET',
      `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${CHUNKED_HEAD}\r\n${chunked}`,
      { complete: true, wantsClose: false },
    ],
    [
      'an answer to HEAD',
      'HEAD',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
      { complete: true, wantsClose: false },
    ],
    [
      'an answer that closes',
      'GET',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      { complete: true, wantsClose: true },
    ],
    ['an old answer', 'GET', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', { complete: true, wantsClose: true }],
    ['an answer without end', 'GET', 'HTTP/1.1 200 OK\r\n\r\nabc', { complete: false, wantsClose: true }],
    ['an upgrade', 'GET', 'HTTP/1.1 101 Switching\r\n\r\n\x81\x00', { complete: false, upgraded: true }],
    ['no HTTP', 'GET', 'ICY 200 OK\r\n\r\nmusic', { complete: false, wantsClose: true }],
    [
      'bytes nobody asked for',
      'GET',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabHTTP/1.1 200 evil',
      { complete: true, wantsClose: true },
    ],
  ];
  it.each(answers)('follows %s, whole and byte by byte', (_what, method, text, expected) => {
    const bytes = Buffer.from(text, 'latin1');
    const whole = createResponseWatch(method);
    whole.feed(bytes);
    expect(whole).toMatchObject(expected);
    const single = createResponseWatch(method);
    for (let at = 0; at < bytes.length; at++) single.feed(bytes.subarray(at, at + 1));
    expect(single).toMatchObject(expected);
  });

  it('takes the close for the end of an answer without length, not of a cut one', () => {
    const open = createResponseWatch('GET');
    open.feed(Buffer.from('HTTP/1.1 200 OK\r\n\r\nabc'));
    open.end();
    expect(open.complete).toBe(true);
    const cut = createResponseWatch('GET');
    cut.feed(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'));
    cut.end();
    expect(cut.complete).toBe(false);
  });
});

it('findHeadEnd finds the same end whatever mix of line ends', () => {
  for (const text of ['a\r\n\r\nX', 'a\n\nX', 'a\r\n\nX', 'a\n\r\nX']) {
    expect(findHeadEnd(Buffer.from(text))).toBe(text.indexOf('X'));
  }
  expect(findHeadEnd(Buffer.from('a\r\nb\r\n'))).toBe(-1);
});

it('no head makes the parser throw', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      const parsed = head(text);
      parseRequestLine(parsed.start);
      requestFraming(parsed);
      toOriginForm(parsed, { method: 'GET', target: '/', version: 'HTTP/1.1' }, { authority: 'a', origin: '/' });
    }),
  );
});
