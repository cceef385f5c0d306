/**
 * Compiles the CSV of `@ip-location-db/asn` into the table that `as-table.ts` reads, and gives every system the country
 * it is registered in, by the majority of its ranges in `iptoasn-country`.
 * Runs in a process of its own (`compile-as-table-main.ts`): it needs some 400 MB for three seconds.
 */
import { createReadStream, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { crc32 } from 'node:zlib';
import { type CountryResponse, open, type Reader } from 'maxmind';
import { HEADER_BYTES, rangeBytes, SYSTEM_BYTES, tableName, writeHeader } from './as-table.ts';
import { factsOf } from './record-kind.ts';

export interface CompileInput {
  asnPackage: string;
  countryPackage: string;
  /** Version of the CSV's package, kept in the header. */
  source: string;
  outDir: string;
}

export interface Range {
  start: bigint;
  /** Inclusive. */
  end: bigint;
  asn: number;
}

interface Parsed {
  family: 4 | 6;
  ranges: Range[];
}

/** @param onProgress 0 to 1. @throws when a source is unreadable or the directory cannot be written. */
export async function compileAsTables(input: CompileInput, onProgress: (done: number) => void): Promise<void> {
  const names = new Map<number, string>();
  const votes = new Map<number, Map<string, number>>();
  const parsed: Parsed[] = [];
  for (const family of [4, 6] as const) {
    const countries = await open<CountryResponse>(join(input.countryPackage, `iptoasn-country-ipv${family}.mmdb`));
    const csv = join(input.asnPackage, `asn-ipv${family}-num.csv`);
    parsed.push({ family, ranges: await readRanges(csv, family, names, votes, countries) });
    onProgress(family === 4 ? 0.6 : 0.8);
  }
  for (const { family, ranges } of parsed) {
    const bytes = encodeTable(family, ranges, names, votes, input.source);
    const path = join(input.outDir, tableName(family));
    const beside = `${path}.${process.pid}.tmp`;
    try {
      writeFileSync(beside, bytes);
      renameSync(beside, path);
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    }
    onProgress(family === 4 ? 0.9 : 1);
  }
}

async function readRanges(
  csv: string,
  family: 4 | 6,
  names: Map<number, string>,
  votes: Map<number, Map<string, number>>,
  countries: Reader<CountryResponse>,
): Promise<Range[]> {
  const ranges: Range[] = [];
  for await (const line of createInterface({ input: createReadStream(csv), crlfDelay: Number.POSITIVE_INFINITY })) {
    const row = /^(\d+),(\d+),(\d+),(.*)$/.exec(line);
    if (!row) {
      if (line.trim() === '') continue;
      throw new Error(`${csv}: not a row of "start,end,number,name"`);
    }
    const asn = Number(row[3]);
    const start = BigInt(row[1] as string);
    ranges.push({ start, end: BigInt(row[2] as string), asn });
    if (!names.has(asn)) names.set(asn, unquote(row[4] as string));
    const country = factsOf(countries.get(addressText(start, family))).country;
    if (country === null) continue;
    const tally = votes.get(asn) ?? new Map<string, number>();
    tally.set(country, (tally.get(country) ?? 0) + 1);
    votes.set(asn, tally);
  }
  return ranges;
}

/** A quote inside a quoted field is doubled (RFC 4180). */
const unquote = (field: string): string =>
  field.startsWith('"') && field.endsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;

function addressText(value: bigint, family: 4 | 6): string {
  const hex = value.toString(16).padStart(family === 4 ? 8 : 32, '0');
  return family === 4 ? [...Buffer.from(hex, 'hex')].join('.') : (hex.match(/.{4}/g) ?? []).join(':');
}

export function encodeTable(
  family: 4 | 6,
  ranges: readonly Range[],
  names: ReadonlyMap<number, string>,
  votes: ReadonlyMap<number, ReadonlyMap<string, number>>,
  source: string,
): Buffer {
  const { starts, systems } = cutIntoStarts(ranges, family);
  const texts = systems.map((asn) => Buffer.from(names.get(asn) ?? '').subarray(0, 0xffff));
  const addressBytes = family === 4 ? 4 : 16;
  const body = Buffer.alloc(
    starts.length * rangeBytes(family) +
      systems.length * SYSTEM_BYTES +
      texts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const [start, system] of starts) {
    body.write(start.toString(16).padStart(addressBytes * 2, '0'), at, 'hex');
    at = body.writeUInt32BE(system, at + addressBytes);
  }
  let nameAt = 0;
  systems.forEach((asn, i) => {
    const text = texts[i] as Buffer;
    at = body.writeUInt32BE(asn, at);
    at += body.write(majority(votes.get(asn)) ?? '\0\0', at, 'latin1');
    at = body.writeUInt16BE(text.length, at);
    at = body.writeUInt32BE(nameAt, at);
    nameAt += text.length;
  });
  for (const text of texts) at += text.copy(body, at);
  const header = {
    family,
    ranges: starts.length,
    systems: systems.length,
    nameBytes: nameAt,
    crc: crc32(body),
    source,
  };
  return Buffer.concat([writeHeader(header), body], HEADER_BYTES + body.length);
}

/** A range per line becomes one start per change of system; what lies between ranges belongs to system 0, nobody. */
function cutIntoStarts(
  ranges: readonly Range[],
  family: 4 | 6,
): { starts: [start: bigint, system: number][]; systems: number[] } {
  const systems = [0];
  const numberOf = new Map<number, number>();
  const starts: [bigint, number][] = [];
  let covered = -1n;
  for (const { start, end, asn } of [...ranges].sort((a, b) => (a.start < b.start ? -1 : 1))) {
    let system = numberOf.get(asn);
    if (system === undefined) {
      system = systems.push(asn) - 1;
      numberOf.set(asn, system);
    }
    if (start > covered + 1n) add(starts, covered + 1n, 0);
    add(starts, start, system);
    if (end > covered) covered = end;
  }
  if (covered + 1n < 1n << (family === 4 ? 32n : 128n)) add(starts, covered + 1n, 0);
  return { starts, systems };
}

/** Where two ranges overlap the later start wins: it is the more specific announcement. */
function add(starts: [bigint, number][], start: bigint, system: number): void {
  const last = starts.at(-1);
  if (last && last[0] === start) last[1] = system;
  else if (!last || last[1] !== system) starts.push([start, system]);
}

function majority(tally: ReadonlyMap<string, number> | undefined): string | null {
  let best: [string, number] | null = null;
  for (const vote of tally ?? []) if (!best || vote[1] > best[1]) best = vote;
  return best?.[0] ?? null;
}
