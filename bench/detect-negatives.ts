/**
 * Clean requests, as phones and browsers send them all day: full of UUIDs, times, tokens, counters that pass the check
 * digit, and nothing that identifies the phone or its owner. Made from a seed, the same in every run.
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { FlowEvent } from '../src/model/flow.ts';
import { labFlow } from '../test/inspect/lab-phone.ts';

export class Random {
  #state: Buffer;
  #at = 0;

  constructor(seed: string) {
    this.#state = createHash('sha512').update(seed).digest();
  }

  bytes(length: number): Buffer {
    const out = Buffer.alloc(length);
    for (let i = 0; i < length; i++) out[i] = this.#byte();
    return out;
  }

  below(limit: number): number {
    return this.bytes(6).readUIntBE(0, 6) % limit;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  hex(digits: number): string {
    return this.bytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits);
  }

  digits(count: number): string {
    let out = String(1 + this.below(9));
    while (out.length < count) out += this.below(10);
    return out;
  }

  uuid(): string {
    const all = this.hex(32);
    return [all.slice(0, 8), all.slice(8, 12), `4${all.slice(13, 16)}`, `a${all.slice(17, 20)}`, all.slice(20)].join(
      '-',
    );
  }

  #byte(): number {
    if (this.#at === this.#state.length) {
      this.#state = createHash('sha512').update(this.#state).digest();
      this.#at = 0;
    }
    return this.#state[this.#at++]!;
  }
}

const WORDS =
  'home search list detail cart profile news sport video music play pause next feed item page banner click view scroll open close load ready start stop send retry cache image style font theme color light dark'.split(
    ' ',
  );
const HOSTS = [
  'api.shop.example',
  'cdn.news.example',
  'track.ads.example',
  'play.video.example',
  'sync.mail.example',
  'maps.example',
];
const AGENTS = [
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.122 Mobile Safari/537.36',
  'Dalvik/2.1.0 (Linux; U; Android 9; Nokia 7 plus Build/PPR1.180610.011)',
  'okhttp/4.12.0',
  'com.example.shop/10.23.456 CFNetwork/1494.0.7 Darwin/23.4.0',
];

const clock = (random: Random): number => 1_763_000_000_000 + random.below(900_000_000);
const words = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.pick(WORDS)).join(' ');
const token = (random: Random, bytes: number): string => random.bytes(bytes).toString('base64url');

/** Fifteen digits with a right check digit: counters and account numbers do so one time in ten. */
function luhnNumber(random: Random): string {
  const first = random.digits(14);
  let sum = 0;
  for (const [index, digit] of [...first].entries()) {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return first + ((10 - (sum % 10)) % 10);
}

interface Sent {
  target: string;
  headers: [string, string][];
  body: Buffer | string;
}

type Make = (random: Random) => Sent;

const json = (target: string, value: unknown, headers: [string, string][] = []): Sent => ({
  target,
  headers: [['Content-Type', 'application/json'], ...headers],
  body: JSON.stringify(value),
});

const makers: Make[] = [
  // A page and its parts.
  (r) => ({
    target: `/${r.pick(WORDS)}/${r.below(1e6)}?v=${r.hex(8)}&w=${r.below(2000)}`,
    headers: [
      ['Referer', `https://${r.pick(HOSTS)}/${r.pick(WORDS)}`],
      ['If-None-Match', `"${r.hex(32)}"`],
    ],
    body: '',
  }),
  (r) => ({ target: `/static/${r.hex(20)}.js?hash=${r.hex(40)}`, headers: [['Sec-Fetch-Dest', 'script']], body: '' }),
  // Web statistics.
  (r) => ({
    target: `/g/collect?v=2&tid=G-${r.hex(10).toUpperCase()}&_p=${r.below(2e9)}&cid=${r.below(2e9)}.${1_700_000_000 + r.below(6e7)}&ul=en-us&sr=412x915&_s=${r.below(9)}&sid=${1_763_000_000 + r.below(9e5)}&dl=https%3A%2F%2Fnews.example%2F${r.pick(WORDS)}&en=page_view`,
    headers: [['Origin', 'https://news.example']],
    body: '',
  }),
  (r) => ({
    target: `/pixel?gclid=${token(r, 68)}&fbclid=${token(r, 45)}&u=https%3A%2F%2Fshop.example%2Fp%2F${r.digits(12)}`,
    headers: [],
    body: '',
  }),
  // App events.
  (r) =>
    json('/v1/batch', {
      batch: Array.from({ length: 1 + r.below(8) }, () => ({
        messageId: r.uuid(),
        timestamp: new Date(clock(r)).toISOString(),
        event: `${r.pick(WORDS)}_${r.pick(WORDS)}`,
        properties: {
          index: r.below(100),
          duration_ms: r.below(1e5),
          request_id: r.hex(32),
          price: r.below(10_000) / 100,
          revision: r.digits(13),
        },
      })),
      sentAt: clock(r),
    }),
  (r) =>
    json('/events', {
      session: r.uuid(),
      seq: r.below(1e6),
      items: Array.from({ length: 12 }, () => ({
        id: r.digits(15),
        sku: r.digits(12),
        ts: clock(r),
        score: r.below(1e6) / 1e6,
      })),
    }),
  (r) =>
    json('/metrics', {
      counters: Object.fromEntries(
        Array.from({ length: 10 }, () => [`${r.pick(WORDS)}.${r.pick(WORDS)}`, Number(luhnNumber(r))]),
      ),
      uptime_ns: r.digits(16),
    }),
  (r) =>
    json('/orders', {
      order_id: luhnNumber(r),
      total: r.below(1e5) / 100,
      tracking: r.digits(18),
      barcode: r.digits(13),
      created: clock(r),
      lines: [{ product: r.digits(10), quantity: 1 }],
    }),
  // GraphQL with a persisted query.
  (r) =>
    json('/graphql', {
      operationName: `Get${r.pick(WORDS)}`,
      variables: { after: token(r, 24), first: 20, ids: [r.uuid(), r.uuid()] },
      extensions: { persistedQuery: { version: 1, sha256Hash: r.hex(64) } },
    }),
  // Signing in, refreshing, pushing.
  (r) => ({
    target: '/oauth/token',
    headers: [
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['Authorization', `Basic ${Buffer.from(`client-${r.hex(6)}:${token(r, 24)}`).toString('base64')}`],
    ],
    body: `grant_type=refresh_token&refresh_token=${token(r, 64)}&code_verifier=${token(r, 32)}&state=${token(r, 16)}`,
  }),
  (r) =>
    json('/me', { view: r.pick(WORDS) }, [
      ['Authorization', `Bearer ${jwt(r)}`],
      ['X-Request-Id', r.uuid()],
      [
        'Cookie',
        `sid=${token(r, 48)}; _ga=GA1.2.${r.below(2e9)}.${1_700_000_000 + r.below(6e7)}; csrftoken=${token(r, 32)}; AWSALB=${r.bytes(96).toString('base64')}`,
      ],
    ]),
  (r) =>
    json('/push/register', {
      token: `${token(r, 16)}:APA91b${token(r, 100)}`,
      app_version: '10.23.456',
      sdk: 34,
      build: `AP2A.${r.digits(6)}.005`,
      locale: 'vi_VN',
      tz: 'Asia/Ho_Chi_Minh',
    }),
  // An update check names the model, which is no identifier.
  (r) => ({
    target: `/ota/check?model=Redmi+Note&version=V5.0.${r.below(60)}.0.JHECNBH&sdk=19&lang=vi&t=${clock(r)}&sign=${r.hex(32)}`,
    headers: [['Cookie', 'serial=unknown; imei=000000000000000; mac=02:00:00:00:00:00']],
    body: '',
  }),
  // Pictures, video, crash reports.
  (r) => ({
    target: '/upload',
    headers: [['Content-Type', 'multipart/form-data; boundary=----x']],
    body: Buffer.concat([
      Buffer.from(
        `------x\r\nContent-Disposition: form-data; name="file"; filename="p.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n`,
        'latin1',
      ),
      r.bytes(1500),
      Buffer.from('\r\n------x--\r\n'),
    ]),
  }),
  (r) => ({
    target: `/video/${r.hex(24)}/seg-${r.below(999)}.ts?Policy=${token(r, 150)}&Signature=${token(r, 256)}&Key-Pair-Id=${r.hex(14).toUpperCase()}`,
    headers: [['Range', `bytes=${r.below(1e6)}-`]],
    body: '',
  }),
  (r) => ({
    target: '/crash',
    headers: [['Content-Encoding', 'gzip']],
    body: gzipSync(
      JSON.stringify({
        id: r.hex(32),
        thread: r.below(99),
        stack: Array.from(
          { length: 20 },
          () =>
            `at com.example.${r.pick(WORDS)}.${r.pick(WORDS)}(${r.pick(WORDS)}.java:${r.below(999)}) 0x${r.hex(16)}`,
        ),
        memory: r.below(4e9),
        time: clock(r),
      }),
    ),
  }),
  (r) => ({
    target: '/log',
    headers: [['Content-Type', 'text/plain']],
    body: Array.from(
      { length: 15 },
      () =>
        `${new Date(clock(r)).toISOString()} I/${r.pick(WORDS)}(${r.below(30_000)}): ${words(r, 5)} id=${r.digits(10)} took=${r.below(999)}ms hash=${r.hex(40)} at ${r.below(255)}.${r.below(255)}.${r.below(255)}.1:${r.below(65_000)}`,
    ).join('\n'),
  }),
  // Protobuf and other binary telemetry.
  (r) => ({
    target: '/log/batch',
    headers: [['Content-Type', 'application/x-protobuf']],
    body: Buffer.concat(Array.from({ length: 10 }, () => protobufRecord(r))),
  }),
  (r) => ({
    target: `/maps/vt?pb=!1m5!1m4!1i${r.below(20)}!2i${r.below(60_000)}!3i${r.below(60_000)}!4i256!2m3!1e0!2sm!3i${r.digits(9)}!3m8!2svi!3sVN!5e1105`,
    headers: [],
    body: '',
  }),
  (r) =>
    json('/search', {
      q: words(r, 3),
      page: r.below(9),
      size: 20,
      price: { from: r.below(100), to: 100 + r.below(900) },
      sort: 'newest',
      request: r.uuid(),
    }),
  (r) =>
    json('/chart', {
      points: Array.from({ length: 30 }, () => [r.below(2000) / 10, r.below(2000) / 10]),
      matrix: Array.from({ length: 6 }, () => r.below(1e9) / 1e9),
      color: `#${r.hex(6)}`,
    }),
  // Two numbers in one text that are no position: touches, shares of a picture, prices, versions, sizes.
  (r) =>
    json('/touch', {
      position: `${r.below(40_000) / 100},${r.below(90_000) / 100}`,
      focus: `${r.below(1e5) / 1e5},${r.below(1e5) / 1e5}`,
      coords: `${(r.below(4e8) / 1e6).toFixed(3)} ${(r.below(9e8) / 1e6).toFixed(3)}`,
      price: `${r.below(10_000) / 100},${r.below(10_000) / 100}`,
      version: `${r.below(99)}.${r.digits(2)},${r.below(99)}.${r.digits(2)}`,
      size: `${r.below(1e5) / 100}x${r.below(1e5) / 100}`,
      scroll: [`${r.below(1e6) / 1e4}`, `${r.below(1e6) / 1e4}`, `${r.below(1e6) / 1e4}`],
      range: `${(r.below(1e6) / 1e4).toFixed(2)}-${(r.below(1e6) / 1e4).toFixed(2)}`,
      location: r.pick(['top', 'left', 'menu', 'vi-VN']),
      cid: r.digits(9),
    }),
  (r) =>
    json('/player', {
      client: { name: 'ANDROID', version: '19.29.37', visitor: Buffer.from(r.bytes(20)).toString('base64url') },
      videoId: token(r, 8),
      cpn: token(r, 12),
      ts: r.below(3600),
    }),
];

function jwt(random: Random): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iss: 'https://id.example',
    sub: random.uuid(),
    iat: 1_763_000_000 + random.below(9e5),
    exp: 1_764_000_000,
    jti: random.hex(32),
    scope: 'read write',
  };
  return `${part({ alg: 'RS256', kid: random.hex(8) })}.${part(claims)}.${token(random, 256)}`;
}

