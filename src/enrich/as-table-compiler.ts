/**
 * Compiles the CSV of `@ip-location-db/asn` into the table that `as-table.ts` reads, and gives every system the country
 * it is registered in, by the majority of its ranges in `iptoasn-country`.
 * Runs in a process of its own (`compile-main.ts`): it needs some 400 MB for three seconds.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type CountryResponse, open, type Reader } from 'maxmind';
import { PUBLIC, replaceFile } from '../formats/replace-file.ts';
import { asTableName, encodeAsTable } from './as-table.ts';
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
    replaceFile(
      join(input.outDir, asTableName(family)),
      encodeTable(family, ranges, names, votes, input.source),
      PUBLIC,
    );
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
  const described = systems.map((asn) => ({ asn, org: names.get(asn) ?? null, country: majority(votes.get(asn)) }));
  return encodeAsTable(family, starts, described, source);
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
