/**
 * The record of a run and its comparison with the one before: times where it was made on such a machine, bytes anywhere.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from '../proxy/report.ts';

export interface RoadRecord {
  date: string;
  version: string;
  machine: Machine;
  /** Of one pass, all different, in this pass and over all. */
  requests: number;
  rounds: number;
  alerts: number;
  /** Processor time of the thread in the best round, microseconds: others on the machine only ever make it more. */
  usPerRequest: number;
  /** Of V8's helping threads. */
  helpersUs: number;
  samples: number;
  rooms: { room: string; us: number; samples: number; garbageBytes: number }[];
}

const TOLD = 0.1;
/** What is sampled so seldom says nothing. */
const MIN_SAMPLES = 100;
const MIN_BYTES = 100;
const FILE = /^(\d{4}-\d\d-\d\d)-road(?:-(\d+))?\.json$/;

/** Null: there is none yet. */
export function latestRecord(folder: string): (RoadRecord & { file: string }) | null {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const age = (file: string): string => FILE.exec(file)![1]! + (FILE.exec(file)![2] ?? '1').padStart(4, '0');
  const latest = files
    .filter((file) => FILE.test(file))
    .sort((a, b) => age(a).localeCompare(age(b)))
    .at(-1);
  if (latest === undefined) return null;
  return { ...(JSON.parse(readFileSync(path.join(folder, latest), 'utf8')) as RoadRecord), file: latest };
}

export function keepRecord(folder: string, record: RoadRecord, before: (RoadRecord & { file: string }) | null): void {
  const name = (number: number): string => `${record.date}-road${number > 1 ? `-${number}` : ''}`;
  let number = 1;
  while (existsSync(path.join(folder, `${name(number)}.json`))) number++;
  writeFileSync(path.join(folder, `${name(number)}.json`), `${JSON.stringify(record, null, 1)}\n`);
  writeFileSync(path.join(folder, `${name(number)}.md`), toMarkdown(record, before));
}

export function toMarkdown(record: RoadRecord, before: (RoadRecord & { file: string }) | null): string {
  const { machine, rooms } = record;
  const shown = rooms.filter(({ us, garbageBytes }) => us >= 0.05 || garbageBytes >= 1).toSorted((a, b) => b.us - a.us);
  const bytes = rooms.reduce((sum, room) => sum + room.garbageBytes, 0);
  const isSameMachine = before?.machine.cpu === machine.cpu && before.machine.node === machine.node;
  const earlier = (room: string) => before?.rooms.find((one) => one.room === room);
  const lines = shown.map((room) => {
    const was = earlier(room.room);
    const isSure = room.samples >= MIN_SAMPLES || (was?.samples ?? 0) >= MIN_SAMPLES;
    const isMuch = Math.max(room.garbageBytes, was?.garbageBytes ?? 0) >= MIN_BYTES;
    return [
      room.room,
      room.us.toFixed(1),
      was && isSure && isSameMachine ? change(room.us, was.us) : '',
      room.garbageBytes.toFixed(0),
      was && isMuch ? change(room.garbageBytes, was.garbageBytes) : '',
    ];
  });
  const wholeBytes = before?.rooms.reduce((sum, room) => sum + room.garbageBytes, 0) ?? 0;
  lines.push([
    '**all**',
    record.usPerRequest.toFixed(1),
    before && isSameMachine ? change(record.usPerRequest, before.usPerRequest) : '',
    bytes.toFixed(0),
    before ? change(bytes, wholeBytes) : '',
  ]);
  const head = ['room', 'µs a request', 'change', 'bytes of garbage a request', 'change'];
  const table = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const against = before
    ? `Compared with ${before.file} (${before.version}): ${isSameMachine ? '' : 'bytes alone, because it was made on another machine; '}where nothing is said it is within ${TOLD * 100} %.`
    : 'The first record: nothing to compare with.';
  return `# What a request costs on the road, ${record.date}

\`bench/road.ts\`, ${record.version}: ${record.rounds} rounds of ${record.requests} different requests, one in twenty with a value of the registered
phone (${record.alerts} alerts and updates), 20 a connection, through ring and road in one process, without sockets. Processor time of that thread in the
best round, shared out by ${record.samples} samples; V8's helping threads ${record.helpersUs.toFixed(1)} µs a request on top. Garbage is what V8's heap was asked for.

${against}

${table}

Machine: ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}. Load average ${machine.loadBefore.toFixed(1)} before and ${machine.loadAfter.toFixed(1)} after.
`;
}

const change = (now: number, then: number): string => {
  const share = now / then - 1;
  return Math.abs(share) < TOLD ? '' : `${share > 0 ? '+' : '-'}${Math.abs(share * 100).toFixed(0)} %`;
};