function protobufRecord(random: Random): Buffer {
  const name = Buffer.from(`${random.pick(WORDS)}_${random.pick(WORDS)}`);
  const id = random.bytes(8);
  const inner = Buffer.concat([
    Buffer.from([0x0a, name.length]),
    name,
    Buffer.from([0x11]),
    id,
    Buffer.from([0x18, random.below(128)]),
  ]);
  return Buffer.concat([Buffer.from([0x0a, inner.length]), inner]);
}

/** `count` requests, each with its kind of request as label. */
export function* cleanRequests(count: number, seed = 'clean'): Generator<{ label: string; events: FlowEvent[] }> {
  for (let i = 0; i < count; i++) {
    const random = new Random(`${seed}${i}`);
    const { target, headers, body } = makers[i % makers.length]!(random);
    const base = { flowId: 'f', exchange: 1, time: 0 } as const;
    const host = random.pick(HOSTS);
    const all: [string, string][] = [
      ['Host', host],
      ['User-Agent', random.pick(AGENTS)],
      ['Accept', '*/*'],
      ['Accept-Encoding', 'gzip, br'],
      ['X-Trace', random.hex(32)],
      ...headers,
    ];
    const bytes = Buffer.from(body as Buffer);
    yield {
      label: target.split(/[/?]/)[1] ?? '',
      events: [
        labFlow('f', { destination: { host, port: 443, ip: null } }),
        {
          ...base,
          type: 'request-head',
          protocol: 'http/1.1',
          method: bytes.length > 0 ? 'POST' : 'GET',
          target,
          scheme: 'https',
          authority: host,
          headers: all,
        },
        ...(bytes.length > 0 ? [{ ...base, type: 'body-chunk', direction: 'request', bytes } as const] : []),
        { ...base, type: 'body-end', direction: 'request', trailers: [], complete: true },
      ],
    };
  }
}
