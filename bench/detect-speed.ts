/**
 * How fast the detector searches on one core, with one phone registered: megabytes per second of processor time, so that
 * a busy machine does not change the figures much. Beside it, on the same bytes in the same run and for the same values: a
 * loop of `Buffer.indexOf`, a loop of regular expressions, and an Aho-Corasick automaton from npm.
 */
import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { AhoCorasick } from '@monyone/aho-corasick/fast';
import { createInspector, type Inspector } from '../src/inspect/inspector.ts';
import { findKnown, type Known, prepareKnown } from '../src/inspect/search/known.ts';
import { type Sieve, searchSieved, sievesOf } from '../src/inspect/search/sieve.ts';
import { compile, viewOf } from '../src/inspect/search/table.ts';
import { registry } from '../src/kinds/registry.ts';
import type { Device } from '../src/model/device.ts';
import type { FlowEvent } from '../src/model/flow.ts';
import { closed, labFlow, labPhone } from '../test/inspect/lab-phone.ts';
import { manyPhones } from './detect-phones.ts';
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
function rate(bytes: number, run: () => unknown): number {
  run();
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return Math.round(bytes / (user + system));
}

/** What all searches of the comparison are given: values of one phone in several spellings. */
interface Few {
  texts: string[];
  sieve: Sieve;
}

function fewOf(known: Known): Few {
  const plain = known.text
    .flatMap(({ groups }) => groups.flatMap(({ patterns }) => patterns))
    .filter(({ digest, bytes }) => !digest && bytes.length >= 8);
  const step = plain.length / FEW;
  const patterns = Array.from({ length: FEW }, (_, i) => plain[Math.floor(i * step)]!);
  return {
    texts: patterns.map(({ bytes }) => bytes.toString('latin1')),
    sieve: sievesOf([{ table: compile(patterns)! }])[0]!,
  };
}

export function measureSpeed(megabytes: number): SpeedRow[] {
  const known = prepareKnown(labPhone, registry);
  const twenty = prepareKnown(manyPhones(20), registry);
  const one = Buffer.from('490154203237518');
  return Object.entries(samples).map(([content, { piece, headers }]) => {
    const times = Math.max(1, Math.round((megabytes * 1e6) / piece.length));
    const bytes = piece.length * times;
    const stretch = { bytes: piece, from: 0, binary: false, final: true, isStart: true };
    return {
      content,
      [`search alone, ${known.patterns} patterns`]: rate(bytes, () => repeat(times, () => findKnown(known, stretch))),
      [`twenty phones in one table, ${twenty.patterns} patterns`]: rate(bytes, () =>
        repeat(times, () => findKnown(twenty, stretch)),
      ),
      'whole detector': rate(bytes, () => upload(createInspectorFor(true), piece, times, headers)),
      'whole detector, nothing registered': rate(bytes, () => upload(createInspectorFor(false), piece, times, headers)),
      'Buffer.indexOf, 1 value': rate(bytes, () => repeat(times, () => piece.indexOf(one))),
      'Buffer.compare, memory alone': rate(bytes, () =>
        repeat(times, () => piece.compare(Buffer.from(piece.buffer, piece.byteOffset, piece.length))),
      ),
    };
  });
}

export interface Comparison extends SpeedRow {
  'times as fast as indexOf': number;
  'times as fast as expressions': number;
  'times as fast as Aho-Corasick': number;
}

/** The same 300 values, the same bytes, the same run: MB per processor second, and ratios. */
export function compareSearches(megabytes: number): Comparison[] {
  const { texts, sieve } = fewOf(prepareKnown(labPhone, registry));
  const buffers = texts.map((text) => Buffer.from(text, 'latin1'));
  const expressions = texts.map((text) => new RegExp(text.replace(/[^\w]/g, '\\$&')));
  const automaton = new AhoCorasick(texts);
  return Object.entries(samples).map(([content, { piece }]) => {
    const times = Math.max(1, Math.round((megabytes * 1e6) / piece.length));
    const latin1 = piece.toString('latin1');
    const view = viewOf(piece)!;
    const sieved = rate(piece.length * times, () =>
      repeat(times, () => searchSieved(sieve, piece, 0, piece.length, () => {}, view)),
    );
    const indexOf = rate(piece.length, () => buffers.map((value) => piece.indexOf(value)));
    const regex = rate(piece.length, () => expressions.map((each) => each.test(latin1)));
    const aho = rate(piece.length, () => automaton.matchInText(latin1));
    const ratio = (other: number): number => Math.round((sieved / other) * 10) / 10;
    return {
      content,
      'sieve before a shift table': sieved,
      'Buffer.indexOf, one after the other': indexOf,
      'regular expressions, one after the other': regex,
      '@monyone/aho-corasick': aho,
      'times as fast as indexOf': ratio(indexOf),
      'times as fast as expressions': ratio(regex),
      'times as fast as Aho-Corasick': ratio(aho),
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
  /** Processor time, median of nine. */
  expansionMs: number;
  patterns: number;
  /** What the heap grows by per registered phone. */
  memoryMB: number;
  /** Processor time of the whole inspect stage for one small JSON request, microseconds. */
  requestMicroseconds: number;
  gzipJsonMBs: number;
}

export function measureSmall(): SmallFacts {
  // A registration that nobody has asked for yet.
  const fresh = (): Device => ({ ...labPhone });
  const times = Array.from({ length: 9 }, () => {
    const device = fresh();
    const before = process.cpuUsage();
    prepareKnown(device, registry);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return {
    expansionMs: Math.round(times.sort((a, b) => a - b)[4]!),
    patterns: prepareKnown(labPhone, registry).patterns,
    memoryMB: memoryPerPhone(fresh),
    requestMicroseconds: Math.round(requestCost()),
    gzipJsonMBs: gzipSpeed(),
  };
}

function memoryPerPhone(fresh: () => Device): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  const kept = Array.from({ length: 10 }, () => prepareKnown(fresh(), registry));
  return Math.round((used() - before) / kept.length / 1e4) / 100;
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
