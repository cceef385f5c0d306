/**
 * What one request costs the lab's half, room by room: microseconds of processor time and bytes of garbage, from a stream of
 * 4,000 different requests at a time (app JSON, forms, gzip, protobuf, multipart, browsers) that goes through the ring and the whole
 * road in one process, without sockets. `npm run bench:road` writes it to bench/results and tells what became 10 % dearer or
 * cheaper than in the record before; `-- --quick` writes nothing. Shares are sampled, so that nothing is wrapped that is measured.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { commitMeasured, machineFacts } from './machine.ts';
import { openRoad } from './road/lab.ts';
import { keepRecord, latestRecord, type RoadRecord, toMarkdown } from './road/record.ts';
import { exchange } from './road/requests.ts';
import { type ByRoom, openSampling } from './road/rooms.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    out: { type: 'string', default: path.join(import.meta.dirname, 'results') },
  },
});
const REQUESTS = 4000;
/** Compilers take 10,000 requests and more to do what they can. */
const WARM_UPS = 5;
const rounds = Number(flags.rounds ?? (flags.quick ? 4 : 16));

const data = await mkdtemp(path.join(tmpdir(), 'bench-road-'));
const road = await openRoad(data);
const sampling = await openSampling();
const loadBefore = loadavg()[0] ?? 0;
let serial = 0;
const next = () => Array.from({ length: REQUESTS }, () => exchange(serial++));
const threadUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};
const processUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const whole: number[] = [];
const helpers: number[] = [];
const samples: ByRoom = new Map();
const garbage: ByRoom = new Map();
const addAll = (sums: ByRoom, more: ByRoom): void => {
  for (const [room, amount] of more) sums.set(room, (sums.get(room) ?? 0) + amount);
};

try {
  for (let warm = 0; warm < WARM_UPS; warm++) await road.pass(next());
  for (let round = 0; round < rounds; round++) {
    const [plain, timed, counted] = [next(), next(), round % 4 === 0 ? next() : null];
    const [thread, all] = [threadUs(), processUs()];
    await road.pass(plain);
    const own = threadUs() - thread;
    whole.push(own / REQUESTS);
    helpers.push(Math.max(0, processUs() - all - own) / REQUESTS);
    addAll(samples, await sampling.time(() => road.pass(timed)));
    if (counted) addAll(garbage, await sampling.garbage(() => road.pass(counted)));
  }
  const record = recordOf();
  const before = latestRecord(flags.out);
  console.log(toMarkdown(record, before));
  if (!flags.quick) keepRecord(flags.out, record, before);
} finally {
  sampling.close();
  await road.close();
  await rm(data, { recursive: true, force: true });
}
process.exit();

function recordOf(): RoadRecord {
  const usPerRequest = Math.min(...whole);
  const sampled = [...samples.values()].reduce((sum, count) => sum + count, 0);
  const counted = Math.ceil(rounds / 4) * REQUESTS;
  const names = new Set([...samples.keys(), ...garbage.keys()]);
  return {
    date: new Date().toISOString().slice(0, 10),
    version: commitMeasured(),
    machine: {
      ...machineFacts(),
      loadBefore,
      loadAfter: loadavg()[0] ?? 0,
    },
    requests: REQUESTS,
    rounds,
    alerts: road.alerts(),
    usPerRequest,
    helpersUs: Math.min(...helpers),
    samples: sampled,
    rooms: [...names].map((room) => ({
      room,
      us: ((samples.get(room) ?? 0) / sampled) * usPerRequest,
      samples: samples.get(room) ?? 0,
      garbageBytes: (garbage.get(room) ?? 0) / counted,
    })),
  };
}
