/** HTTP/2 against real speakers: nghttp2 in node:http2 on both ends, and curl. */
import http from 'node:http';
import http2 from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Direction, FlowEvent } from '../../src/model/flow.ts';
import { byteByByte, digest, read, type Step } from './reading.ts';
import { closed, listening, portOf, recordTo, run } from './recording.ts';

interface Exchange {
  method: string;
  path: string;
  requestHeaders: Record<string, string>;
  requestBody: string;
  requestTrailers: Record<string, string>;
  status: number;
  responseHeaders: Record<string, string>;
  responseBody: string;
  responseTrailers: Record<string, string>;
}

/** What the server itself saw and said, by stream id: the truth to compare with. */
const truth = new Map<number, Exchange>();

const asRecord = (headers: http2.IncomingHttpHeaders | http2.OutgoingHttpHeaders) =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !name.startsWith(':'))
      .map(([name, value]) => [name, String(value)]),
  );

function serve(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
  const body: Buffer[] = [];
  let requestTrailers: Record<string, string> = {};
  const responseHeaders = {
    'content-type': 'text/plain',
    'x-number': String(stream.id),
    'set-cookie': `id=${stream.id}`,
    'x-long': 'v'.repeat((stream.id ?? 0) % 7 === 0 ? 20_000 : 3),
  };
  const responseTrailers = { 'x-checksum': `sum-${stream.id}` };
  stream.on('data', (chunk: Buffer) => body.push(chunk));
  stream.on('trailers', (trailers) => {
    requestTrailers = asRecord(trailers);
  });
  stream.on('error', () => {});
  stream.on('end', () => {
    if (stream.destroyed) return; // reset by the client
    const requestBody = Buffer.concat(body).toString('latin1');
    const responseBody = `echo ${stream.id} ${requestBody.slice(0, 50_000)}`;
    truth.set(stream.id ?? 0, {
      method: String(headers[':method']),
      path: String(headers[':path']),
      requestHeaders: asRecord(headers),
      requestBody,
      requestTrailers,
      status: 200,
      responseHeaders,
      responseBody,
      responseTrailers,
    });
    if (headers['x-interim']) stream.additionalHeaders({ ':status': 103, link: '</a.css>' });
    stream.respond({ ':status': 200, ...responseHeaders }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(responseTrailers));
    stream.end(Buffer.from(responseBody, 'latin1'));
  });
}

const server = http2.createServer({
  paddingStrategy: http2.constants.PADDING_STRATEGY_MAX,
  settings: { headerTableSize: 8192, maxHeaderListSize: 200_000 },
});
server.on('stream', serve);

beforeAll(() => listening(server));
afterAll(() => closed(server));

function exchangesOf(events: FlowEvent[]): Map<number, Exchange> {
  const bodies = new Map<string, string>();
  const trailers = new Map<string, Record<string, string>>();
  const seen = new Map<number, Exchange>();
  const key = (exchange: number, direction: Direction) => `${direction} ${exchange}`;
  for (const event of events) {
    if (event.type === 'body-chunk') {
      const of = key(event.exchange, event.direction);
      bodies.set(of, (bodies.get(of) ?? '') + event.bytes.toString('latin1'));
    } else if (event.type === 'body-end') {
      expect(event.complete).toBe(true);
      trailers.set(key(event.exchange, event.direction), Object.fromEntries(event.trailers));
    } else if (event.type === 'request-head') {
      expect(event.protocol).toBe('h2');
      seen.set(event.exchange, {
        method: event.method,
        path: event.target,
        requestHeaders: Object.fromEntries(event.headers),
        requestBody: '',
        requestTrailers: {},
        status: 0,
        responseHeaders: {},
        responseBody: '',
        responseTrailers: {},
      });
    } else if (event.type === 'response-head' && event.status >= 200) {
      const exchange = seen.get(event.exchange)!;
      exchange.status = event.status;
      exchange.responseHeaders = Object.fromEntries(event.headers.filter(([name]) => name !== 'date'));
    }
  }
  for (const [number, exchange] of seen) {
    exchange.requestBody = bodies.get(key(number, 'request')) ?? '';
    exchange.responseBody = bodies.get(key(number, 'response')) ?? '';
    exchange.requestTrailers = trailers.get(key(number, 'request')) ?? {};
    exchange.responseTrailers = trailers.get(key(number, 'response')) ?? {};
  }
  return seen;
}

