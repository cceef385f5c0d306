/**
 * Where a server is, who runs its network, who owns its name: three facts, each with its own evidence, never merged.
 * Promise: `locate` never throws, never waits, answers from a bounded cache, and its answers are frozen, so that no
 * caller can change what another one sees. What is missing or damaged makes an answer emptier, never wrong.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { DestinationFacts, NetworkOperator, ServerLocation } from '../model/destination.ts';
import type { ServerCertificate } from '../model/flow.ts';
import { text } from '../model/text.ts';
import { type AddressKind, addressKind } from './address-kind.ts';
import { type Anycast, createAnycastList } from './anycast.ts';
import { type AsTable, asTableName, openAsTable } from './as-table.ts';
import { type Database, openEmbedded, openOwn, voteOf } from './databases.ts';
import { FEED_OWNERS_FILE, findOwner, OWN_OWNERS_FILE, OWNERS_FILE, type OwnerTable, readOwners } from './owners.ts';
import { dataPackage, dateOf, INSTALL_AGAIN, INSTALLED_DIR } from './packages.ts';
import { brokenSource, datedSource, type GeoSource } from './sources.ts';
import { verifyTable } from './table-file.ts';

export interface Geo {
  /**
   * @param ip the address connected to; null when there is none (a host that is an address stands for itself).
   * @param certificate the server's own, when the lab saw it.
   */
  locate(host: string, ip: string | null, certificate: ServerCertificate | null): DestinationFacts;
  /** As found at opening; the place for dates, licences and warnings. */
  sources: readonly GeoSource[];
  close(): void;
}

/** A test run talks to some hundred servers; an entry is about 1 KB. */
const MAX_CACHED_ADDRESSES = 2000;
const NO_NETWORK: Readonly<NetworkOperator> = Object.freeze({ asn: null, org: null, country: null });

/**
 * @param dir the operator's geoip directory (own .mmdb files, owners.local.json); need not exist.
 * @param options.installed `geoip/` of the installation, which counts as well, after `dir`.
 * @throws LabError only for an owners file that cannot be understood.
 */
export function openGeo(dir: string, options: { now: () => number; installed?: string; ownersDir?: string }): Geo {
  const nowMs = options.now();
  const dirs = [...new Set([dir, options.installed ?? INSTALLED_DIR].map((path) => resolve(path)))];
  const own = dirs.flatMap((path) => openOwn(path, nowMs));
  const embedded = openEmbedded(nowMs);
  const tables = openTables(dirs, nowMs);
  const owners = openOwners(dirs, options.ownersDir ?? null);
  const world: World = {
    own: own.flatMap(({ database }) => database ?? []),
    embedded: embedded.flatMap(({ database }) => database ?? []),
    systems: tables.tables,
    anycast: createAnycastList(),
  };
  const cache = new LRUCache<string, Pick<DestinationFacts, 'location' | 'network'>>({ max: MAX_CACHED_ADDRESSES });

  return {
    sources: [...own, ...embedded].map(({ source }) => source).concat(tables.source, owners.source),
    locate(host, ip, certificate) {
      const address = ip ?? host;
      let place = cache.get(address);
      if (!place) {
        place = placeOf(world, ip, addressKind(address));
        cache.set(address, place);
      }
      const { location, network } = place;
      return Object.freeze({ location, network, owner: findOwner(owners.tables, host, certificate) });
    },
    close() {
      for (const database of [...world.own, ...world.embedded]) database.close();
      tables.close();
    },
  };
}

interface World {
  own: Database[];
  embedded: Database[];
  systems: (family: 4 | 6) => AsTable | null;
  anycast: Anycast;
}

function placeOf(
  world: World,
  ip: string | null,
  kind: AddressKind | null,
): Pick<DestinationFacts, 'location' | 'network'> {
  if (!kind) {
    const note = ip === null ? 'not resolved' : 'not an address';
    return { location: nowhere(note), network: NO_NETWORK };
  }
  if (kind.special !== null) return { location: nowhere(noted(kind.special, kind.via)), network: NO_NETWORK };
  const network = networkOf(world, kind);
  if (world.anycast.has(kind.address, kind.family)) return { location: nowhere(noted('anycast', kind.via)), network };
  return { location: locationOf(world, kind), network };
}

/**
 * Two databases that agree are right in 99 of 100 cases on the clouds' own published lists, each alone in 89 to 93.
 * The operator's own file outranks both; of the built-in two the first is right more often.
 */
