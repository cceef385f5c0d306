/**
 * `npm run bench:soak [-- --minutes 20]`: a lab that is used without a pause: every replay again and again, a case opened, reported,
 * exported and removed around each round, and meanwhile phones that connect, ask, upload, break off and come again, no two requests
 * alike. Every ten seconds: resident memory, open files, how late the relay was, bytes in the store.
 * Ends with a table, a record and a plot in `bench/results/`: the slope of each after the first third should be nothing but what is stored.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openTls } from '../test/clients/tunnel.ts';
import { HOST, startWorld } from '../test/e2e/world.ts';
import { plot, type Series } from './line-plot.ts';
import { commitMeasured, machineFacts } from './machine.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes is a number above 0');

const EVERY_MS = 10_000;
const PHONES = 8;
/** What is kept for nobody is given back by then. */
const REST_AFTER_MS = 30_000;
/** Of the time, before which everything still grows to its usual size. */
const WARM_UP = 1 / 3;
const MB = 2 ** 20;

interface Sample {
  minute: number;
  residentMb: number;
  openFiles: number;
  relayLateMs: number;
  storeMb: number;
}

const machine = machineFacts();
const world = await startWorld();
const { lab } = world;
const counts = { requests: 0, broken: 0, rounds: 0 };
/** Replays that did not show what was expected, and how often. */
const missed: Record<string, number> = {};
const samples: Sample[] = [];
const begin = performance.now();
const end = begin + minutes * 60_000;
const isOver = (): boolean => performance.now() > end;

async function call(method: string, pathAndQuery: string, body?: object): Promise<Buffer> {
  const token = (await readFile(lab.ready.token, 'utf8')).trim();
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
  // `fetch` gives up after five minutes: on a busy machine an answer may take longer.
  const asked = request(`${lab.ready.ui.url}${pathAndQuery}`, { method, headers });
  asked.end(body && JSON.stringify(body));
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const bytes = await buffer(answer);
  const { statusCode = 0 } = answer;
  if (statusCode >= 300) throw new Error(`${method} ${pathAndQuery}: ${statusCode} ${bytes.toString('utf8', 0, 200)}`);
  return bytes;
}

