/**
 * Takes newer databases of places and networks into the operator's directory, and takes them out again.
 * Promise: a file is unpacked beside, asked for addresses whose place is known, and only then put in place by one rename; what is
 * refused, cut off or too large changes nothing and leaves nothing behind. Nothing is fetched: the operator brings the file.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { labError } from '../formats/refusal.ts';
import { PUBLIC } from '../formats/replace-file.ts';
import { LabError } from '../model/lab.ts';
import { type Text, text } from '../model/text.ts';
import { type Database, OWN_LICENCE, openOwnFile } from './databases.ts';
import type { GeoSource } from './sources.ts';

/** Of one database; the largest that are sold (cities of the world) have a quarter of it. */
const MAX_BYTES = 1024 * 1024 * 1024;

/** Where registries and research networks have had their own servers for years: address, country, AS number. */
const KNOWN = [
  ['193.0.6.139', 'NL', 3333], // RIPE NCC
  ['200.160.2.3', 'BR', 22548], // NIC.br
  ['133.243.238.243', 'JP', 9355], // NICT
  ['203.119.73.1', 'VN', 23902], // VNNIC
] as const;

export interface GivenFile {
  /** As its vendor named it: its ending says how it is packed. */
  name: string;
  content: AsyncIterable<Uint8Array>;
}

export interface UpdateOptions {
  /** Milliseconds since the epoch. */
  nowMs: number;
  /** What answers at present: an older file in its place is refused. */
  inUse: readonly GeoSource[];
  /** Take it although it is older. */
  older: boolean;
}

/**
 * @param dir `DATA/geoip`
 * @returns what was put in place
 * @throws LabError one line that says what is wrong with the file or the disk, and what to do
 */
export async function takeDatabase(dir: string, given: GivenFile, options: UpdateOptions): Promise<GeoSource[]> {
  const { name } = given;
  const packed = /\.(mmdb|mmdb\.gz|tar\.gz|tgz|tar)$/i.exec(basename(name))?.[1]?.toLowerCase();
  if (packed === undefined) throw labError(text(/\.zip$/i.test(name) ? 'geo.zip' : 'geo.no-database', { name }));
  const beside: string[] = [];
  const newName = (): string => {
    const path = join(dir, `incoming-${randomBytes(6).toString('hex')}.tmp`);
    beside.push(path);
    return path;
  };
  try {
    mkdirSync(dir, { recursive: true, mode: PUBLIC.directoryMode });
    const file = newName();
    await write(given.content, file, packed.endsWith('gz'));
    const inside = packed.startsWith('t') ? await unpack(file, newName) : [{ name, path: file }];
    if (inside.length === 0) throw labError(text('geo.empty-archive', { name }));
    const judged = inside.map((one) => ({ ...one, as: plainName(one.name), source: judge(one, options) }));
    for (const { path, as } of judged) renameSync(path, join(dir, as));
    return judged.map(({ as, source }) => ({ ...source, name: as }));
  } catch (error) {
    throw error instanceof LabError ? error : labError(problemOf(error as NodeJS.ErrnoException, name, dir));
  } finally {
    for (const path of beside) rmSync(path, { force: true });
  }
}

/** Takes the operator's own databases out, so that those of the installation answer; they stay as `NAME.mmdb.off`. */
export function putAside(dir: string): string[] {
  const names = ownIn(dir);
  for (const name of names) renameSync(join(dir, name), join(dir, `${name}.off`));
  return names;
}

const ownIn = (dir: string): string[] => {
  try {
    return readdirSync(dir).filter((name) => name.endsWith('.mmdb'));
  } catch {
    return [];
  }
};

/** Without the date that vendors put into the name: the next month's file then takes the place of this one. */
function plainName(given: string): string {
  const stem = basename(given).replace(/\.mmdb(\.gz)?$/i, '');
  return `${stem.replace(/[-_.]?20\d\d[-_.]?\d\d([-_.]?\d\d)?$/, '') || stem}.mmdb`;
}