function locationOf(world: World, kind: AddressKind): ServerLocation {
  const votes = [...world.own, ...world.embedded].flatMap((database) => {
    const record = database.places ? database.find(kind.address, kind.family) : null;
    return record === null ? [] : [voteOf(database, record.country)];
  });
  const countries = votes.flatMap(({ country }) => country ?? []);
  const [country = null] = countries;
  const confidence =
    countries.length === 0
      ? 'none'
      : countries.length === 1
        ? 'single'
        : countries.every((other) => other === country)
          ? 'agreed'
          : 'disputed';
  for (const vote of votes) Object.freeze(vote);
  Object.freeze(votes);
  return Object.freeze({ country, confidence, votes, note: kind.via });
}

function networkOf(world: World, kind: AddressKind): NetworkOperator {
  const found = systemOf(world.systems(kind.family), kind.bytes);
  for (const database of world.own) {
    const record = database.find(kind.address, kind.family);
    if (!record || record.asn === null) continue;
    const { asn, org } = record;
    // The file knows the network; where that is registered only the table does, and only for the same one.
    const same = found?.asn === asn ? found : null;
    return Object.freeze({ asn, org: org ?? same?.org ?? null, country: same?.country ?? null });
  }
  return found ? Object.freeze(found) : NO_NETWORK;
}

function systemOf(table: AsTable | null, bytes: Uint8Array): NetworkOperator | null {
  try {
    return table?.find(bytes) ?? null;
  } catch {
    return null; // the disk failed under an open file: the network stays unnamed
  }
}

const nowhere = (note: string): ServerLocation => {
  const votes = Object.freeze([]) as unknown as ServerLocation['votes'];
  return Object.freeze({ country: null, confidence: 'none', votes, note });
};

const noted = (note: string, via: string | null): string => (via === null ? note : `${note}, ${via}`);

const AS_FACTS = {
  name: 'ip-location-db asn',
  about: 'network',
  licence: 'CC BY 4.0, Route Views, DB-IP (https://db-ip.com), NRO; AS countries: iptoasn.com, PDDL',
} as const;

/** The first directory with a whole table serves; the v6 one is opened at the first v6 address. */
function openTables(
  dirs: readonly string[],
  nowMs: number,
): { tables: World['systems']; source: GeoSource; close: () => void } {
  const opened = new Map<4 | 6, AsTable | null>();
  let problem: 'missing' | 'damaged' = 'missing';
  const openFirst = (family: 4 | 6): AsTable | null => {
    for (const dir of dirs) {
      try {
        return openAsTable(join(dir, asTableName(family)), family);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') problem = 'damaged';
      }
    }
    return null;
  };
  const tables = (family: 4 | 6): AsTable | null => {
    const known = opened.get(family);
    if (known !== undefined) return known;
    const table = openFirst(family);
    opened.set(family, table);
    return table;
  };
  const source = tables(4)
    ? datedSource({ ...AS_FACTS, date: dataPackage('asn')?.date ?? dateOfTable(dirs) }, nowMs)
    : brokenSource(AS_FACTS, problem, text(`geo.table.${problem}`, { again: INSTALL_AGAIN }));
  const close = (): void => {
    for (const table of opened.values()) table?.close();
    opened.clear();
  };
  return { tables, source, close };
}

/** Where the package that it was made from is not installed, the table says which it was. */
function dateOfTable(dirs: readonly string[]): string | null {
  const path = dirs.map((dir) => join(dir, asTableName(4))).find((each) => existsSync(each));
  return path ? dateOf(verifyTable(path).source.split(' ')[0] ?? '') : null;
}

/** @param ownersDir where only the operator's own companies and those of a hub are looked for */
function openOwners(dirs: readonly string[], ownersDir: string | null): { tables: OwnerTable[]; source: GeoSource } {
  const present = (name: string, among = dirs): string[] =>
    among.map((dir) => join(dir, name)).filter((path) => existsSync(path));
  const own = ownersDir === null ? dirs : [...new Set([resolve(ownersDir), ...dirs])];
  const builtIn = present(OWNERS_FILE).slice(0, 1);
  const facts = { name: OWNERS_FILE, about: 'company' as const, licence: 'own table' };
  const source = builtIn.length
    ? datedSource({ ...facts, date: null }, 0)
    : brokenSource(facts, 'missing', text('geo.no-owners', { file: OWNERS_FILE, again: INSTALL_AGAIN }));
  const added = [OWN_OWNERS_FILE, FEED_OWNERS_FILE].flatMap((name) => present(name, own));
  return { tables: [...added, ...builtIn].map(readOwners), source };
}
