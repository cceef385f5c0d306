/** Answers followed over a copy of their bytes: when the next request may go out, and when none may. */
import { describe, expect, it } from 'vitest';
import { createResponseWatch } from '../../src/door/response-watch.ts';

const chunked = '4;x=y\r\nWiki\r\n5 \r\npedia\r\n0\r\nT: 1\r\n\r\n';
const CHUNKED_HEAD = 'Transfer-Encoding: chunked\r\n';

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
      'an answer with a length and chunks: the chunks count, and it is the last one',
      'GET',
      `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${CHUNKED_HEAD}\r\n${chunked}`,
      { complete: true, wantsClose: true, doubtful: false },
    ],
    [
      'an answer chunked twice',
      'GET',
      `HTTP/1.1 200 OK\r\n${CHUNKED_HEAD}${CHUNKED_HEAD}\r\n${chunked}`,
      { complete: false, wantsClose: true, doubtful: true },
    ],
    [
      'an answer with a signed length',
      'GET',
      'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok',
      { complete: false, wantsClose: true, doubtful: true },
    ],
    [
      'chunk sizes with leading zeros',
      'GET',
      `HTTP/1.1 200 OK\r\n${CHUNKED_HEAD}\r\n0000000000002\r\nok\r\n0000000000000\r\n\r\n`,
      { complete: true, wantsClose: false, doubtful: false },
    ],
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
