import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteByByte, cutAt, digest, inOrder, read, type Step } from './reading.ts';

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/);
const value = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
const headers = fc.array(
  fc.tuple(
    token.filter((name) => !/^(content-length|transfer-encoding|upgrade|host)$/i.test(name)),
    value,
  ),
  { maxLength: 5 },
);
const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const eol = fc.constantFrom('\r\n', '\r\n', '\n');

interface Message {
  wire: string;
  headers: [string, string][];
  body: string;
  trailers: [string, string][];
}

const message: fc.Arbitrary<Message> = fc
  .record({ headers, body, trailers: headers, chunked: fc.boolean(), pieces: fc.array(fc.nat(80)), eol })
  .map(({ headers, body, trailers, chunked, pieces, eol }) => {
    const framing: [string, string] = chunked
      ? ['Transfer-Encoding', 'chunked']
      : ['Content-Length', String(body.length)];
    const all: [string, string][] = [...headers, framing];
    const lines = (fields: [string, string][]) => fields.map(([name, text]) => `${name}: ${text}${eol}`).join('');
    if (!chunked) return { wire: `${lines(all)}${eol}${body}`, headers: all, body, trailers: [] };
    const chunks: string[] = [];
    let rest = body;
    for (const size of [...pieces, body.length]) {
      const piece = rest.slice(0, size);
      rest = rest.slice(size);
      if (piece !== '') chunks.push(`${piece.length.toString(16)}${eol}${piece}${eol}`);
    }
    return {
      wire: `${lines(all)}${eol}${chunks.join('')}0${eol}${lines(trailers)}${eol}`,
      headers: all,
      body,
      trailers,
    };
  });

const exchanges = fc.array(
  fc.record({ method: fc.constantFrom('GET', 'POST', 'X-ODD'), target: value, request: message, response: message }),
  { minLength: 1, maxLength: 4 },
);
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

test('whatever is written is read back: heads, bodies and trailers of pipelined exchanges, for any cutting', () => {
  fc.assert(
    fc.property(exchanges, cuts, (all, fractions) => {
      const up = all.map((one) => `${one.method} /${one.target.replaceAll(' ', '')} HTTP/1.1\r\n${one.request.wire}`);
      const down = all.map((one) => `HTTP/1.1 200 Fine\r\n${one.response.wire}`);
      const steps: Step[] = [
        ['request', up.join('')],
        ['response', down.join('')],
      ];
      const expected = all.map((one, at) => ({
        target: `/${one.target.replaceAll(' ', '')}`,
        exchange: at + 1,
        request: one.request.body,
        response: one.response.body,
        requestHeaders: one.request.headers,
        responseTrailers: one.response.trailers,
      }));
      for (const cut of [(bytes: Buffer) => [bytes], byteByByte, cutAt(fractions)]) {
        const events = read(steps, { cut, alpn: 'http/1.1' });
        const joined = (exchange: number, direction: string) =>
          events
            .flatMap((e) =>
              e.type === 'body-chunk' && e.exchange === exchange && e.direction === direction ? [e.bytes] : [],
            )
            .map((bytes) => bytes.toString('latin1'))
            .join('');
        const seen = events.flatMap((event) =>
          event.type === 'request-head'
            ? [
                {
                  target: event.target,
                  exchange: event.exchange,
                  request: joined(event.exchange, 'request'),
                  response: joined(event.exchange, 'response'),
                  requestHeaders: event.headers,
                  responseTrailers: events.flatMap((e) =>
                    e.type === 'body-end' && e.direction === 'response' && e.exchange === event.exchange
                      ? e.trailers
                      : [],
                  ),
                },
              ]
            : [],
        );
        expect(seen).toEqual(expected);
        expect(events.filter((e) => e.type === 'unreadable' || e.type === 'raw-bytes')).toEqual([]);
      }
    }),
    { numRuns: 200 },
  );
});

const MARKER = '490154203237518';
const upstream = exchanges.map((all) =>
  all.map((one) => `${one.method} /${one.target.replaceAll(' ', '')} HTTP/1.1\r\n${one.request.wire}`).join(''),
);

test('a value put anywhere into the phone bytes, broken or not, comes out once', () => {
  fc.assert(
    fc.property(upstream, fc.double({ min: 0, max: 1, noNaN: true }), cuts, (wire, where, fractions) => {
      const at = Math.floor(where * wire.length);
      const bytes = `${wire.slice(0, at)}${MARKER}${wire.slice(at)}`;
      const events = read([['request', bytes]], { alpn: 'http/1.1', cut: cutAt(fractions) });
      // In a body too short for it, it goes on in what follows: the order of the bytes is kept across events.
      const hits = inOrder(events, 'request').split(MARKER).length - 1;
      expect(hits).toBe(1);
    }),
    { numRuns: 500 },
  );
});

const noise = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc
    .array(
      fc.constantFrom(
        'GET / HTTP/1.1',
        'HTTP/1.1 101 x',
        'Upgrade: x',
        '\r\n',
        '\n',
        ' ',
        ':',
        '5',
        'CONNECT a:1 HTTP/1.1',
        'Content-Length: 3',
        'Transfer-Encoding: chunked',
        '\x00',
        'HTTP/1.1 200',
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join('')),
);
const noisySteps = fc.array(fc.tuple(fc.constantFrom<'request' | 'response'>('request', 'response'), noise), {
  maxLength: 6,
});

test('garbage in both directions never throws, is cut-independent, and ends with every body closed', () => {
  fc.assert(
    fc.property(noisySteps, cuts, fc.constantFrom(null, 'http/1.1'), (steps, fractions, alpn) => {
      const whole = read(steps, { alpn });
      const told = digest(whole);
      expect(digest(read(steps, { alpn, cut: byteByByte }))).toEqual(told);
      expect(digest(read(steps, { alpn, cut: cutAt(fractions) }))).toEqual(told);
      const opened = whole.filter(
        (e) => e.type === 'request-head' || (e.type === 'response-head' && (e.status >= 200 || e.status === 101)),
      );
      expect(whole.filter((e) => e.type === 'body-end').length).toBe(opened.length);
    }),
    { numRuns: 500 },
  );
});
