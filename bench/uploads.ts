/**
 * How fast the detector takes large uploads, one phone registered, everything on: MB per processor second of its thread for random
 * bytes, JSON, base64 in lines and without, hex, and one letter again and again. `npm run bench:uploads -- [part of a name] [MB]`.
 * Processor time of this thread, best of three: what else runs on the machine counts little.
 */
import { createHash } from 'node:crypto';
import { createInspector } from '../src/inspect/inspector.ts';
import { closed, labFlow, labPhone } from '../test/inspect/lab-phone.ts';
import { samples } from './detect-samples.ts';

const [only = '', megabytes = '64'] = process.argv.slice(2);
const CHUNK = 64 << 10;
const SIZE = 4 << 20;
const ROUNDS = 3;

const random = (): Buffer =>
  Buffer.concat(Array.from({ length: SIZE / 64 }, (_, index) => createHash('sha512').update(`u${index}`).digest()));
const inLines = (text: string): string => text.replace(/.{76}/g, '$&\r\n');

const bodies: { name: string; type: string; make: () => Buffer }[] = [
  { name: 'random bytes', type: 'application/octet-stream', make: random },
  { name: 'JSON', type: 'application/json', make: () => samples.json!.piece },
  { name: 'base64', type: 'text/plain', make: () => Buffer.from(random().toString('base64')) },
  { name: 'base64 in lines', type: 'text/plain', make: () => Buffer.from(inLines(random().toString('base64'))) },
  { name: 'hex', type: 'text/plain', make: () => Buffer.from(random().toString('hex')) },
  { name: 'one letter', type: 'text/plain', make: () => Buffer.alloc(SIZE, 'a') },
];

const inspector = createInspector({ deviceFor: () => labPhone });
const threadSeconds = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
};

/** Processor seconds for one request with this body so many times over. */
function upload(piece: Buffer, times: number, type: string): number {
  const base = { flowId: 'f', exchange: 1, time: 0, direction: 'request' } as const;
  inspector.push(labFlow('f'));
  inspector.push({
    type: 'request-head',
    flowId: 'f',
    exchange: 1,
    time: 0,
    protocol: 'http/1.1',
    method: 'POST',
    target: '/upload',
    scheme: 'http',
    authority: 'vendor.example',
    headers: [['Content-Type', type]],
  });
  const before = threadSeconds();
  for (let i = 0; i < times; i++)
    for (let at = 0; at < piece.length; at += CHUNK)
      inspector.push({ ...base, type: 'body-chunk', bytes: piece.subarray(at, at + CHUNK) });
  inspector.push({ ...base, type: 'body-end', trailers: [], complete: true });
  const seconds = threadSeconds() - before;
  inspector.push(closed('f'));
  return seconds;
}

console.log('MB per CPU second  body');
for (const { name, type, make } of bodies) {
  if (!name.includes(only)) continue;
  const piece = make();
  upload(piece, 1, type);
  const times = Math.max(1, Math.ceil((Number(megabytes) * 1e6) / piece.length));
  const seconds = Array.from({ length: ROUNDS }, () => upload(piece, times, type));
  console.log(`${((times * piece.length) / 1e6 / Math.min(...seconds)).toFixed(0).padStart(17)}  ${name}`);
}
