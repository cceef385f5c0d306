/**
 * The database's shape, version by version. A migration is never edited once released: a change is a new entry.
 * `user_version` counts the entries that were applied.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type Text, text } from '../../model/text.ts';

export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL UNIQUE,
    last_seen TEXT NOT NULL,
    type TEXT NOT NULL,
    severity INTEGER NOT NULL,
    device TEXT NOT NULL,
    case_id TEXT,
    kind TEXT,
    flow TEXT,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX alerts_device ON alerts (device, seq);
  CREATE INDEX alerts_case ON alerts (case_id, seq);
  CREATE INDEX alerts_last_seen ON alerts (last_seen);
  CREATE INDEX alerts_flow ON alerts (flow);
  CREATE TABLE secrets (
    alert_id TEXT PRIMARY KEY REFERENCES alerts (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL
  ) STRICT;
  CREATE TABLE flows (
    id TEXT PRIMARY KEY,
    opened_at INTEGER NOT NULL,
    device TEXT,
    host TEXT NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX flows_opened_at ON flows (opened_at);
  CREATE INDEX flows_device ON flows (device, opened_at);
  CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    device TEXT,
    label TEXT,
    opened_at TEXT NOT NULL,
    closed_at TEXT
  ) STRICT;
  CREATE TABLE marks (
    case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    phase TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (case_id, position)
  ) STRICT;
  CREATE TABLE coverage (
    device TEXT NOT NULL,
    case_id TEXT NOT NULL,
    time TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (device, case_id)
  ) STRICT;
  CREATE TABLE audit (
    position INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    who TEXT NOT NULL
  ) STRICT;
  `,
  // Values to compare phones and runs by: hashes keyed with the installation's secret, never a value.
  `
  CREATE TABLE tokens (
    device TEXT NOT NULL,
    case_id TEXT NOT NULL,
    phase TEXT NOT NULL,
    host TEXT NOT NULL,
    place TEXT NOT NULL,
    path TEXT NOT NULL,
    hash TEXT NOT NULL,
    last_seen INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (device, host, place, path, case_id, phase, hash)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tokens_case ON tokens (case_id);
  CREATE INDEX tokens_last_seen ON tokens (last_seen);
  `,
  // Connections whose end was not seen: a handful among a million.
  `
  CREATE INDEX flows_left_open ON flows (id) WHERE json_extract(json, '$.closedAt') IS NULL;
  `,
  // Coverage goes on after a restart (nothing was ever written to the table before), and knows when the lab saw nothing.
  `
  DROP TABLE coverage;
  CREATE TABLE coverage (
    device TEXT NOT NULL,
    simulated INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (device, simulated)
  ) STRICT;
  CREATE TABLE gaps (
    subject TEXT NOT NULL,
    began TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (began, subject)
  ) STRICT;
  ALTER TABLE alerts ADD COLUMN simulated INTEGER GENERATED ALWAYS AS (json_extract(json, '$.simulated')) VIRTUAL;
  ALTER TABLE flows ADD COLUMN simulated INTEGER GENERATED ALWAYS AS (json_extract(json, '$.simulated')) VIRTUAL;
  `,
  // Nothing of it can be changed unnoticed: chain.ts. A row knows its record and holds its salt.
  `
  CREATE TABLE chain (
    position INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    replaces INTEGER,
    commitment BLOB NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;
  CREATE TABLE chain_notes (link INTEGER PRIMARY KEY, salt BLOB NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE TABLE checkpoints (
    position INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    hash BLOB NOT NULL,
    signature BLOB NOT NULL
  ) STRICT;
  ${['alerts', 'secrets', 'flows', 'cases', 'coverage', 'gaps', 'audit']
    .map((table) => `ALTER TABLE ${table} ADD COLUMN link INTEGER; ALTER TABLE ${table} ADD COLUMN salt BLOB;`)
    .join('\n  ')}
  `,
  // Phones, facts and events of a case, as JSON; a case without any has none.
  `
  ALTER TABLE cases ADD COLUMN details TEXT;
  `,
  // What people search by, read from the rows' own JSON and laid out so that a search reads these indexes alone: a million
  // connections are 100 MB of them in place of 1.5 GB. Nothing stands in them that the rows do not hold; they go with their rows.
  `
  ALTER TABLE alerts ADD COLUMN words TEXT GENERATED ALWAYS AS (json_extract(json,
    '$.message', '$.device.id', '$.device.model', '$.destination.host', '$.destination.ip', '$.destination.owner.name',
    '$.destination.network.org', '$.flow.url', '$.identifier.kind', '$.identifier.masked', '$.attribution.name',
    '$.case.phase')) VIRTUAL;
  CREATE INDEX alerts_words ON alerts (seq, severity, device, case_id, type, kind, simulated, words);
  ALTER TABLE flows ADD COLUMN place TEXT GENERATED ALWAYS AS (json_extract(json,
    '$.destination.host', '$.facts.owner.name', '$.facts.location.country', '$.app')) VIRTUAL;
  ALTER TABLE flows ADD COLUMN words TEXT GENERATED ALWAYS AS (json_extract(json,
    '$.destination.ip', '$.facts.network.org', '$.client.ip', '$.protocol', '$.reason')) VIRTUAL;
  ALTER TABLE flows ADD COLUMN bytes_up INTEGER GENERATED ALWAYS AS (json_extract(json, '$.bytesUp')) VIRTUAL;
  ALTER TABLE flows ADD COLUMN bytes_down INTEGER GENERATED ALWAYS AS (json_extract(json, '$.bytesDown')) VIRTUAL;
  ALTER TABLE flows ADD COLUMN findings INTEGER GENERATED ALWAYS AS (json_extract(json, '$.findings')) VIRTUAL;
  CREATE INDEX flows_place ON flows (place, opened_at, device, simulated, findings, bytes_up, bytes_down, words);
  `,
];

/** Of the first store that has a chain. */
export const CHAIN_VERSION = 5;

export const versionOf = (database: DatabaseSync): number =>
  Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);

/** One line when a newer version wrote it, of whose shape this one knows nothing; null otherwise. */
export function newerProblem(file: string, version: number): Text | null {
  if (version <= MIGRATIONS.length) return null;
  return text('store.newer', { file, version, known: MIGRATIONS.length });
}

/** Of a store that only the lab itself may put aside. */
export const damagedProblem = (file: string): Text => text('store.damaged', { file });

/** Applies what is missing, each step in a transaction of its own. Returns the version found before. */
export function migrate(database: DatabaseSync): number {
  const found = versionOf(database);
  for (let version = found; version < MIGRATIONS.length; version++) {
    database.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[version]} PRAGMA user_version = ${version + 1}; COMMIT;`);
  }
  return found;
}