/** @throws LabError when it does not open, is about something else, contradicts what is known, or is older than what answers now */
function judge({ name, path }: { name: string; path: string }, { nowMs, inUse, older }: UpdateOptions): GeoSource {
  const { database, source, problem } = openOwnFile(path, basename(name), nowMs);
  if (!database) throw labError(text('geo.unopened', { name, problem: text(problem ?? 'geo.no-mmdb') }));
  try {
    const wrong = contradiction(database);
    if (wrong !== null) throw labError(text('geo.contradicts', { name, wrong }));
  } finally {
    database.close();
  }
  const newer = inUse
    .filter((one) => one.name === plainName(name) || one.licence !== OWN_LICENCE)
    .filter(({ about }) => about.split(' and ').some((fact) => source.about.split(' and ').includes(fact)))
    .find(({ date }) => date !== null && source.date !== null && date > source.date);
  if (newer && !older)
    throw labError(
      text('geo.older', { name, date: source.date ?? '', newer: newer.name, newerDate: newer.date ?? '' }),
    );
  return source;
}

/** What it says of addresses whose place is known; null: nothing against it. */
function contradiction(database: Database): Text | null {
  const told = KNOWN.map(([address, country, asn]) => {
    const record = database.find(address, 4);
    return {
      address,
      wrong:
        record?.country && record.country !== country
          ? text('geo.places', { address, country: record.country, known: country })
          : record?.asn && record.asn !== asn
            ? text('geo.names', { asn: record.asn, address, known: asn })
            : null,
      answers: Boolean(record?.country ?? record?.asn),
    };
  });
  const answered = told.filter(({ answers }) => answers);
  if (answered.length === 0) return text('geo.knows-none', { addresses: KNOWN.map(([address]) => address).join(', ') });
  const wrong = answered.flatMap((one) => one.wrong ?? []);
  return wrong.length * 2 > answered.length ? (wrong[0] ?? null) : null;
}

async function write(content: AsyncIterable<Uint8Array>, path: string, isPacked: boolean): Promise<void> {
  const bounded = async function* (chunks: AsyncIterable<Uint8Array>) {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) throw labError(text('geo.large', { most: MAX_BYTES / 2 ** 20 }));
      yield chunk;
    }
  };
  const into = createWriteStream(path, { flags: 'wx', mode: PUBLIC.mode, flush: true });
  if (isPacked) await pipeline(content, createGunzip(), bounded, into);
  else await pipeline(content, bounded, into);
}

const BLOCK = 512;

/** The .mmdb files of a tar archive (POSIX ustar: blocks of 512 bytes, a header before each file), each in a file of its own. */
async function unpack(tar: string, newName: () => string): Promise<{ name: string; path: string }[]> {
  const found: { name: string; path: string }[] = [];
  const file = await open(tar);
  try {
    const header = Buffer.alloc(BLOCK);
    const field = (from: number, length: number): string =>
      header.toString('latin1', from, from + length).split('\0')[0] ?? '';
    for (let at = 0; (await file.read(header, 0, BLOCK, at)).bytesRead === BLOCK; ) {
      const name = field(0, 100);
      const size = Number.parseInt(field(124, 12), 8);
      if (name === '' || !(size >= 0)) break;
      const isFile = ['', '0'].includes(field(156, 1));
      if (isFile && name.toLowerCase().endsWith('.mmdb') && size > 0) {
        const path = newName();
        const start = at + BLOCK;
        await pipeline(
          createReadStream(tar, { start, end: start + size - 1 }),
          createWriteStream(path, { flags: 'wx', mode: PUBLIC.mode, flush: true }),
        );
        found.push({ name: basename(name), path });
      }
      at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    }
  } finally {
    await file.close();
  }
  return found;
}

function problemOf({ code, message }: NodeJS.ErrnoException, name: string, dir: string): Text {
  if (code === 'ENOSPC' || code === 'EDQUOT') return text('geo.full', { dir, name });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return text('geo.unwritten', { dir, code });
  if (code?.startsWith('Z_')) return text('geo.cut', { name });
  return text('geo.untaken', { name, code: code ?? message });
}
