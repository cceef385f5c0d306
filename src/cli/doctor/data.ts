/** What the doctor asks of the data directory: rights, secrets' modes, disk, authority, phones, geo databases. */
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { AuthorityInfo, GeoDatabase, StoredDevices } from '../../model/lab.ts';
import { explain } from '../errors.ts';
import { type Check, DAY_MS, fail, ok, warn } from './check.ts';

export function checkDirectory(dataDir: string): Check {
  const place = resolve(dataDir);
  const existing = nearestExisting(place);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch {
    return fail('data', `no right to write to ${existing}`, 'choose another --data directory, or change its owner');
  }
  if (!statSync(existing).isDirectory())
    return fail('data', `${existing} is a file`, 'choose another --data directory');
  return ok('data', existsSync(place) ? place : `${place} (made at the first start)`);
}

/** Files that open everything: readable by their owner only. */
/** How long alerts and connections are kept. */
export function checkRetention(days: number): Check {
  if (days === 0) return ok('retention', 'kept for ever: --retention-days');
  return ok('retention', `alerts and connections are destroyed after ${days} days: --retention-days`);
}

export function checkSecrets(dataDir: string): Check {
  const secrets = secretFiles(resolve(dataDir));
  if (secrets.length === 0) return ok('secrets', 'none yet');
  const open = secrets.filter((path) => (statSync(path).mode & 0o077) !== 0);
  if (open.length) return fail('secrets', `readable by others: ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`);
  return ok('secrets', `${secrets.length} files, mode 0600`);
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
  const shown = `${(free / GIB).toFixed(1)} GiB free`;
  if (free < 0.1 * GIB) return fail('disk', shown, 'free some space: evidence can no longer be stored');
  return free < 2 * GIB ? warn('disk', shown, 'free some space before a long recording') : ok('disk', shown);
}

export function checkAuthority(info: AuthorityInfo | null, now: number): Check {
  if (!info) return ok('certificate', 'none yet (made at the first start)');
  const until = Date.parse(info.validTo);
  const shown = `valid to ${info.validTo.slice(0, 10)}, SHA-256 ${info.fingerprint.slice(0, 23)}…`;
  if (until < now || Date.parse(info.validFrom) > now)
    return fail('certificate', shown, 'phonehome ca rotate, then install the new one on the phones');
  if (until < now + 30 * DAY_MS) return warn('certificate', shown, 'it ends within 30 days: plan phonehome ca rotate');
  return ok('certificate', shown);
}

export function checkDevices(open: () => StoredDevices): Check {
  try {
    const devices = open().list();
    if (devices.length === 0)
      return warn(
        'phones',
        'none registered',
        'phonehome device add: known values are found with certainty, shapes are not',
      );
    const loose = devices.filter(({ match }) => !match.ip && !match.mac && !match.default);
    if (loose.length)
      return warn(
        'phones',
        `${devices.length} registered, ${loose.map(({ id }) => id).join(', ')} without address`,
        'give ip or mac, or the lab cannot tell which traffic is theirs',
      );
    return ok('phones', `${devices.length} registered`);
  } catch (error) {
    return fail('phones', explain(error), 'correct the devices file');
  }
}

/** Country data ages: what that means for a verdict, the database's own advice says. */
export function checkGeo(databases: readonly GeoDatabase[]): Check[] {
  return databases.map(({ name, date, ageDays, state, advice }) => {
    if (state === 'missing' || state === 'damaged') return warn('geo', `${name} is ${state}`, advice ?? '');
    if (date === null) return ok('geo', name.endsWith('.json') ? `${name} (part of the program)` : `${name}, undated`);
    const shown = `${name} of ${date}, ${ageDays} days old`;
    return advice === null ? ok('geo', shown) : warn('geo', shown, advice);
  });
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
