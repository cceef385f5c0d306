/**
 * How fast the detector searches, one phone registered, on one core: MB/s per content type, beside `Buffer.indexOf` for
 * one value and a loop of regular expressions in the same run. `node bench/detect-speed.ts [MB]`
 */
import { gzipSync } from 'node:zlib';
import { createInspector } from '../src/inspect/inspector.ts';
import { registry } from '../src/inspect/registry.ts';
import { prepareKnown } from '../src/inspect/search/known.ts';
import type { FlowEvent } from '../src/model/flow.ts';
import { labFlow, labPhone } from '../test/inspect/lab-phone.ts';
import { samples } from './detect-samples.ts';

const CHUNK = 64 << 10;
const megabytes = Number(process.argv[2] ?? 64);

function pushBody(
  inspector: ReturnType<typeof createInspector>,
  piece: Buffer,
  times: number,
  headers: [string, string][],
): number {
  const base = { flowId: 'f', exchange: 1, time: 0 } as const;
  const head: FlowEvent = {
    ...base,
    type: 'request-head',
    protocol: 'http/1.1',
    method: 'POST',
    target: '/upload',
    scheme: 'http',
    authority: 'vendor.example',
    headers,
  };
  inspector.push(labFlow('f'));
  inspector.push(head);
  let findings = 0;
  for (let i = 0; i < times; i++) {
    for (let at = 0; at < piece.length; at += CHUNK) {
      const bytes = piece.subarray(at, at + CHUNK);
      findings += inspector.push({ ...base, type: 'body-chunk', direction: 'request', bytes }).length;
    }
  }
  findings += inspector.push({ ...base, type: 'body-end', direction: 'request', trailers: [], complete: true }).length;
  inspector.push({
    type: 'flow-closed',
    flowId: 'f',
    time: 0,
    reason: 'ended',
    detail: null,
    bytesUp: 0,
    bytesDown: 0,
  });
  return findings;
}

function rate(bytes: number, run: () => void): number {
  run();
  const started = performance.now();
  run();
  return bytes / 1e6 / ((performance.now() - started) / 1000);
}

const started = performance.now();
const known = prepareKnown(labPhone, registry);
console.log(`expansion (cold): ${(performance.now() - started).toFixed(0)} ms, ${known.patterns} patterns`);

const rows: Record<string, Record<string, number>> = {};
for (const [name, { piece, headers }] of Object.entries(samples)) {
  const times = Math.max(1, Math.round((megabytes * 1e6) / piece.length));
  const bytes = piece.length * times;
  const row: Record<string, number> = {};
  for (const [mode, device] of [
    ['known + shapes', labPhone],
    ['shapes only', null],
  ] as const) {
    const inspector = createInspector({ deviceFor: () => device });
    row[mode] = Math.round(rate(bytes, () => pushBody(inspector, piece, times, headers)));
  }
  const needle = Buffer.from('490154203237518');
  row['Buffer.indexOf, 1 value'] = Math.round(
    rate(bytes, () => {
      for (let i = 0; i < times; i++) piece.indexOf(needle);
    }),
  );
  rows[name] = row;
}
console.table(rows);

const unpacked = samples.json!.piece;
const packed = gzipSync(unpacked);
const inspector = createInspector({ deviceFor: () => labPhone });
const times = Math.max(1, Math.round((megabytes * 1e6) / unpacked.length / 4));
const speed = rate(unpacked.length * times, () => {
  for (let i = 0; i < times; i++) pushBody(inspector, packed, 1, [['Content-Encoding', 'gzip']]);
});
console.log(`gzip JSON: ${Math.round(speed)} MB/s of decoded bytes`);
