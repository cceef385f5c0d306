/** What is fuzzed, and what each has to keep to: no input throws, and where bytes arrive in pieces, pieces make no difference. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseDevices } from '../../src/devices/parser.ts';
import {
  findHeadEnd,
  parseAbsoluteTarget,
  parseHead,
  proxyUser,
  toOriginForm,
  valuesOf,
} from '../../src/door/http-head.ts';
import { readSocks4Request, readSocks5Greeting, readSocks5Login, readSocks5Request } from '../../src/door/socks.ts';
import { classifyFirst } from '../../src/door/tunnel.ts';
import { readChunkLine } from '../../src/formats/http1-framing.ts';
import { parseRequestLine } from '../../src/formats/http1-head.ts';
import { createInspector } from '../../src/inspect/inspector.ts';
import { judgeImage } from '../../src/inspect/photo/photo-judge.ts';
import { recordingReaders } from '../../src/lab/recording-readers.ts';
import { parseLine } from '../../src/lan/conntrack/line.ts';
import { readClaim } from '../../src/lan/datagrams/arp.ts';
import { readPacket } from '../../src/lan/datagrams/packet.ts';
import { isReplyTo, parseQuery, readAnswer, ttlPlaces } from '../../src/lan/dns/message.ts';
import { parseLease } from '../../src/lan/phones/lease.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import { readRecordings } from '../../src/scan/recordings.ts';
import { createAccess } from '../../src/sinks/live/access.ts';
import { createApi } from '../../src/sinks/live/api.ts';
import { labFlow } from '../alert/lab-flow.ts';
import { chromeHello, helloBytes } from '../formats/hellos.ts';
import { labPhone } from '../inspect/lab-phone.ts';
import { byteByByte, digest, read } from '../readers/reading.ts';
import { labDependencies, labTokens, TOKEN } from '../sinks/live/lab-dependencies.ts';
import { bodies, devices, heads, hellos, lookUps, pictures, recordings, requests, streams } from './corpora.ts';

export interface Target {
  name: string;
  corpus: readonly Buffer[];
  /** Throws when a promise is broken. */
  run(bytes: Buffer): void | Promise<void>;
}

function door(bytes: Buffer): void {
  const end = findHeadEnd(bytes);
  const head = parseHead(end < 0 ? bytes : bytes.subarray(0, end));
  const line = parseRequestLine(head.start);
  const target = line && parseAbsoluteTarget(line.target, line.method);
  if (line && target) toOriginForm(head, line, target);
  proxyUser(head);
  valuesOf(head, 'host');
  for (const text of bytes.toString('latin1').split('\r\n')) readChunkLine(text);
}

/** Whatever is told of the whole is told of it byte by byte, and nothing before. */
function firstBytes(bytes: Buffer): void {
  for (const reader of [readSocks5Greeting, readSocks5Login, readSocks5Request, readSocks4Request]) {
    const whole = reader(bytes);
    for (let length = 1; length < bytes.length; length++) {
      const part = reader(bytes.subarray(0, length));
      if (part.state === 'more') continue;
      if (part.state !== whole.state)
        throw new Error(`${reader.name}: ${part.state} of ${length} bytes, ${whole.state} of all`);
      break;
    }
  }
  classifyFirst(bytes);
}

const readers = Object.entries(streams).map(
  ([name, { alpn, corpus }]): Target => ({
    name: `reader of ${name}`,
    corpus,
    run(bytes) {
      for (const direction of ['request', 'response'] as const) {
        const whole = JSON.stringify(digest(read([[direction, bytes]], { alpn })));
        if (JSON.stringify(digest(read([[direction, bytes]], { alpn, cut: byteByByte }))) !== whole)
          throw new Error(`${direction}: read byte by byte it is something else`);
      }
    },
  }),
);

