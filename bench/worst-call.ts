/**
 * The longest single call of the detector and of the readers for each hostile input, in milliseconds of processor time, one
 * phone with three planted photos registered; beside it the time of the whole input and whether it was searched in full.
 * `node bench/worst-call.ts [part of a name] [size]`: size 1 is what the names of the known faults say.
 */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createInspector } from '../src/inspect/inspector.ts';
import { judgeImage, preparePhotos } from '../src/inspect/photo/photo-judge.ts';
import type { FlowEvent } from '../src/model/flow.ts';
import type { InspectEvent } from '../src/model/identifier.ts';
import { turnOf } from '../src/model/turn.ts';
import { createReader } from '../src/readers/reader.ts';

import { type CostlyConnection, costlyConnections } from '../test/hostile/costly-connections.ts';
import { type CostlyRequest, costlyRequests } from '../test/hostile/costly-inputs.ts';
import { PLANTED } from '../test/hostile/costly-pictures.ts';
import { closed, labFlow, labPhone } from '../test/inspect/lab-phone.ts';
import { flow } from '../test/readers/reading.ts';

const CHUNK = 64 << 10;
const [only = '', size = '1'] = process.argv.slice(2);
const phone = { ...labPhone, canaries: { ...labPhone.canaries, photos: PLANTED } };
preparePhotos(PLANTED);
const TURN_MS = 5;
const inspector = createInspector({ deviceFor: () => phone, judgeImage });

/** Of this thread: what else runs on the machine does not count. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

interface Measured {
  worstMs: number;
  /** Which call it was. */
  at: string;
  totalMs: number;
  units: number;
  calls: number;
  reasons: Set<string>;
}

const document = JSON.stringify({
  a: [{ imei: '490154203237518', b: 'text', t: 1700000000000, lat: 21.03, lng: 105.84 }],
}).repeat(40);
const samples: CostlyRequest[] = [
  { name: 'JSON', body: () => Buffer.from(document) },
  { name: 'gzip', headers: [['Content-Encoding', 'gzip']], body: () => gzipSync(document) },
  {
    name: 'form',
    target: '/?a=1&b=some+text',
    body: () => Buffer.from(`a=1&imei=490154203237518&d=${encodeURIComponent(document)}`),
  },
  { name: 'text', body: () => Buffer.from(`some text, ${Buffer.from(document).toString('base64')} and more`) },
  { name: 'binary', body: () => randomBytes(5000) },
];

const nothingYet = (): Measured => ({ worstMs: 0, at: '', totalMs: 0, units: 0, calls: 0, reasons: new Set() });

function timed<T>(measured: Measured, what: string, work: () => T): T {
  const from = processorMs();
  const result = work();
  const ms = processorMs() - from;
  measured.totalMs += ms;
  measured.calls++;
  if (ms > measured.worstMs) Object.assign(measured, { worstMs: ms, at: `${what} ${measured.calls}` });
  return result;
}

function note(measured: Measured, results: InspectEvent[]): void {
  for (const result of results) if (result.type === 'partially-scanned') measured.reasons.add(result.reason);
}

function look(measured: Measured, event: FlowEvent): void {
  const before = inspector.units;
  note(
    measured,
    timed(measured, event.type, () => inspector.push(event, turnOf(TURN_MS, processorMs))),
  );
  while (inspector.isBusy('f'))
    note(
      measured,
      timed(measured, event.type, () => inspector.resume('f', turnOf(TURN_MS, processorMs))),
    );
  measured.units += inspector.units - before;
}

function request({ target = '/', headers = [], body: make }: CostlyRequest): Measured {
  const measured = nothingYet();
  const body = make();
  const base = { flowId: 'f', exchange: 1, time: 0 } as const;
  look(measured, labFlow('f'));
  look(measured, {
    ...base,
    type: 'request-head',
    protocol: 'http/1.1',
    method: 'POST',
    target,
    scheme: 'http',
    authority: 'x',
    headers,
  });
  for (let at = 0; at < body.length; at += CHUNK)
    look(measured, { ...base, type: 'body-chunk', direction: 'request', bytes: body.subarray(at, at + CHUNK) });
  look(measured, { ...base, type: 'body-end', direction: 'request', trailers: [], complete: true });
  look(measured, closed('f'));
  return measured;
}

/** Readers alone: what they make of it is looked at as any request is. */
function connection({ alpn, sent }: CostlyConnection): Measured {
  const measured = nothingYet();
  const reader = createReader(flow, alpn);
  for (const [direction, bytes] of sent())
    for (let at = 0, piece = 0; at < bytes.length; at += piece) {
      piece = reader.pieceBytes;
      timed(measured, direction, () => reader.push(direction, bytes.subarray(at, at + piece), 0));
    }
  return measured;
}

const row = (name: string, { worstMs, at, totalMs, units, reasons }: Measured): string =>
  `${worstMs.toFixed(1).padStart(9)} ${totalMs.toFixed(0).padStart(7)} ${((1e6 * totalMs) / units).toFixed(1).padStart(7)}  ${name.padEnd(44)} ${at.padEnd(16)} ${[...reasons].join('; ')}`;

// The compiler has its say first: ordinary requests, which any lab has seen.
for (let i = 0; i < 300; i++) for (const each of samples) request(each);
console.log(' worst ms  all ms ns/unit  input                                        longest call     said');
for (const each of costlyRequests(Number(size))) {
  if (!each.name.includes(only)) continue;
  console.log(row(each.name, request(each)));
}
for (const each of costlyConnections(Number(size))) {
  if (!each.name.includes(only)) continue;
  connection(each);
  console.log(row(each.name, { ...connection(each), units: Number.NaN }));
}
