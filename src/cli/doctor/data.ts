/** What the doctor asks of the data directory: rights, secrets' modes, disk, authority, phones, geo databases. */
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { AuthorityInfo, GeoDatabase, StoredDevices } from '../../model/lab.ts';
import { explain } from '../errors.ts';
import { inWords, words } from '../words.ts';
import { type Check, DAY_MS, fail, ok, warn } from './check.ts';

export function checkDirectory(dataDir: string): Check {
  const place = resolve(dataDir);
  const existing = nearestExisting(place);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch {
    return fail('data', words('doctor.no-right', { place: existing }), words('doctor.other-data'));
  }
  if (!statSync(existing).isDirectory())
    return fail('data', words('doctor.is-file', { place: existing }), words('doctor.choose-data'));
  return ok('data', existsSync(place) ? place : words('doctor.made-later', { place }));
}

/** How long alerts and connections are kept. */
export function checkRetention(days: number): Check {
  if (days === 0) return ok('retention', words('doctor.for-ever'));
  return ok('retention', words('doctor.destroyed', { days }));
}

/** Files that open everything: readable by their owner only. */
export function checkSecrets(dataDir: string): Check {
  const secrets = secretFiles(resolve(dataDir));
  if (secrets.length === 0) return ok('secrets', words('doctor.none-yet'));
  const open = secrets.filter((path) => (statSync(path).mode & 0o077) !== 0);
  if (open.length)
    return fail('secrets', words('doctor.readable', { files: open.join(', ') }), `chmod 600 ${open.join(' ')}`);
  return ok('secrets', words('doctor.secrets', { number: secrets.length }));
}

function secretFiles(dataDir: string): string[] {
  const inDir = (dir: string, isSecret: (name: string) => boolean) => {
    try {
      return readdirSync(dir, { withFileTypes: true })
        .filter((entry) => entry.isFile() && isSecret(entry.name))
        .map((entry) => join(dir, entry.name));
    } catch {
      return [];
    }
  };
  const key = (name: string) => /(\.key|[-.]key\.pem|^key)/.test(name) || name === 'token';
  return [
    ...inDir(dataDir, (name) => key(name) || name === 'devices.yaml'),
    ...inDir(join(dataDir, 'certs'), key),
    ...inDir(join(dataDir, 'keys'), () => true),
  ];
}

const GIB = 1024 ** 3;

export function checkDisk(dataDir: string): Check {
  const { bavail, bsize } = statfsSync(nearestExisting(resolve(dataDir)));
  const free = bavail * bsize;
  const shown = words('doctor.free', { size: (free / GIB).toFixed(1) });
  if (free < 0.1 * GIB) return fail('disk', shown, words('doctor.free-now'));
  return free < 2 * GIB ? warn('disk', shown, words('doctor.free-soon')) : ok('disk', shown);
}

export function checkAuthority(info: AuthorityInfo | null, now: number): Check {
  if (!info) return ok('certificate', words('doctor.no-certificate'));
  const until = Date.parse(info.validTo);
  const shown = words('doctor.certificate', {
    date: info.validTo.slice(0, 10),
    fingerprint: info.fingerprint.slice(0, 23),
  });
  if (until < now || Date.parse(info.validFrom) > now) return fail('certificate', shown, words('doctor.rotate'));
  if (until < now + 30 * DAY_MS) return warn('certificate', shown, words('doctor.rotate-soon'));
  return ok('certificate', shown);
}

export function checkDevices(open: () => StoredDevices): Check {
  try {
    const devices = open().list();
    if (devices.length === 0) return warn('phones', words('doctor.no-phones'), words('doctor.add-phone'));
    const loose = devices.filter(({ match }) => !match.ip && !match.mac && !match.default);
    if (loose.length)
      return warn(
        'phones',
        words('doctor.loose', { number: devices.length, names: loose.map(({ id }) => id).join(', ') }),
        words('doctor.give-address'),
      );
    return ok('phones', words('doctor.registered', { number: devices.length }));
  } catch (error) {
    return fail('phones', explain(error), words('doctor.mend-devices'));
  }
}

/** Country data ages: what that means for a verdict, the database's own advice says. */
export function checkGeo(databases: readonly GeoDatabase[]): Check[] {
  return databases.map(({ name, date, ageDays, state, ...said }) => {
    const advice = said.text ? inWords(said.text) : said.advice;
    if (state === 'missing' || state === 'damaged')
      return warn('geo', words(`doctor.geo.${state}`, { name }), advice ?? '');
    if (date === null) return ok('geo', words(name.endsWith('.json') ? 'doctor.own-part' : 'doctor.no-date', { name }));
    const shown = words('doctor.geo-age', { name, date, days: ageDays ?? '?' });
    return advice === null ? ok('geo', shown) : warn('geo', shown, advice);
  });
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
