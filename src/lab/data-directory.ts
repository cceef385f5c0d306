/**
 * The data directory: made, looked over and locked before anything in it is opened.
 * Promise: one lab at a time, held by the operating system, so that a killed one leaves no lock; nothing is read that another
 * user could have put there. Every failure is one line that says what to do.
 */
import { closeSync, existsSync, lstatSync, openSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Privacy, privacyProblem } from '../ca/private-file.ts';
import { labError } from '../formats/refusal.ts';
import { makeDirectories } from '../formats/replace-file.ts';
import { type Text, text } from '../model/text.ts';

/** Where everything lies below the data directory. */
export const pathsIn = (data: string) => ({
  certs: join(data, 'certs'),
  geo: join(data, 'geoip'),
  evidence: join(data, 'evidence.db'),
  reserve: join(data, 'evidence.reserve'),
  content: join(data, 'content.db'),
  evidenceKey: join(data, 'certs', 'evidence.key'),
  signingKey: join(data, 'certs', 'signing.key'),
  phoneKeys: join(data, 'certs', 'phones'),
  token: join(data, 'token'),
  tokens: {
    administrator: join(data, 'token'),
    operator: join(data, 'token.operator'),
    viewer: join(data, 'token.viewer'),
  },
  capture: join(data, 'capture'),
  pins: join(data, 'pins.json'),
  counted: join(data, 'counted.json'),
  notify: join(data, 'notify.yaml'),
  outbox: join(data, 'notify.db'),
  secrets: join(data, 'secrets'),
  hub: join(data, 'hub.json'),
  feed: join(data, 'feed.json'),
  /** What publishing to a hub needs, where only the broker's address was named. */
  hubFile: join(data, 'hub.yaml'),
  phoneRecords: join(data, 'phone-records'),
  lock: join(data, 'lock'),
});

const OWN_FILE: Privacy = { kind: 'file', keep: 'own', otherwise: 'move' };
export const TOKEN_FILE: Privacy = { kind: 'file', keep: 'secret', otherwise: 'token' };

/** Of the evidence store. */
const KEYS: readonly [name: string, Privacy][] = [
  ['certs/evidence.key', { kind: 'file', keep: 'secret', otherwise: 'key' }],
  ['certs/phones', { kind: 'directory', keep: 'secret', otherwise: 'elsewhere' }],
  ['certs/signing.key', { kind: 'file', keep: 'secret', otherwise: 'signing' }],
  ['certs/signing.pub', OWN_FILE],
];

/** What is looked over at every start, outermost first. */
const KEPT: readonly [name: string, Privacy][] = [
  ['certs', { kind: 'directory', keep: 'own', otherwise: 'elsewhere' }],
  ['certs/ca.key', { kind: 'file', keep: 'secret', otherwise: 'rotate-install' }],
  ['certs/ca.pem', OWN_FILE],
  ...KEYS,
  ['token', TOKEN_FILE],
  ['token.operator', TOKEN_FILE],
  ['token.viewer', TOKEN_FILE],
  ['evidence.db', OWN_FILE],
  ['evidence.db-wal', OWN_FILE],
  ['evidence.reserve', OWN_FILE],
  ['content.db', OWN_FILE],
  ['content.db-wal', OWN_FILE],
  ['devices.yaml', OWN_FILE],
  ['pins.json', OWN_FILE],
  ['counted.json', OWN_FILE],
  ['lab.json', OWN_FILE],
  ['phone-records', { kind: 'directory', keep: 'secret', otherwise: 'records' }],
  ['notify.yaml', OWN_FILE],
  ['notify.db', OWN_FILE],
  ['hub.json', OWN_FILE],
  ['feed.json', OWN_FILE],
  ['secrets', { kind: 'directory', keep: 'secret', otherwise: 'secrets' }],
  ['lock', OWN_FILE],
];

/** Makes, checks and locks it. The returned function gives the lock back. @throws LabError */
export function openDataDirectory(data: string): () => void {
  makeDirectory(data);
  // The directory itself may be a link of the operator's: what it leads to is looked at.
  const problem =
    privacyProblem(realpathSync(data), { kind: 'directory', keep: 'own', otherwise: 'elsewhere' }) ??
    problemIn(data, KEPT);
  if (problem) throw labError(problem);
  const unlock = lock(data);
  sweepLeftovers(data, HOUR_MS);
  return unlock;
}

const HOUR_MS = 3_600_000;
/** Of files that were being made anew, and of copies that were being packed, when the process was killed. */
const LEFTOVER = /(?:^backup-|\.)[0-9a-f]{8}\.tmp(?:-wal|-shm|-journal)?$/;

/** They may hold keys and values in clear, which nobody would look for there. @param olderThanMs younger ones may be in use */
export function sweepLeftovers(data: string, olderThanMs: number): void {
  for (const directory of [data, pathsIn(data).certs]) {
    if (!existsSync(directory)) continue;
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      const found = LEFTOVER.test(name) ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
      if (found && Date.now() - found.mtimeMs >= olderThanMs) rmSync(path, { force: true });
    }
  }
}

/** Whether somebody else may have had the keys of the evidence store; one line, or null. */
export function keyProblem(data: string): Text | null {
  return problemIn(data, KEYS);
}

function problemIn(data: string, kept: typeof KEPT): Text | null {
  return kept.map(([name, privacy]) => privacyProblem(join(data, name), privacy)).find((one) => one !== null) ?? null;
}

function makeDirectory(path: string): void {
  try {
    makeDirectories(path, 0o700);
    if (!statSync(path).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw labError(text('fault.data-unmade', { path, code: code ?? '' }));
  }
}

/** A lock of SQLite's on an empty database: it ends with the process, however that ends, and holds across containers. */
function lock(data: string): () => void {
  const path = pathsIn(data).lock;
  let database: DatabaseSync | null = null;
  try {
    closeSync(openSync(path, 'a', 0o600));
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    const held = database;
    return () => held.close();
  } catch (error) {
    database?.close();
    const { errcode = 0, message } = error as Error & { errcode?: number };
    if ((errcode & 0xff) === SQLITE_BUSY) throw labError(text('fault.data-in-use', { data }));
    if ((errcode & 0xff) === SQLITE_FULL) throw labError(text('fault.data-full', { path }));
    throw labError(text('fault.data-unlocked', { path, error: message }));
  }
}

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
