/**
 * All of a lab in one file, and a lab made of it again: store, keys, certificates, phones, tokens. Recordings (`capture/`), kept content
 * and public tables stay out. The file is a zip of mode 0600, with a list of SHA-256; with a passphrase it is sealed as a whole.
 * Promise: the store is a consistent copy also while a lab writes to it; no link is followed; nothing appears in the data
 * directory before all of it was checked; a directory that holds anything is refused.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite';
import { unzipSync, zipSync } from 'fflate';
import { z } from 'zod';
import { errorLine } from '../formats/error-line.ts';
import { labError } from '../formats/refusal.ts';
import { hasMagicOf, openBytes, sealBytes } from '../formats/sealed-bytes.ts';
import { type Checkpoint, writeCheckpoint } from '../model/checkpoint.ts';
import type { BackupFacts, LabError } from '../model/lab.ts';
import { type Text, text } from '../model/text.ts';
import { lastCheckpoint } from '../sinks/evidence/checkpoints.ts';
import { readPublicKey } from '../sinks/evidence/key-file.ts';
import { pathsIn } from './data-directory.ts';

const LIST = 'backup.json';
const STORE = 'evidence.db';
/** Of this machine or this moment, public, or too large. */
const LEFT_OUT =
  /^(?:geoip|capture|lock|lab\.json|(?:evidence|notify)\.db(?:-wal|-shm)?|content\.db.*|.*\.tmp)(?:$|\/)/;
/** Parts of a path as a lab writes them. */
const PATH = /^(?!\.)[\w.:@ -]+(?:\/(?!\.)[\w.:@ -]+)*$/;
/** The whole file is held in memory. */
const MAX_BYTES = 2 ** 31;

const list = z.object({
  format: z.literal('phonehome-backup'),
  v: z.literal(1),
  madeAt: z.string(),
  /** Of the store's chain; not in backups of before. */
  head: z.string().nullable().optional(),
  files: z.array(z.object({ path: z.string().regex(PATH), size: z.number(), sha256: z.string() })),
});

/** @throws LabError, and no file is left */
export async function backUp(data: string, file: string, passphrase: string | null): Promise<BackupFacts> {
  if (!lstatSync(pathsIn(data).certs, { throwIfNoEntry: false })?.isDirectory())
    throw labError(text('fault.no-lab', { data }));
  const contents = filesIn(data);
  const store = await storeIn(data);
  if (store !== null) contents.set(STORE, store.bytes);
  const at = store?.checkpoint ? writeCheckpoint(store.checkpoint) : null;
  const files = [...contents].map(([path, bytes]) => ({ path, size: bytes.length, sha256: sha256(bytes) }));
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (bytes > MAX_BYTES) throw labError(text('backup.large', { data }));
  const madeAt = new Date().toISOString();
  const head = Buffer.from(JSON.stringify({ format: 'phonehome-backup', v: 1, madeAt, head: at, files }, null, 1));
  const zip = zipSync({ [LIST]: head, ...Object.fromEntries(contents) }, { level: 1 });
  write(file, passphrase === null ? zip : sealBytes(zip, passphrase, MAGIC, GUESS_BYTES));
  return { files: files.length, bytes, madeAt, encrypted: passphrase !== null, head: at };
}

/** @throws LabError, and `data` is as it was */
export async function restore(
  data: string,
  file: string,
  passphrase: () => Promise<string | null>,
): Promise<BackupFacts> {
  const present = lstatSync(data, { throwIfNoEntry: false });
  if (present?.isSymbolicLink()) throw labError(text('backup.link', { data }));
  if (present && (!present.isDirectory() || readdirSync(data).length > 0))
    throw labError(text('backup.not-empty', { data }));
  const sealed = read(file);
  const isSealed = hasMagicOf(sealed, MAGIC);
  const zip = isSealed ? unseal(sealed, file, await passphrase()) : sealed;
  const { head, contents } = unpack(zip, file);
  const made = mkdirSync(data, { recursive: true, mode: 0o700 });
  const aside = mkdtempSync(join(data, '.restore-'));
  try {
    for (const [path, bytes] of contents) {
      mkdirSync(dirname(join(aside, path)), { recursive: true, mode: 0o700 });
      writeFileSync(join(aside, path), bytes, {
        mode: path === 'certs/ca.pem' ? 0o644 : 0o600,
        flag: 'wx',
        flush: true,
      });
    }
    if (contents.has(STORE)) goOnFurther(join(aside, STORE));
    for (const name of readdirSync(aside)) renameSync(join(aside, name), join(data, name));
    rmdirSync(aside);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code ?? errorLine(error);
    throw labError(text('backup.unmade', { data, code }));
  }
  const bytes = head.files.reduce((sum, { size }) => sum + size, 0);
  return { files: head.files.length, bytes, madeAt: head.madeAt, encrypted: isSealed, head: head.head ?? null };
}