let flows = 0;
function inspect(type: string, encoding: string, bytes: Buffer): void {
  const inspector = createInspector({ deviceFor: () => labPhone, judgeImage });
  const flowId = `fuzz-${++flows}`;
  const about = { flowId, exchange: 1, time: 0, direction: 'request' } as const;
  const headers: [string, string][] = [
    ['content-type', type],
    ...(encoding ? [['content-encoding', encoding] as [string, string]] : []),
  ];
  const half = bytes.length >> 1;
  const events: FlowEvent[] = [
    { type: 'flow-opened', flow: { ...labFlow(), id: flowId }, time: 0 },
    {
      type: 'request-head',
      ...about,
      protocol: 'http/1.1',
      method: 'POST',
      target: `/${bytes.toString('latin1', 0, 40)}`,
      scheme: 'http',
      authority: 'a.test',
      headers,
    },
    { type: 'body-chunk', ...about, bytes: bytes.subarray(0, half) },
    { type: 'body-chunk', ...about, bytes: bytes.subarray(half) },
    { type: 'body-end', ...about, complete: true, trailers: [] },
    { type: 'flow-closed', flowId, time: 0, reason: 'ended', detail: null, bytesUp: 0, bytesDown: 0 },
  ];
  for (const event of events) inspector.push(event);
}

const decoders = bodies.map(
  ({ type, encoding, corpus }): Target => ({
    name: `decoders: ${type.replace(/;.*/, '')}${encoding && `, ${encoding}`}`,
    corpus,
    run: (bytes) => inspect(type, encoding, bytes),
  }),
);

const directory = mkdtempSync(path.join(tmpdir(), 'fuzz-'));
export const FUZZ_FILES = directory;
const imports = [...recordings].map(
  ([kind, corpus]): Target => ({
    name: `import of .${kind}`,
    corpus,
    async run(bytes) {
      const file = path.join(directory, `recording.${kind}`);
      writeFileSync(file, bytes);
      for await (const recorded of readRecordings([file], recordingReaders)) void recorded;
    },
  }),
);

const errors: unknown[] = [];
const api = createApi(labDependencies(), createAccess({ tokens: labTokens(), now: Date.now }), (error) =>
  errors.push(error),
);

async function askApi(bytes: Buffer): Promise<void> {
  const text = bytes.toString('utf8');
  const [line = '', ...rest] = text.split('\n');
  const [method = 'GET', target = '/'] = line.split(' ');
  if (!/^[A-Z]{1,10}$/.test(method) || /^(?:CONNECT|TRACE|TRACK)$/.test(method)) return;
  const url = URL.parse(target, 'http://localhost');
  if (url?.hostname !== 'localhost') return;
  const body = method === 'GET' || method === 'HEAD' ? null : rest.join('\n');
  const headers = { host: 'localhost', authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const answer = await api.request(url.pathname + url.search, { method, headers, body });
  if (answer.status >= 500) throw new Error(`${answer.status}: ${String(errors.at(-1))}`);
}

export const targets: readonly Target[] = [
  { name: 'door: heads, targets, chunks', corpus: heads, run: door },
  { name: 'door: SOCKS and ClientHello', corpus: [...hellos, chromeHello(), helloBytes()], run: firstBytes },
  ...readers,
  ...decoders,
  { name: 'decoders: pictures', corpus: pictures, run: (bytes) => inspect('image/jpeg', '', bytes) },
  {
    name: 'look-ups',
    corpus: lookUps,
    run(bytes) {
      const query = parseQuery(bytes);
      readAnswer(bytes);
      ttlPlaces(bytes);
      if (query.ok) isReplyTo(bytes, 7, bytes, query.query);
    },
  },
  {
    name: 'packets and lines of the phones’ network',
    corpus: [
      Buffer.from('020000000001020000000002080045000028000000004011000a4d0002c000020100350035000c0000', 'hex'),
      ...heads,
    ],
    run(bytes) {
      for (const link of [1, 12, 113, 276]) {
        readPacket(link, bytes, true);
        readClaim(link, bytes);
      }
      parseLine(bytes.toString('latin1'));
      parseLease(bytes.toString('latin1'));
    },
  },
  ...imports,
  { name: 'devices file', corpus: devices, run: (bytes) => void parseDevices(bytes.toString('utf8'), 'devices.yaml') },
  { name: 'API', corpus: requests, run: askApi },
];
