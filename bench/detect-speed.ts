/**
 * How fast the detector searches on one core, with one phone registered: megabytes per second of processor time, so that
 * a busy machine does not change the figures much. Beside it, on the same bytes in the same run: `Buffer.indexOf` for one
 * value, a loop of regular expressions, and an Aho-Corasick automaton from npm.
 */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { AhoCorasick } from '@monyone/aho-corasick/fast';
import { createInspector, type Inspector } from '../src/inspect/inspector.ts';
import { registry } from '../src/inspect/registry.ts';
import { findKnown, prepareKnown } from '../src/inspect/search/known.ts';
import type { FlowEvent } from '../src/model/flow.ts';
import { closed, labFlow, labPhone } from '../test/inspect/lab-phone.ts';
import { samples } from './detect-samples.ts';

const CHUNK = 64 << 10;
/** What the other searches are given: as many as the simple end of one phone. */
const FEW = 300;

export interface SpeedRow {
  content: string;
  /** MB per processor second. */
  [measure: string]: number | string;
}

function head(headers: [string, string][], exchange = 1): FlowEvent {
  return {
    type: 'request-head',
    flowId: 'f',
    exchange,
    time: 0,
    protocol: 'http/1.1',
    method: 'POST',
    target: '/upload',
    scheme: 'http',
    authority: 'vendor.example',
    headers,
  };
}

function upload(inspector: Inspector, piece: Buffer, times: number, headers: [string, string][]): void {
  const base = { flowId: 'f', exchange: 1, time: 0, direction: 'request' } as const;
  inspector.push(labFlow('f'));
  inspector.push(head(headers));
  for (let i = 0; i < times; i++) {
    for (let at = 0; at < piece.length; at += CHUNK)
      inspector.push({ ...base, type: 'body-chunk', bytes: piece.subarray(at, at + CHUNK) });
  }
  inspector.push({ ...base, type: 'body-end', trailers: [], complete: true });
  inspector.push(closed('f'));
}

/** MB per processor second; the first run warms up. */
function rate(bytes: number, run: () => void): number {
  run();
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return Math.round(bytes / (user + system));
}

export function measureSpeed(megabytes: number): SpeedRow[] {
  const known = prepareKnown(labPhone, registry);
  const plain = known.text.flatMap((group) => group.patterns).filter((pattern) => !pattern.digest);
  const few = plain.slice(0, FEW).map((pattern) => pattern.bytes.toString('latin1'));
  const expressions = few.slice(0, 30).map((text) => new RegExp(text.replace(/[^\w]/g, '\\$&')));
  const automaton = new AhoCorasick(few);
  const one = Buffer.from('490154203237518');
  return Object.entries(samples).map(([content, { piece, headers }]) => {
    const times = Math.max(1, Math.round((megabytes * 1e6) / piece.length));
    const bytes = piece.length * times;
    const latin1 = piece.toString('latin1');
    const stretch = { bytes: piece, from: 0, binary: false, final: true, isStart: true };
    return {
      content,
      [`search alone, ${known.patterns} patterns`]: rate(bytes, () => repeat(times, () => findKnown(known, stretch))),
      'whole detector': rate(bytes, () => upload(createInspectorFor(true), piece, times, headers)),
      'whole detector, nothing registered': rate(bytes, () => upload(createInspectorFor(false), piece, times, headers)),
      'Buffer.indexOf, 1 value': rate(bytes, () => repeat(times, () => piece.indexOf(one))),
      '30 regular expressions': rate(piece.length, () => repeat(1, () => expressions.map((each) => each.test(latin1)))),
      [`@monyone/aho-corasick, ${FEW} values`]: rate(piece.length, () =>
        repeat(1, () => automaton.hasKeywordInText(latin1)),
      ),
    };
  });
}

const inspectors = new Map<boolean, Inspector>();

function createInspectorFor(isRegistered: boolean): Inspector {
  const inspector =
    inspectors.get(isRegistered) ?? createInspector({ deviceFor: () => (isRegistered ? labPhone : null) });
  inspectors.set(isRegistered, inspector);
  return inspector;
}

function repeat(times: number, run: () => unknown): void {
  for (let i = 0; i < times; i++) run();
}

export interface SmallFacts {
  expansionMs: number;
  patterns: number;
  tableBytes: number;
  /** Processor time of the whole inspect stage for one small JSON request, microseconds. */
  requestMicroseconds: number;
  gzipJsonMBs: number;
}

export function measureSmall(): SmallFacts {
  prepareKnown(labPhone, registry);
  const before = process.cpuUsage();
  const known = prepareKnown(labPhone, registry);
  const spent = process.cpuUsage(before);
  const groups = [...known.text, ...known.binary, ...(known.xored ? [known.xored] : [])];
  const tableBytes = groups.reduce((sum, { table, patterns }) => {
    const own = table.shift.byteLength + table.first.byteLength + table.members.byteLength + table.starts.byteLength;
    return sum + own + patterns.reduce((bytes, pattern) => bytes + pattern.bytes.length + 64, 0);
  }, 0);
  return {
    expansionMs: (spent.user + spent.system) / 1000,
    patterns: known.patterns,
    tableBytes,
    requestMicroseconds: requestCost(),
    gzipJsonMBs: gzipSpeed(),
  };
}

/** A POST of about 1 KB of telemetry with ordinary headers, again and again on one connection. */
function requestCost(): number {
  const inspector = createInspectorFor(true);
  const records = samples.json!.piece.toString('latin1', 11, 1000).split('},{').slice(0, -1).join('},{');
  const body = Buffer.from(`{"events":[${records}]}`);
  const headers: [string, string][] = [
    ['Host', 'api.example'],
    ['User-Agent', 'okhttp/4.12.0'],
    ['Content-Type', 'application/json'],
    ['Content-Length', String(body.length)],
    ['Accept-Encoding', 'gzip'],
    ['Authorization', `Bearer ${randomBytes(48).toString('base64url')}`],
  ];
  const base = { flowId: 'f', time: 0, direction: 'request' } as const;
  inspector.push(labFlow('f'));
  const send = (exchange: number): void => {
    inspector.push(head(headers, exchange));
    inspector.push({ ...base, exchange, type: 'body-chunk', bytes: body });
    inspector.push({ ...base, exchange, type: 'body-end', trailers: [], complete: true });
  };
  for (let i = 0; i < 3000; i++) send(i);
  const before = process.cpuUsage();
  for (let i = 0; i < 10_000; i++) send(i);
  const { user, system } = process.cpuUsage(before);
  inspector.push(closed('f'));
  return (user + system) / 10_000;
}

function gzipSpeed(): number {
  const { piece } = samples.json!;
  const packed = gzipSync(piece);
  return rate(piece.length * 3, () =>
    repeat(3, () => upload(createInspectorFor(true), packed, 1, [['Content-Encoding', 'gzip']])),
  );
}