function filesIn(data: string): Map<string, Uint8Array> {
  const contents = new Map<string, Uint8Array>();
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(data, file);
    if (LEFT_OUT.test(path) || entry.isDirectory()) continue;
    if (!entry.isFile() || !PATH.test(path)) throw labError(text('backup.stray', { file }));
    contents.set(path, readFileSync(file));
  }
  return contents;
}

/** As it stood at one moment, whoever writes to it meanwhile. */
async function storeIn(data: string): Promise<{ bytes: Uint8Array; checkpoint: Checkpoint | null } | null> {
  const { evidence: file, signingKey } = pathsIn(data);
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return null;
  const copy = join(data, `backup-${randomBytes(4).toString('hex')}.tmp`);
  writeFileSync(copy, '', { mode: 0o600, flag: 'wx' });
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    await copyDatabase(database, copy, { rate: 2 ** 30 });
    const key = readPublicKey(signingKey);
    return { checkpoint: key && lastCheckpoint(copy, key), bytes: readFileSync(copy) };
  } catch (error) {
    throw labError(text('backup.uncopied', { file, error: errorLine(error) }));
  } finally {
    database.close();
    for (const name of [copy, `${copy}-wal`, `${copy}-shm`, `${copy}-journal`]) rmSync(name, { force: true });
  }
}

/** Alerts that the lab may have shown since the backup was made. */
const AHEAD = 1_000_000;

/** None of their numbers is given out again. */
function goOnFurther(file: string): void {
  const database = new DatabaseSync(file);
  database.exec(`INSERT OR REPLACE INTO meta (name, value)
    SELECT 'seq_floor', CAST(${AHEAD} + max(
      coalesce((SELECT max(seq) FROM alerts), 0),
      coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'seq_floor'), 0)) AS TEXT)`);
  database.close();
}

function unpack(zip: Uint8Array, file: string): { head: z.infer<typeof list>; contents: Map<string, Uint8Array> } {
  let parts: Record<string, Uint8Array>;
  let total = 0;
  try {
    parts = unzipSync(zip, {
      filter({ name, originalSize }) {
        total += originalSize;
        if (total > MAX_BYTES) throw new Error('too large');
        return name === LIST || PATH.test(name);
      },
    });
  } catch {
    throw damaged(file, text('backup.no-backup'));
  }
  const { [LIST]: listed, ...found } = parts;
  const parsed = list.safeParse(listed && jsonOf(listed));
  if (!parsed.success) throw damaged(file, text('backup.no-list'));
  const contents = new Map<string, Uint8Array>();
  for (const { path, size, sha256: wanted } of parsed.data.files) {
    const bytes = found[path];
    if (bytes === undefined) throw damaged(file, text('backup.missing', { path }));
    if (bytes.length !== size || sha256(bytes) !== wanted) throw damaged(file, text('backup.changed', { path }));
    contents.set(path, bytes);
  }
  return { head: parsed.data, contents };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return null;
  }
}

const MAGIC = Buffer.from('PHONEHOME-BACKUP-1\n');
const GUESS_BYTES = 134_217_728;

function unseal(sealed: Buffer, file: string, passphrase: string | null): Buffer {
  if (passphrase === null) throw labError(text('backup.sealed', { file }));
  const opened = openBytes(sealed, passphrase, MAGIC, GUESS_BYTES);
  if (opened === null) throw damaged(file, text('backup.unopened'));
  return opened;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const damaged = (file: string, what: Text): LabError => labError(text('backup.damaged', { file, what }));

function write(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw labError(text('backup.exists', { file }));
    rmSync(file, { force: true });
    throw labError(text('fault.unwritten-place', { file, code: code ?? '' }));
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw labError(text('fault.unread', { file, code: (error as NodeJS.ErrnoException).code ?? '' }));
  }
}
