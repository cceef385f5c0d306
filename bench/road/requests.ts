/**
 * What the road is measured with: requests as apps and browsers send them, in six kinds, no two alike. Made before anything is
 * measured; the same for the same numbers in every run. One in twenty holds the registered phone's IMEI.
 */
import { gzipSync } from 'node:zlib';
import { http1Text, nextRequest, scatter } from '../proxy/traffic.ts';

export interface Exchange {
  request: Buffer;
  response: Buffer;
}

const LEAK_EVERY = 20;
/** Of the phone that is registered. */
const IMEI = '490154203237518';

const word = (bits: number): string => ['home', 'feed', 'video', 'cart', 'search', 'profile', 'news', 'map'][bits % 8]!;

function request(own: number, path: string, headers: Record<string, string>, body: Buffer | string): Buffer {
  const bytes = Buffer.from(body);
  const head = {
    ...headers,
    'user-agent': `Shop/7.${own % 30}.0 (Linux; Android 13; Nokia 7 plus) okhttp/4.12.0`,
    'content-length': String(bytes.length),
    'x-request-id': `r-${scatter(own + 7).toString(36)}-${own}`,
  };
  return Buffer.concat([
    Buffer.from(http1Text('', { path, headers: head, body: '' }).replace('host: \r\n', HOST)),
    bytes,
  ]);
}

const HOST = 'host: api.example.com\r\n';

function form(own: number, leak: string): Buffer {
  const pairs = [`session=${scatter(own).toString(36)}`, `seq=${own}`, `screen=${word(own)}`, `lang=nb-NO`, leak];
  for (let at = 0; at < 24; at++) pairs.push(`p${at}=${word(scatter(own + at))}%20${scatter(own * 31 + at) % 10_000}`);
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return request(own, `/v1/track?t=${own}`, type, pairs.filter(Boolean).join('&'));
}

function gzipped(own: number, leak: string): Buffer {
  const { body } = nextRequest();
  const text = leak ? `{"imei":"${IMEI}",${body.slice(1)}` : body;
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  return request(own, `/batch/${scatter(own).toString(36)}`, headers, gzipSync(text));
}

/** Strings, varints and messages in messages, as analytics libraries send them. */
function protobuf(own: number, leak: string): Buffer {
  const field = (number: number, content: Buffer | string): Buffer => {
    const bytes = Buffer.from(content);
    return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
  };
  const events = Array.from({ length: 12 }, (_, at) => {
    const bits = scatter(own * 17 + at);
    const parts = [field(1, word(bits)), field(2, bits.toString(36)), Buffer.from([0x18]), varint(bits >>> 4)];
    return field(3, Buffer.concat(parts));
  });
  const message = Buffer.concat([field(1, `s-${scatter(own).toString(36)}`), ...events, leak ? field(4, IMEI) : NONE]);
  return request(own, '/analytics/v3', { 'content-type': 'application/x-protobuf' }, message);
}

const NONE = Buffer.alloc(0);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

function multipart(own: number, leak: string): Buffer {
  const boundary = `----b${scatter(own).toString(16)}`;
  const names = ['title', 'note', 'place', 'kind', ...(leak ? ['imei'] : [])];
  const parts = names.map((name, at) => {
    const text = name === 'imei' ? IMEI : `${word(scatter(own + at))} ${scatter(own * 7 + at) % 1000} ${word(own)}`;
    return `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
  });
  const file = Array.from({ length: 20 }, (_, at) => `${own},${at},${word(scatter(own + at * 3))}\n`).join('');
  const head = 'content-disposition: form-data; name="log"; filename="log.csv"\r\ncontent-type: text/csv\r\n\r\n';
  const body = `${parts.join('')}--${boundary}\r\n${head}${file}\r\n--${boundary}--\r\n`;
  return request(own, '/upload', { 'content-type': `multipart/form-data; boundary=${boundary}` }, body);
}

function browser(own: number, leak: string): Buffer {
  const lines = [
    `GET /${word(own)}/${scatter(own).toString(36)}?page=${own % 40}${leak && `&${leak}`} HTTP/1.1`,
    'Host: www.example.com',
    `User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${120 + (own % 20)}.0.0.0 Mobile Safari/537.36`,
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'Accept-Language: nb-NO,nb;q=0.9,en-US;q=0.8,en;q=0.7',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'sec-ch-ua: "Chromium";v="128", "Not;A=Brand";v="24", "Google Chrome";v="128"',
    'sec-ch-ua-mobile: ?1',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: navigate',
    `Referer: https://www.example.com/${word(scatter(own + 1))}/${scatter(own + 2).toString(36)}`,
    `Cookie: sid=${scatter(own + 3).toString(36)}${scatter(own + 4).toString(36)}; consent=1; seen=${own}`,
    'Connection: keep-alive',
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

/** App JSON, form, gzip, protobuf, multipart, browser: in turn. */
const MAKERS = [
  (_own: number, leak: string) => {
    const app = nextRequest();
    if (!leak) return Buffer.from(http1Text('api.example.com', app));
    const body = `{"imei":"${IMEI}",${app.body.slice(1)}`;
    const headers = { ...app.headers, 'content-length': String(body.length) };
    return Buffer.from(http1Text('api.example.com', { ...app, headers, body }));
  },
  form,
  gzipped,
  protobuf,
  multipart,
  browser,
];

/** Number `own` of the stream. */
export function exchange(own: number): Exchange {
  const leak = scatter(own) % LEAK_EVERY === 0 ? `imei=${IMEI}` : '';
  const body = `{"code":0,"message":"ok","id":"a-${own}"}`;
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  return { request: MAKERS[own % MAKERS.length]!(own, leak), response: Buffer.from(head + body) };
}