/** One connection of an app: some requests, then it is closed, or broken off in the middle of one. */
async function connection(): Promise<void> {
  const socket = await openTls(lab.phone, HOST, 443, ['http/1.1']);
  const gone = new AbortController();
  socket.on('error', () => {}).once('close', () => gone.abort());
  const requests = 1 + Math.floor(Math.random() * 20);
  for (let n = 0; n < requests && !isOver(); n++) {
    const bytes = randomBytes(Math.random() < 0.02 ? 200_000 : 300).toString('base64url');
    const body = JSON.stringify({ at: Date.now(), id: randomBytes(8).toString('hex'), note: bytes, imei: imeiOrNot() });
    // Also one that is closed settles it, by an error.
    const answered = once(socket, 'data', { signal: gone.signal });
    answered.catch(() => {});
    socket.write(
      `POST /echo?n=${n}-${counts.requests} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    counts.requests++;
    if (Math.random() < 0.02) {
      counts.broken++;
      break;
    }
    await answered;
    // The rest of a long answer.
    await pause(20);
  }
  socket.destroy();
}

const imeiOrNot = (): string => (Math.random() < 0.1 ? '490154203237518' : 'none');

/** A replay is over when no connection is open: phones that never rest would let it wait for ten seconds, every time. */
const [BUSY_MS, REST_MS] = [8000, 2000];

async function phone(): Promise<void> {
  while (!isOver()) {
    const within = (performance.now() - begin) % (BUSY_MS + REST_MS);
    if (within > BUSY_MS) await pause(BUSY_MS + REST_MS - within);
    await connection().catch(() => void counts.broken++);
    await pause(Math.random() * 200);
  }
}

async function operator(): Promise<void> {
  const { replays } = JSON.parse(String(await call('GET', '/api/replays'))) as { replays: { name: string }[] };
  while (!isOver()) {
    const opened = { title: `Soak ${counts.rounds}`, deviceId: 'phone-1', label: null };
    const { id } = JSON.parse(String(await call('POST', '/api/cases', opened))) as { id: string };
    for (const { name } of replays) {
      if (isOver()) break;
      const { outcomes } = JSON.parse(String(await call('POST', '/api/replays', { cases: [name] }))) as {
        outcomes: { ok: boolean }[];
      };
      if (!outcomes.every(({ ok }) => ok)) missed[name] = (missed[name] ?? 0) + 1;
    }
    if (isOver()) break;
    await call('GET', `/api/cases/${id}/report?format=pdf`);
    await call('POST', `/api/cases/${id}/export`, { redact: true, language: 'en' });
    await call('PATCH', `/api/cases/${id}`, { closed: true });
    await call('DELETE', `/api/cases/${id}`);
    counts.rounds++;
  }
}

async function storedBytes(): Promise<number> {
  const files = await readdir(lab.dataDir, { recursive: true });
  // A file may go while it is counted.
  const sizes = await Promise.all(
    files.map((file) =>
      stat(path.join(lab.dataDir, file)).then(
        (facts) => (facts.isFile() ? facts.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function watch(): Promise<void> {
  while (!isOver()) {
    await pause(Math.min(EVERY_MS, Math.max(1, end - performance.now())));
    const { relay } = (await lab.api('/api/stats')) as { relay: { loopDelay: { max: number } } };
    const sample: Sample = {
      minute: (performance.now() - begin) / 60_000,
      residentMb: (await lab.residentBytes()) / MB,
      openFiles: await lab.openFiles(),
      relayLateMs: relay.loopDelay.max * 1000,
      storeMb: (await storedBytes()) / MB,
    };
    samples.push(sample);
    if (samples.length % 6 === 0)
      console.log(
        `minute ${sample.minute.toFixed(0)} of ${minutes}: ${sample.residentMb.toFixed(0)} MB, ${sample.openFiles} files, relay late by ${sample.relayLateMs.toFixed(0)} ms at most, store ${sample.storeMb.toFixed(1)} MB, ${counts.requests} requests, ${counts.rounds} rounds`,
      );
  }
}

/** Of the straight line through the values (least squares), an hour; without the warm-up. */
function slope(name: keyof Sample): number {
  const later = samples.filter(({ minute }) => minute > minutes * WARM_UP);
  const middle = (of: keyof Sample): number => later.reduce((sum, one) => sum + one[of], 0) / later.length;
  const [x, y] = [middle('minute'), middle(name)];
  const up = later.reduce((sum, one) => sum + (one.minute - x) * (one[name] - y), 0);
  const across = later.reduce((sum, one) => sum + (one.minute - x) ** 2, 0);
  return Math.round((up / across) * 60 * 10) / 10;
}

const NAMES = {
  residentMb: 'resident memory, MB',
  openFiles: 'open files',
  relayLateMs: 'the relay was late by at most, ms',
  storeMb: 'store, MB',
} as const;

let restedMb = 0;
try {
  await Promise.all([watch(), operator(), ...Array.from({ length: PHONES }, phone)]);
  await pause(REST_AFTER_MS);
  restedMb = Math.round((await lab.residentBytes()) / MB);
} finally {
  await world.end();
}
machine.loadAfter = machineFacts().loadBefore;
const names = Object.keys(NAMES) as (keyof typeof NAMES)[];
const last = samples.at(-1) as Sample;
const rows = names.map((name) => ({ name: NAMES[name], last: Math.round(last[name]), anHour: slope(name) }));
for (const { name, last, anHour } of rows)
  console.log(`${name}: ${last} at the end, ${anHour > 0 ? '+' : ''}${anHour} an hour`);
console.log(`resident after ${REST_AFTER_MS / 1000} s of rest: ${restedMb} MB`);
console.log(
  `${counts.requests} requests, ${counts.broken} broken off, ${counts.rounds} rounds of all replays, missed ${JSON.stringify(missed)}`,
);
const date = new Date().toISOString().slice(0, 10);
const out = path.join(import.meta.dirname, 'results', `${date}-soak`);
writeFileSync(
  `${out}.json`,
  `${JSON.stringify({ date, commit: commitMeasured(), machine, minutes, counts, missed, restedMb, rows, samples })}\n`,
);
const series: Series[] = names.map((name) => ({
  name: NAMES[name],
  points: samples.map((one) => [one.minute, one[name]]),
}));
writeFileSync(`${out}.svg`, plot(`A lab in use for ${minutes} minutes, ${date}`, 'minutes', series));
console.log(`${out}.json and .svg`);
