/** Ends of the chain that were signed, as they are taken away and brought back. */
import type { KeyObject } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { Head } from '../../formats/chain-link.ts';
import { isSignedWith, keyNameOf } from '../../formats/signed-head.ts';
import type { Checkpoint } from '../../model/checkpoint.ts';
import { type Text, text } from '../../model/text.ts';

export function checkpointOf(
  key: KeyObject,
  epoch: string,
  { position, hash }: Head,
  { time, bytes }: { time: string; bytes: Uint8Array },
): Checkpoint {
  const signature = Buffer.from(bytes).toString('base64');
  return { epoch, position, hash: Buffer.from(hash).toString('hex'), time, key: keyNameOf(key), signature };
}

/** The latest one of a store, as it stands there; null when there is none. */
export function lastCheckpoint(file: string, key: KeyObject): Checkpoint | null {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return lastCheckpointIn(database, key);
  } finally {
    database.close();
  }
}

/** The same of one that is open, at the moment it shows. */
export function lastCheckpointIn(database: DatabaseSync, key: KeyObject): Checkpoint | null {
  const epoch = String(database.prepare(`SELECT value FROM meta WHERE name = 'epoch'`).get()?.value);
  const row = database
    .prepare('SELECT position, hash, time, signature FROM checkpoints ORDER BY position DESC LIMIT 1')
    .get();
  if (row === undefined) return null;
  const head = { position: Number(row.position), hash: row.hash as Uint8Array };
  return checkpointOf(key, epoch, head, { time: String(row.time), bytes: row.signature as Uint8Array });
}

/** Why the chain does not go on from an end that was noted elsewhere; null: it does. */
export function missingFrom(
  database: DatabaseSync,
  key: KeyObject | null,
  expected: Checkpoint,
): { position: number | null; what: Text } | null {
  const { epoch, position, hash, time } = expected;
  const own = String(database.prepare(`SELECT value FROM meta WHERE name = 'epoch'`).get()?.value);
  if (own !== epoch) return { position: null, what: text('chain.other-history', { expected: epoch, own }) };
  if (!key || !isSignedWith(key, expected)) return { position: null, what: text('chain.expected-unsigned') };
  const row = database.prepare('SELECT hash FROM chain WHERE position = ?').get(position);
  if (row === undefined) {
    const last = Number(database.prepare('SELECT max(position) AS last FROM chain').get()?.last ?? 0);
    return {
      position: last + 1,
      what: text('chain.expected-cut', { position: String(position), time, last: String(last) }),
    };
  }
  return Buffer.from(row.hash as Uint8Array).toString('hex') === hash
    ? null
    : { position, what: text('chain.expected-other') };
}
