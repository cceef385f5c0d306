/** What is mutated: small, and each of a kind that a phone, a server or an operator's file really sends. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { encode } from 'dns-packet';
import { render, toJpeg } from '../inspect/photo/make-photo.ts';
import * as h2 from '../readers/http2-frames.ts';
import { frame, handshake } from '../readers/websocket-frames.ts';

const IMEI = '490154203237518';
const latin1 = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'latin1'));
const INPUTS = path.resolve(import.meta.dirname, '../inputs');

export const heads = latin1(
  `GET http://a.test/x?imei=${IMEI} HTTP/1.1\r\nHost: a.test\r\nCookie: a=b; c=d\r\n\r\n`,
  'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\nProxy-Authorization: Basic YTpi\r\n\r\n',
  `POST http://u:p@[2001:db8::1]:8080/a/%2e%2e/b#f HTTP/1.0\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n\r\n`,
  'OPTIONS * HTTP/1.1\r\nHost: b.test\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\nX: y\r\n z\r\n\r\n',
);

export const hellos = [
  // socks
  Buffer.from([5, 2, 0, 2]),
  Buffer.from([5, 1, 0, 3, 6, 97, 46, 116, 101, 115, 116, 0, 80]),
  Buffer.from([5, 1, 0, 4, ...Buffer.alloc(16, 1), 1, 187]),
  Buffer.from([4, 1, 0, 80, 0, 0, 0, 1, 117, 0, 97, 46, 116, 0]),
  Buffer.from([1, 3, 97, 98, 99, 3, 97, 98, 99]),
];

const [wsRequest, wsResponse] = handshake('permessage-deflate');

/** Both directions one behind the other: what a reader is given as request and as response. */
export const streams: Record<string, { alpn: string | null; corpus: Buffer[] }> = {
  'HTTP/1.1': {
    alpn: 'http/1.1',
    corpus: latin1(
      `POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 22\r\n\r\n{"imei":"${IMEI}"}`,
      `POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabcHTTP/1.0 304 x\r\n\r\n',
    ),
  },
  'HTTP/2': {
    alpn: 'h2',
    corpus: [
      Buffer.concat([h2.PREFACE, h2.settings(), h2.headers(1, h2.request('/a')), h2.frame(0, 1, 1, `imei=${IMEI}`)]),
      Buffer.concat([
        h2.PREFACE,
        h2.settings(),
        h2.headers(1, h2.request('/a')),
        h2.frame(0, 8, 1, '\x03abc\0\0\0'),
        h2.frame(3, 0, 1, '\0\0\0\x08'),
        h2.frame(7, 0, 0, Buffer.alloc(8)),
      ]),
      Buffer.concat([h2.settings(), h2.frame(4, 1, 0, ''), h2.frame(8, 0, 0, '\0\0\xff\xff'), h2.frame(9, 4, 3, 'x')]),
    ],
  },
  WebSocket: {
    alpn: null,
    corpus: [
      Buffer.concat([Buffer.from(wsRequest), frame({ opcode: 1, payload: Buffer.from(`{"imei":"${IMEI}"}`) })]),
      Buffer.concat([
        Buffer.from(wsResponse),
        frame({ opcode: 2, rsv1: true, payload: Buffer.from('aa', 'hex') }),
        frame({ opcode: 8, payload: Buffer.alloc(2) }),
      ]),
    ],
  },
  MQTT: {
    alpn: 'mqtt',
    corpus: [
      Buffer.from('101200044d5154540402003c000639303135343230037000', 'hex'),
      Buffer.from('100e00044d51545405020000000001783011000174034c414253455249414c30303031', 'hex'),
      Buffer.from('82080001000361626300e000', 'hex'),
    ],
  },
};

const json = Buffer.from(
  JSON.stringify({ imei: IMEI, a: [{ b: btoa(IMEI) }, 1e3, null, '\u00e9\ud83d\ude00'], c: 'a%3D1%26b' }),
);

/** Content type, content encoding, and bodies. */
export const bodies: { type: string; encoding: string; corpus: Buffer[] }[] = [
  { type: 'application/json', encoding: '', corpus: [json, Buffer.from(`[${'{"a":['.repeat(40)}1`)] },
  { type: 'application/json', encoding: 'gzip', corpus: [gzipSync(json), gzipSync(gzipSync(json)), deflateSync(json)] },
  { type: 'application/json', encoding: 'br', corpus: [brotliCompressSync(json)] },
  { type: 'application/json', encoding: 'zstd', corpus: [zstdCompressSync(json)] },
  {
    type: 'application/x-www-form-urlencoded',
    encoding: '',
    corpus: latin1(`imei=${IMEI}&a=%7B%22b%22%3A1%7D&c=${btoa(IMEI)}&d=%u00e9+x`),
  },
  {
    type: 'multipart/form-data; boundary=b',
    encoding: '',
    corpus: latin1(
      `--b\r\nContent-Disposition: form-data; name="i"; filename*=UTF-8''a%20b\r\nContent-Transfer-Encoding: base64\r\n\r\n${btoa(IMEI)}\r\n--b--\r\n`,
    ),
  },
  {
    type: 'application/x-protobuf',
    encoding: '',
    corpus: [
      Buffer.from(`0a0f${Buffer.from(IMEI).toString('hex')}1206080110ac0218011a00`, 'hex'),
      Buffer.from('000000000a0a03616263120568656c6c6f', 'hex'),
    ],
  },
  {
    type: 'text/xml',
    encoding: '',
    corpus: latin1(`<?xml version="1.0"?><a b="${IMEI}"><![CDATA[x]]>&#x34;&amp;</a>`),
  },
  {
    type: 'application/octet-stream',
    encoding: '',
    corpus: [
      Buffer.from('PK\x03\x04\x14\0\0\0\x08\0', 'latin1'),
      Buffer.from('bplist00\xd1\x01\x02SabcSdef\x08\x0b\x0f', 'latin1'),
      Buffer.from('\xd9\xd9\xf7\xa2aa\x01ab\x82\x02\x03', 'latin1'),
      Buffer.from('\x82\xa1a\x01\xa1b\x92\x02\x03', 'latin1'),
    ],
  },
];

export const pictures = [toJpeg(render(5, 64, 48), 60), toJpeg(render(6, 33, 17), 20)];

export const lookUps = [
  encode({ type: 'query', id: 7, flags: 256, questions: [{ type: 'A', name: `${IMEI}.vendor.example` }] }),
  encode({
    type: 'response',
    id: 7,
    flags: 384,
    questions: [{ type: 'AAAA', name: 'a.test' }],
    answers: [
      { type: 'CNAME', name: 'a.test', ttl: 5, data: 'b.test' },
      { type: 'AAAA', name: 'b.test', ttl: 5, data: '2001:db8::1' },
      { type: 'TXT', name: 'b.test', ttl: 5, data: ['x', 'y'] },
    ],
  }),
];

/** Every recording of the tests that is small, by the end of its name. */
export const recordings: Map<string, Buffer[]> = new Map();
for (const name of readdirSync(INPUTS, { recursive: true, encoding: 'utf8' })) {
  const file = path.join(INPUTS, name);
  const kind = /\.(har|ndjson|pcap|pcapng|json|csv|log)$/.exec(name)?.[1];
  if (!kind || name.includes('.expected.') || !statSync(file).isFile() || statSync(file).size > 20_000) continue;
  recordings.set(kind, [...(recordings.get(kind) ?? []), readFileSync(file)]);
}

export const devices = [
  readFileSync(path.join(INPUTS, 'devices.yaml')),
  readFileSync(path.join(INPUTS, 'devices-iccid.yaml')),
];

/** Method, path and body, as `POST /api/cases\n{…}`. */
export const requests = latin1(
  'POST /api/devices\n{"id":"b","model":"x","match":{"ip":"10.0.0.1"},"identifiers":{"imei":"490154203237518","location":[{"lat":1,"lon":2,"radius_m":3}]},"canaries":{"contacts":[{"name":"a","phone":"+1"}]}}',
  'PATCH /api/devices/b\n{"model":"y"}',
  'POST /api/cases\n{"title":"x","deviceId":null,"label":"y"}',
  'POST /api/cases/case-1/marks\n{"phase":"boot"}',
  'PATCH /api/cases/case-1\n{"closed":true}',
  'PUT /api/pins\n{"device":"a","name":"bank.example","override":"always"}',
  'POST /api/upstream-map\n[{"host":"a.test","port":80,"dial":"127.0.0.1:1","address":"192.0.2.1"}]',
  'POST /api/replays\n{"cases":["nokia-7-plus"]}',
  'GET /api/alerts?since=0&device=a&severity=high&kind=imei&limit=5&newest=true\n',
  'GET /api/flows?host=a&after=1&before=2&limit=3&simulated=true\n',
  'GET /api/why?host=a&device=b\n',
  'DELETE /api/devices/%2e%2e%2fx\n',
);
