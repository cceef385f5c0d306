/**
 * Which alert waits for which receiver, on disk: `DATA/notify.db`. It holds ids and never an alert, which stays in the evidence
 * store: what is forgotten there is never sent.
 * Promise: an alert is put down once for a receiver, whatever happens to the lab; what is given up is kept until it is asked
 * for again, up to `MAX_DEAD` of each receiver; what goes beyond is counted.
 */
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Of one receiver, before the oldest is given up; looked at every `LOOK_EVERY` alerts, because counting takes a millisecond. */
export const MAX_WAITING = 10_000;
export const LOOK_EVERY = 256;
/** Given up, of one receiver, before the oldest is dropped. */
export const MAX_DEAD = 10_000;

/** Another process may hold the lock: longer than this the lab's thread must not stand still. */
const BUSY_TIMEOUT_MS = 250;

export interface Waiting {
  id: string;
  /** When it was put down, milliseconds since the epoch. */
  since: number;
  attempts: number;
}

export interface Account {
  waiting: number;
  dead: number;
  sent: number;
  dropped: number;
  failures: number;
  failingSince: number | null;
  nextTry: number;
  lastError: string | null;
  lastSent: number | null;
}

type Facts = Pick<Account, 'failures' | 'failingSince' | 'nextTry' | 'lastError' | 'lastSent'>;

export interface Outbox {
  /** All that one alert means, in one step: for whom it waits, or what held it back; and that it was looked at. */
  put(given: { id: string; seq: number; receivers: readonly string[]; mute: string | null; now: number }): void;
  /** Up to which `seq` of which history alerts were looked at; null: never. */
  seen(): { epoch: string; seq: number } | null;
  see(epoch: string, seq: number): void;
  /** Oldest first. */
  waiting(receiver: string, limit: number): Waiting[];
  sent(receiver: string, id: string, now: number): void;
  /** Tried, and in vain. */
  tried(receiver: string, id: string): void;
  /** It is not tried again by itself. */
  giveUp(receiver: string, id: string, now: number): void;
  /** Everything that has waited since before a time. Their number. */
  giveUpBefore(receiver: string, before: number, now: number): number;
  /** Its alert is gone, or somebody asked not to send it. */
  drop(receiver: string, id: string): void;
  held(mute: string, id: string, now: number): void;
  /** What was given up waits again. Their number. */
  retry(receiver: string, now: number): number;
  account(receiver: string): Account;
  /** The same without counting, which takes a millisecond where much waits. */
  facts(receiver: string): Facts & Pick<Account, 'sent' | 'dropped'>;
  note(receiver: string, facts: Partial<Facts>): void;
  heldBy(mute: string): number;
  /** Forgets what was sent or held before a time, and has not been met again. */
  prune(before: number): void;
  close(): void;
}

const SHAPE = `
  CREATE TABLE IF NOT EXISTS seen (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS letters (
    receiver TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    since INTEGER NOT NULL,
    met INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (receiver, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS letters_open ON letters (receiver, state, since, id) WHERE state <> 'sent';
  CREATE TABLE IF NOT EXISTS receivers (
    name TEXT PRIMARY KEY,
    sent INTEGER NOT NULL DEFAULT 0,
    dropped INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    failingSince INTEGER,
    nextTry INTEGER NOT NULL DEFAULT 0,
    lastError TEXT,
    lastSent INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS held (
    mute TEXT NOT NULL,
    id TEXT NOT NULL,
    met INTEGER NOT NULL,
    PRIMARY KEY (mute, id)
  ) STRICT, WITHOUT ROWID;
`;