interface Call {
  headers: http2.OutgoingHttpHeaders;
  body?: Buffer;
  trailers?: http2.OutgoingHttpHeaders;
}

/** One connection of node:http2 with all calls at once; what went over the wire. */
async function talk(calls: Call[], options: http2.ClientSessionOptions = {}): Promise<Step[]> {
  truth.clear();
  const recorder = await recordTo(portOf(server));
  const session = http2.connect(`http://127.0.0.1:${recorder.port}`, options);
  await Promise.all(
    calls.map(
      ({ headers, body, trailers }) =>
        new Promise<void>((resolve, reject) => {
          const stream = session.request(headers, {
            endStream: !body && !trailers,
            waitForTrailers: trailers !== undefined,
          });
          stream.on('wantTrailers', () => stream.sendTrailers(trailers ?? {}));
          stream.on('error', reject);
          stream.on('close', resolve);
          stream.resume();
          if (body || trailers) stream.end(body ?? '');
        }),
    ),
  );
  await new Promise<void>((resolve) => session.close(() => resolve()));
  await recorder.close();
  return recorder.connections[0]!;
}

const imei = '490154203237518';
const scenarios: [string, () => Call[], http2.ClientSessionOptions?][] = [
  ['one GET', () => [{ headers: { ':path': `/report?imei=${imei}`, 'x-imei': imei } }]],
  [
    'bodies, trailers and every printable byte in a header',
    () => [
      {
        headers: {
          ':method': 'POST',
          ':path': '/up',
          'x-all': Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at))
            .join('')
            .trim(),
          cookie: 'a=1; b=2',
        },
        body: Buffer.from(`{"imei":"${imei}"}`),
        trailers: { 'x-sum': 'abc' },
      },
      { headers: { ':method': 'PUT', ':path': '/empty' }, body: Buffer.alloc(0) },
    ],
  ],
  [
    'sixty streams at once that repeat and change headers: the dynamic table grows and evicts',
    () =>
      Array.from({ length: 60 }, (_, at) => ({
        headers: {
          ':method': 'POST',
          ':path': `/n/${at % 5}`,
          'user-agent': 'lab-phone',
          'x-device': `device-${at % 7}-${'d'.repeat(200)}`,
          'x-unique': `${at}-${Math.sin(at)}`,
        },
        body: Buffer.alloc(at * 17, 97 + (at % 26)),
      })),
  ],
  [
    'a header larger than a frame (CONTINUATION) and interim answers',
    () => [
      { headers: { ':path': '/big', 'x-big': 'B'.repeat(40_000), 'x-interim': '1' } },
      { headers: { ':path': '/big', 'x-big': 'B'.repeat(40_000) } },
    ],
    { settings: { maxHeaderListSize: 200_000 }, maxSendHeaderBlockLength: 200_000 },
  ],
  [
    'padding on every frame',
    () => [{ headers: { ':method': 'POST', ':path': '/pad' }, body: Buffer.from('padded '.repeat(50)) }],
    { paddingStrategy: http2.constants.PADDING_STRATEGY_MAX },
  ],
  [
    'a client without a dynamic table towards it (SETTINGS_HEADER_TABLE_SIZE 0)',
    () => [{ headers: { ':path': '/a' } }, { headers: { ':path': '/a' } }],
    { settings: { headerTableSize: 0 } },
  ],
];

