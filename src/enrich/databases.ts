/**
 * The .mmdb databases: two that come with the lab and vote on the country, and the operator's own, which win.
 * Promise: a v6 address is never asked of a v4 file (it would answer, wrongly); files are read where they lie, not
 * loaded; a file that is damaged is left out and said so, never a reason to stop.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CountryVote } from '../model/destination.ts';
import { text } from '../model/text.ts';
import { type MmdbFile, openMmdbFile } from './mmdb-file.ts';
import { dataPackage, INSTALL_AGAIN } from './packages.ts';
import { factsOf, type RecordFacts } from './record-kind.ts';
import { brokenSource, datedSource, type GeoSource } from './sources.ts';

export interface Database {
  name: string;
  date: string | null;
  /** False for a file of networks only: it has no say on the country. */
  places: boolean;
  /** Null when the address is not in it. */
  find(address: string, family: 4 | 6): RecordFacts | null;
  close(): void;
}

export interface Opened {
  database: Database | null;
  source: GeoSource;
  /** What is wrong with it, as a verb phrase. */
  problem?: 'geo.no-facts' | 'geo.no-mmdb';
}

export const OWN_LICENCE = "the operator's own file";

const EMBEDDED = [
  { package: 'dbip-country-mmdb', file: 'dbip-country', licence: 'CC BY 4.0, DB-IP (https://db-ip.com)' },
  { package: 'geo-whois-asn-country-mmdb', file: 'geo-whois-asn-country', licence: 'CC0 1.0 / CC BY 4.0, NRO' },
] as const;

/** Addresses that any database of the world answers: what a file is about shows in its answers to them. */
const PROBES_V4 = ['8.8.8.8', '1.1.1.1', '17.253.144.10', '42.62.48.10', '161.117.71.36', '193.0.6.139', '200.160.2.3'];
const PROBES_V6 = ['2001:4860:4860::8888', '2620:149:af0::10', '2001:67c:2e8:22::c100:68b', '2400:3200::1'];

export function openEmbedded(nowMs: number): Opened[] {
  return EMBEDDED.map((entry) => {
    const facts = { name: entry.file, about: 'country' as const, licence: entry.licence };
    const found = dataPackage(entry.package);
    if (!found) {
      return {
        database: null,
        source: brokenSource(facts, 'missing', text('geo.missing', { file: entry.file, again: INSTALL_AGAIN })),
      };
    }
    const path = (family: 4 | 6): string => join(found.directory, `${entry.file}-ipv${family}.mmdb`);
    try {
      openMmdbFile(path(4)).close();
      const source = datedSource({ ...facts, date: found.date }, nowMs);
      const database = {
        name: entry.file,
        date: found.date,
        places: true,
        ...finder((family) => openMmdbFile(path(family))),
      };
      return { database, source };
    } catch {
      const advice = text('geo.damaged', { file: path(4), again: INSTALL_AGAIN });
      return { database: null, source: brokenSource(facts, 'damaged', advice) };
    }
  });
}

/** Every .mmdb below `dir`, by name. */
export function openOwn(dir: string, nowMs: number): Opened[] {
  let names: string[] = [];
  try {
    names = readdirSync(dir).filter((name) => name.endsWith('.mmdb'));
  } catch {
    return []; // no such directory: nothing was dropped in
  }
  return names.sort().map((name) => openOwnFile(join(dir, name), name, nowMs));
}

/** @param path of a file that is about to become `name`, or is that */
export function openOwnFile(path: string, name: string, nowMs: number): Opened {
  const facts = { name, licence: OWN_LICENCE };
  const broken = (why: 'geo.no-facts' | 'geo.no-mmdb'): Opened => ({
    database: null,
    source: brokenSource(
      { ...facts, about: 'country' },
      'damaged',
      text('geo.bad-own', { file: path, problem: text(why) }),
    ),
    problem: why,
  });
  try {
    const reader = openMmdbFile(path);
    const v4only = reader.metadata.ipVersion === 4;
    const answers = [...PROBES_V4, ...(v4only ? [] : PROBES_V6)].map((probe) => factsOf(reader.get(probe)));
    const places = answers.some(({ country }) => country !== null);
    const networks = answers.some(({ asn }) => asn !== null);
    if (!places && !networks) {
      reader.close();
      return broken('geo.no-facts');
    }
    const about = places && networks ? 'country and network' : places ? 'country' : 'network';
    const date = dayOf(reader.metadata.buildEpoch);
    const files = finder((family) => (family === 6 && v4only ? null : reader));
    return { database: { name, date, places, ...files }, source: datedSource({ ...facts, about, date }, nowMs) };
  } catch {
    return broken('geo.no-mmdb');
  }
}

/** @param open called once per family, at its first address; a failure counts as "knows nothing". */
function finder(open: (family: 4 | 6) => MmdbFile | null): Pick<Database, 'find' | 'close'> {
  const files = new Map<4 | 6, MmdbFile | null>();
  const fileFor = (family: 4 | 6): MmdbFile | null => {
    let file = files.get(family);
    if (file === undefined) {
      try {
        file = open(family);
      } catch {
        file = null;
      }
      files.set(family, file);
    }
    return file;
  };
  return {
    find(address, family) {
      try {
        const record = fileFor(family)?.get(address) ?? null;
        return record === null ? null : factsOf(record);
      } catch {
        // The file was replaced or cut while it was open.
        return null;
      }
    },
    close() {
      for (const file of new Set(files.values())) file?.close();
      files.clear();
    },
  };
}

export const voteOf = (database: Database, country: string | null): CountryVote => ({
  source: database.date === null ? database.name : `${database.name} ${database.date}`,
  country,
});

function dayOf(epoch: unknown): string | null {
  const date = new Date(epoch as Date);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().slice(0, 10);
}