/** @throws what SQLite says */
export function openOutbox(file: string): Outbox {
  // Made with this mode: the files beside it copy it.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  // A kill of the process loses nothing; after a power cut the alerts since the last noted number are looked at again.
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${SHAPE}`);
  const sql = <Values extends (string | number | null)[]>(text: string) => {
    const statement = database.prepare(text);
    return {
      run: (...values: Values) => Number(statement.run(...values).changes),
      get: (...values: Values) => statement.get(...values),
      all: (...values: Values) => statement.all(...values),
    };
  };
  const insert = sql<[string, string, number, number]>(
    `INSERT INTO letters (receiver, id, state, since, met) VALUES (?, ?, 'waiting', ?, ?)
     ON CONFLICT DO UPDATE SET met = excluded.met`,
  );
  const hold = sql<[string, string, number]>(
    'INSERT INTO held (mute, id, met) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET met = excluded.met',
  );
  const known = sql<[string]>('INSERT OR IGNORE INTO receivers (name) VALUES (?)');
  const seenAt = sql<[number]>('UPDATE seen SET seq = max(seq, ?)');
  const count = sql<[string, string]>('SELECT count(*) AS n FROM letters WHERE receiver = ? AND state = ?');
  const oldest = sql<[string, string, number]>(
    'SELECT id, since, attempts FROM letters WHERE receiver = ? AND state = ? ORDER BY since, id LIMIT ?',
  );
  const move = sql<[string, number, string, string]>(
    'UPDATE letters SET state = ?, met = ? WHERE receiver = ? AND id = ?',
  );
  const remove = sql<[string, string]>('DELETE FROM letters WHERE receiver = ? AND id = ?');
  const account = sql<[string]>('SELECT * FROM receivers WHERE name = ?');
  const numberOf = (receiver: string, state: string): number => Number(count.get(receiver, state)?.n ?? 0);

  const putSince = new Map<string, number>();

  function atOnce<T>(work: () => T): T {
    database.exec('BEGIN IMMEDIATE');
    try {
      const value = work();
      database.exec('COMMIT');
      return value;
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }

  function factsOf(receiver: string): ReturnType<Outbox['facts']> {
    const row = account.get(receiver) ?? {};
    const number = (name: string): number => Number(row[name] ?? 0);
    const orNull = (name: string): number | null => (row[name] == null ? null : Number(row[name]));
    return {
      sent: number('sent'),
      dropped: number('dropped'),
      failures: number('failures'),
      failingSince: orNull('failingSince'),
      nextTry: number('nextTry'),
      lastError: row.lastError == null ? null : String(row.lastError),
      lastSent: orNull('lastSent'),
    };
  }

  /** Keeps what waits and what is dead within bounds, the oldest first. */
  function bound(receiver: string, now: number): void {
    const tooMany = numberOf(receiver, 'waiting') - MAX_WAITING;
    if (tooMany > 0)
      for (const { id } of oldest.all(receiver, 'waiting', tooMany)) move.run('dead', now, receiver, String(id));
    const tooDead = numberOf(receiver, 'dead') - MAX_DEAD;
    if (tooDead <= 0) return;
    for (const { id } of oldest.all(receiver, 'dead', tooDead)) remove.run(receiver, String(id));
    sql<[number, string]>('UPDATE receivers SET dropped = dropped + ? WHERE name = ?').run(tooDead, receiver);
  }

  return {
    put: ({ id, seq, receivers, mute, now }) =>
      atOnce(() => {
        if (mute !== null) hold.run(mute, id, now);
        else
          for (const receiver of receivers) {
            known.run(receiver);
            insert.run(receiver, id, now, now);
            const puts = (putSince.get(receiver) ?? 0) + 1;
            putSince.set(receiver, puts % LOOK_EVERY);
            if (puts === LOOK_EVERY) bound(receiver, now);
          }
        seenAt.run(seq);
      }),
    seen() {
      const row = database.prepare('SELECT epoch, seq FROM seen').get();
      return row ? { epoch: String(row.epoch), seq: Number(row.seq) } : null;
    },
    see: (epoch, seq) =>
      void sql<[string, number]>(
        'INSERT INTO seen (one, epoch, seq) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq',
      ).run(epoch, seq),
    waiting: (receiver, limit) =>
      oldest.all(receiver, 'waiting', limit).map(({ id, since, attempts }) => ({
        id: String(id),
        since: Number(since),
        attempts: Number(attempts),
      })),
    sent: (receiver, id, now) =>
      atOnce(() => {
        move.run('sent', now, receiver, id);
        sql<[number, string]>(
          'UPDATE receivers SET sent = sent + 1, failures = 0, failingSince = NULL, nextTry = 0, lastError = NULL, lastSent = ? WHERE name = ?',
        ).run(now, receiver);
      }),
    tried: (receiver, id) =>
      void sql<[string, string]>('UPDATE letters SET attempts = attempts + 1 WHERE receiver = ? AND id = ?').run(
        receiver,
        id,
      ),
    giveUp: (receiver, id, now) =>
      atOnce(() => {
        move.run('dead', now, receiver, id);
        bound(receiver, now);
      }),
    giveUpBefore: (receiver, before, now) =>
      atOnce(() => {
        const given = sql<[number, string, number]>(
          "UPDATE letters SET state = 'dead', met = ? WHERE receiver = ? AND state = 'waiting' AND since < ?",
        ).run(now, receiver, before);
        if (given > 0) bound(receiver, now);
        return given;
      }),
    drop: (receiver, id) => void remove.run(receiver, id),
    held: (mute, id, now) => void hold.run(mute, id, now),
    retry: (receiver, now) =>
      atOnce(() => {
        sql<[string]>('UPDATE receivers SET nextTry = 0 WHERE name = ?').run(receiver);
        return sql<[number, string]>(
          "UPDATE letters SET state = 'waiting', attempts = 0, since = ? WHERE receiver = ? AND state = 'dead'",
        ).run(now, receiver);
      }),
    facts: factsOf,
    account: (receiver) => ({
      ...factsOf(receiver),
      waiting: numberOf(receiver, 'waiting'),
      dead: numberOf(receiver, 'dead'),
    }),
    note(receiver, facts) {
      known.run(receiver);
      for (const [name, value] of Object.entries(facts))
        sql<[string | number | null, string]>(`UPDATE receivers SET ${name} = ? WHERE name = ?`).run(value, receiver);
    },
    heldBy: (mute) => Number(database.prepare('SELECT count(*) AS n FROM held WHERE mute = ?').get(mute)?.n ?? 0),
    prune(before) {
      sql<[number]>("DELETE FROM letters WHERE state = 'sent' AND met < ?").run(before);
      sql<[number]>('DELETE FROM held WHERE met < ?').run(before);
    },
    close: () => database.close(),
  };
}