describe('node:http2 speaks, the reader recovers what both ends saw', () => {
  for (const [name, calls, options] of scenarios) {
    test(name, async () => {
      const steps = await talk(calls(), options);
      expect(truth.size).toBe(calls().length);
      const whole = read(steps, { alpn: 'h2' });
      expect(exchangesOf(whole)).toEqual(truth);
      expect(whole.filter((event) => event.type === 'unreadable' || event.type === 'raw-bytes')).toEqual([]);
      const total = steps.reduce((sum, step) => sum + step[1].length, 0);
      if (total < 400_000) expect(digest(read(steps, { alpn: 'h2', cut: byteByByte }))).toEqual(digest(whole));
      // Prior knowledge in the clear: the same without ALPN.
      expect(digest(read(steps))).toEqual(digest(whole));
    });
  }

  test('cut in two at every byte, nothing changes', async () => {
    const steps = await talk([
      { headers: { ':method': 'POST', ':path': '/x', 'x-imei': imei }, body: Buffer.from('body') },
    ]);
    const joined = joinNeighbours(steps);
    const expected = digest(read(joined, { alpn: 'h2' }));
    const longest = Math.max(...joined.map((step) => step[1].length));
    for (let at = 1; at < longest; at += 1) {
      const cut = (bytes: Buffer) => [bytes.subarray(0, at), bytes.subarray(at)];
      expect(digest(read(joined, { alpn: 'h2', cut }))).toEqual(expected);
    }
  });

  test('a stream that is reset ends incomplete, others go on', async () => {
    const recorder = await recordTo(portOf(server));
    const session = http2.connect(`http://127.0.0.1:${recorder.port}`);
    const doomed = session.request({ ':method': 'POST', ':path': '/doomed' });
    doomed.write('first part');
    doomed.on('error', () => {});
    await new Promise<void>((resolve) => session.ping(() => resolve()));
    const gone = new Promise<void>((resolve) => doomed.on('close', () => resolve()));
    doomed.close(http2.constants.NGHTTP2_CANCEL);
    await gone;
    await new Promise<void>((resolve) => {
      const fine = session.request({ ':path': '/fine' });
      fine.on('close', resolve);
      fine.resume();
    });
    await new Promise<void>((resolve) => session.close(() => resolve()));
    await recorder.close();
    const { story, unreadable } = digest(read(recorder.connections[0]!, { alpn: 'h2' }));
    expect(story).toContain('body request 1: first part [] complete=false');
    expect(story.some((line) => line.startsWith('body response 3: echo 3') && line.endsWith('complete=true'))).toBe(
      true,
    );
    expect(unreadable).toEqual([]);
  });
});

describe('curl speaks', () => {
  test('curl --http2-prior-knowledge', async () => {
    truth.clear();
    const recorder = await recordTo(portOf(server));
    await run('curl', [
      '-s',
      '--http2-prior-knowledge',
      '-H',
      `X-Imei: ${imei}`,
      '--data',
      'a=1&b=2',
      `http://127.0.0.1:${recorder.port}/curl`,
    ]);
    await recorder.close();
    expect(exchangesOf(read(recorder.connections[0]!))).toEqual(truth);
    expect([...truth.values()][0]?.requestHeaders['x-imei']).toBe(imei);
  });

  test('curl --http2 from HTTP/1.1: the answer comes on stream 1 and belongs to the first request', async () => {
    // node:http2 does not speak h2c upgrades, so the 101 is written by hand in front of a real HTTP/2 session.
    const upgrading = http.createServer();
    upgrading.on('upgrade', (_request, socket) => {
      socket
        .on('error', () => {})
        .on('end', () => socket.destroy())
        .resume();
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
      // SETTINGS; HEADERS on stream 1 with :status 200 and END_HEADERS; DATA "hello" with END_STREAM.
      socket.write(
        Buffer.from('000000040000000000' + '000001010400000001' + '88' + '000005000100000001' + '68656c6c6f', 'hex'),
      );
    });
    await listening(upgrading);
    const recorder = await recordTo(portOf(upgrading));
    const output = await run('curl', ['-s', '--http2', `http://127.0.0.1:${recorder.port}/up?imei=${imei}`]);
    expect(output).toBe('hello');
    await recorder.close();
    await closed(upgrading);
    const events = read(recorder.connections[0]!);
    const { story, unreadable } = digest(events);
    expect(unreadable).toEqual([]);
    expect(story[0]).toMatch(new RegExp(`^1 http/1.1 GET /up\\?imei=${imei} `));
    expect(story).toContain('1 upgraded to h2c');
    expect(story).toContain('1 200 []');
    expect(story).toContain('body response 1: hello [] complete=true');
  });
});

function joinNeighbours(steps: Step[]): Step[] {
  const joined: [Direction, Buffer][] = [];
  for (const step of steps) {
    if (step.length === 3) continue;
    const last = joined.at(-1);
    const bytes = Buffer.from(step[1]);
    if (last && last[0] === step[0]) last[1] = Buffer.concat([last[1], bytes]);
    else joined.push([step[0], bytes]);
  }
  return joined;
}
