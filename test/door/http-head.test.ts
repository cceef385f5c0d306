/** Heads on the proxy port: what is passed on of them, and where they are for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAbsoluteTarget, parseAuthority, parseHead, proxyUser, toOriginForm } from '../../src/door/http-head.ts';
import { parseRequestLine } from '../../src/formats/http1-head.ts';

const head = (text: string) => parseHead(Buffer.from(text, 'latin1'));
const rewrite = (text: string) => {
  const parsed = head(text);
  const line = parseRequestLine(parsed.start)!;
  return toOriginForm(parsed, line, parseAbsoluteTarget(line.target, line.method)!).bytes.toString('latin1');
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
      'unfolds lines, which servers read differently',
      'GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nX-F: a\r\n b\r\nKeep-Alive: x\r\n y\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a.test\r\nX-F: a   b\r\n\r\n',
    ],
    [
      'ends its lines as all servers read them',
      'GET http://a.test/ HTTP/1.0\nHost: a.test\nA: b\n\n',
      'GET / HTTP/1.0\r\nHost: a.test\r\nA: b\r\n\r\n',
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

it('no head makes the parser throw', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      const parsed = head(text);
      const line = { method: 'GET', target: '/', version: 'HTTP/1.1', minor: 1 };
      toOriginForm(parsed, line, { host: 'a', port: 80, authority: 'a', origin: '/', cut: '' });
    }),
  );
});
