/** `phonehome geo …`: databases of places and networks, in the lab that runs, else in its files. */
import { openAsBlob, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type GeoDatabase, LabError } from '../../model/lab.ts';
import { addressOf, call, type LabAddress, type ReachFlags, runningLabOf } from '../lab-client.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { table } from '../table.ts';
import { inWords, words } from '../words.ts';

interface GeoFlags extends ReachFlags {
  json: boolean;
  older?: boolean;
}

/** A database of every city is unpacked and checked meanwhile. */
const PATIENCE_MS = 10 * 60_000;

const DATABASE = /\.(mmdb|mmdb\.gz|tar\.gz|tgz)$/i;

export async function show(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as GeoFlags;
  tell(await databasesOf(await labOf(flags), flags.data), flags.json);
  return 0;
}

/** Stops at the first file that is refused; those before it are in place. */
export async function update(given: Record<string, unknown>, paths: string[]): Promise<number> {
  const flags = given as unknown as GeoFlags;
  const older = flags.older ?? false;
  const lab = await labOf(flags);
  for (const file of paths.flatMap(filesAt)) {
    const changed = lab
      ? await send(lab, file, older)
      : await (await loadLab()).takeGeoDatabase(flags.data, file, { older });
    if (flags.json) printJson({ type: 'geo-update', file, changed });
    else print(words('geo.taken', { file, names: changed.join(', ') }));
  }
  if (!flags.json) tell(await databasesOf(lab, flags.data), false);
  return 0;
}

export async function rollback(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as GeoFlags;
  const lab = await labOf(flags);
  const changed = lab
    ? ((await call(lab, 'DELETE', '/api/databases')) as { changed: string[] }).changed
    : await (await loadLab()).rollBackGeo(flags.data);
  if (flags.json) printJson({ type: 'geo-rollback', changed });
  else if (changed.length === 0) print(words('geo.none-own'));
  else print(words('geo.put-aside', { names: changed.join(', ') }));
  return 0;
}

const labOf = async (flags: GeoFlags): Promise<LabAddress | null> =>
  flags.url ? addressOf(flags) : await runningLabOf(flags.data);

async function send(lab: LabAddress, file: string, older: boolean): Promise<string[]> {
  const query = new URLSearchParams({ name: basename(file), ...(older ? { older: 'true' } : {}) });
  const answer = await call(lab, 'POST', `/api/databases?${query}`, await openAsBlob(file), PATIENCE_MS);
  return (answer as { changed: string[] }).changed;
}

async function databasesOf(lab: LabAddress | null, data: string): Promise<GeoDatabase[]> {
  if (!lab) return (await loadLab()).listGeoDatabases(data);
  return ((await call(lab, 'GET', '/api/settings')) as { databases: GeoDatabase[] }).databases;
}

/** A file as it is; of a folder every database below it. */
function filesAt(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new LabError(words('geo.nothing-there', { path }));
  if (!stat.isDirectory()) return [path];
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => DATABASE.test(name))
    .sort();
  if (files.length === 0) throw new LabError(words('geo.empty-folder', { path }));
  return files.map((name) => join(path, name));
}

function tell(databases: readonly GeoDatabase[], json: boolean): void {
  if (json) {
    for (const one of databases) printJson({ type: 'database', ...one });
    return;
  }
  print(
    ...table([
      [words('geo.column.name'), words('geo.column.about'), words('geo.column.date'), words('geo.column.age')],
      ...databases.map(({ name, about, date, ageDays }) => [
        name,
        about,
        date ?? '–',
        ageDays === null ? '–' : words('geo.days', { count: ageDays }),
      ]),
    ]),
    ...databases.flatMap(({ advice, text }) => (advice === null ? [] : [`! ${text ? inWords(text) : advice}`])),
  );
}
