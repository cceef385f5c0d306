/**
 * The evidence store on disk: one SQLite file in WAL mode, mode 0600. `synchronous = NORMAL`: every write is with the
 * kernel when it returns, so a killed process loses nothing; against a power cut see `synced-store.ts`.
 * A file that is no store, newer than this program, unreadable, or made with another key is an error of one line that
 * says what to do; nothing in it is touched. A damaged one is kept aside, and what can be read of it goes on. `secure_delete`: what is pruned is overwritten.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type Alert, SEVERITIES } from '../../model/alert.ts';
import type { Case } from '../../model/case.ts';
import type { TokenRow } from '../../model/comparison.ts';
import type { Gap } from '../../model/coverage.ts';
import { moveAside, type Salvaged, salvage } from './salvage.ts';
import { MIGRATIONS, migrate } from './schema.ts';
import { fingerprintOf, seal, unseal } from './seal.ts';
import {
  type AuditEntry,
  closedAsKilled,
  type EvidenceStore,
  type FlowRecord,
  type KeptCoverage,
  limitOf,
  MAX_GAPS,
  MAX_TOKENS,
  type Stored,
} from './store.ts';

export interface SqliteStoreOptions {
  file: string;
  /** 32 bytes; see `readOrCreateKey`. */
  key: Buffer;
  /** Told when the file was damaged: what was saved of it, and where it lies. */
  onSalvaged?: (salvaged: Salvaged) => void;
  /** Told when the file turns out to be damaged while it is in use: open it again. */
  onDamaged?: () => void;
  /** Pages of 4 KB after which the database counts as full; for tests and small disks. */
  maxPages?: number;
}

const CORRUPT = 11;

/** Another process (a backup, `sqlite3`) may hold the lock; longer than this the event loop must not stand still. */
const BUSY_TIMEOUT_MS = 250;

/** Throws an `Error` of one line that says what to do. */
export function openSqliteStore(options: SqliteStoreOptions): EvidenceStore {
  const { onSalvaged = () => {}, onDamaged = () => {} } = options;
  try {
    return watched(createStore(openDatabase(options), options.key), onDamaged);
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    const keptAs = moveAside(options.file, new Date().toISOString().replace(/[:.]/g, '-'));
    const database = openDatabase(options);
    onSalvaged(salvage(keptAs, database));
    return watched(createStore(database, options.key), onDamaged);
  }
}

/** A page that cannot be read is noticed by whoever reads it. */
function watched(store: EvidenceStore, onDamaged: () => void): EvidenceStore {
  const wrap =
    <Args extends unknown[], Result>(work: (...args: Args) => Result) =>
    (...args: Args): Result => {
      try {
        return work(...args);
      } catch (error) {
        if (((error as { errcode?: number }).errcode ?? 0) % 256 === CORRUPT) onDamaged();
        throw error;
      }
    };
  return Object.fromEntries(
    Object.entries(store).map(([name, work]) => [name, wrap(work)]),
  ) as unknown as EvidenceStore;
}

function openDatabase({ file, key, maxPages }: SqliteStoreOptions): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    mkdirSync(dirname(file), { recursive: true });
    closeSync(openSync(file, 'a', 0o600)); // also created with this mode: the WAL file copies it
    chmodSync(file, 0o600);
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (version > MIGRATIONS.length) {
      throw new StoreError(
        `${file} was written by a newer Phonehome (schema ${version}, this one knows ${MIGRATIONS.length}): update Phonehome, or start with another --data directory`,
      );
    }
    // 1 ms per megabyte.
    const verdict = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
    if (verdict !== 'ok') throw new DamagedError(String(verdict));
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;');
    if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${Math.trunc(maxPages)}`);
    migrate(database);
    checkKey(database, file, key);
    database
      .prepare(`INSERT OR IGNORE INTO meta (name, value) VALUES ('epoch', ?)`)
      .run(randomBytes(8).toString('hex'));
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof StoreError || error instanceof DamagedError) throw error;
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === CORRUPT) throw new DamagedError(String(error));
    throw new StoreError(explainOpenFailure(file, error as NodeJS.ErrnoException & { errcode?: number }));
  }
}

class DamagedError extends Error {
  override name = 'DamagedError';
}

class StoreError extends Error {
  override name = 'StoreError';
}

const foreign = (file: string) =>
  `${file} is not a Phonehome database, or damaged from its first byte: move it away (mv ${file} ${file}.damaged) and start again; sqlite3 "${file}.damaged" .recover may save its content`;

function explainOpenFailure(file: string, error: NodeJS.ErrnoException & { errcode?: number }): string {
  const code = (error.errcode ?? 0) & 0xff;
  if (code === 26) return foreign(file); // SQLITE_NOTADB
  if (code === 5)
    return `${file} is in use by another program: stop the other lab, or start with another --data directory`;
  if (code === 13) return `no space left for ${file}: free some, or start with another --data directory`;
  return `cannot open ${file} (${error.code ?? error.message}): check that it is a file this user may read and write, or start with another --data directory`;
}

function checkKey(database: DatabaseSync, file: string, key: Buffer): void {
  const fingerprint = fingerprintOf(key);
  database.prepare(`INSERT OR IGNORE INTO meta (name, value) VALUES ('key', ?)`).run(fingerprint);
  const stored = database.prepare(`SELECT value FROM meta WHERE name = 'key'`).get()?.value;
  if (stored !== fingerprint) {
    throw new StoreError(
      `${file} was written with another evidence key: put the key file back that belongs to it, or start with another --data directory`,
    );
  }
}

function createStore(database: DatabaseSync, key: Buffer): EvidenceStore {
  const sql = {
    putAlert: database.prepare(
      `INSERT INTO alerts (id, seq, last_seen, type, severity, device, case_id, kind, flow, json)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, last_seen = excluded.last_seen, severity = excluded.severity,
         flow = excluded.flow, json = excluded.json`,
    ),
    putSecret: database.prepare(
      `INSERT INTO secrets (alert_id, sealed) VALUES (?, ?) ON CONFLICT (alert_id) DO UPDATE SET sealed = excluded.sealed`,
    ),
    alert: database.prepare('SELECT json FROM alerts WHERE id = ?'),
    secret: database.prepare('SELECT sealed FROM secrets WHERE alert_id = ?'),
    maxSeq: database.prepare('SELECT max(seq) AS seq FROM alerts'),
    floor: database.prepare(`SELECT value FROM meta WHERE name = 'seq_floor'`),
    putFloor: database.prepare(`INSERT OR REPLACE INTO meta (name, value) VALUES ('seq_floor', ?)`),
    putFlow: database.prepare(
      'INSERT OR REPLACE INTO flows (id, opened_at, device, host, json) VALUES (?, ?, ?, ?, ?)',
    ),
    flow: database.prepare('SELECT json FROM flows WHERE id = ?'),
    leftOpen: database.prepare("SELECT json FROM flows WHERE json_extract(json, '$.closedAt') IS NULL LIMIT 50000"),
    putCase: database.prepare(
      'INSERT OR REPLACE INTO cases (id, title, device, label, opened_at, closed_at) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    putMark: database.prepare('INSERT INTO marks (case_id, position, phase, at) VALUES (?, ?, ?, ?)'),
    cases: database.prepare('SELECT * FROM cases ORDER BY opened_at, rowid'),
    case: database.prepare('SELECT * FROM cases WHERE id = ?'),
    marks: database.prepare('SELECT phase, at FROM marks WHERE case_id = ? ORDER BY position'),
    removeCase: database.prepare('DELETE FROM cases WHERE id = ?'),
    putCoverage: database.prepare('INSERT OR REPLACE INTO coverage (device, simulated, json) VALUES (?, ?, ?)'),
    coverage: database.prepare('SELECT json FROM coverage ORDER BY rowid'),
    putGap: database.prepare('INSERT OR REPLACE INTO gaps (subject, began, json) VALUES (?, ?, ?)'),
    gaps: database.prepare('SELECT json FROM gaps ORDER BY began DESC LIMIT ?'),
    putAlive: database.prepare(`INSERT OR REPLACE INTO meta (name, value) VALUES ('alive', ?)`),
    alive: database.prepare(`SELECT value FROM meta WHERE name = 'alive'`),
    putToken: database.prepare(
      'INSERT OR REPLACE INTO tokens (device, case_id, phase, host, place, path, hash, last_seen, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    audit: database.prepare('INSERT INTO audit (time, action, subject, who) VALUES (?, ?, ?, ?)'),
    audits: database.prepare('SELECT time, action, subject, who FROM audit ORDER BY position'),
    pruneAlerts: database.prepare('DELETE FROM alerts WHERE last_seen < ?'),
    pruneFlows: database.prepare('DELETE FROM flows WHERE opened_at < ?'),
    pruneTokens: database.prepare('DELETE FROM tokens WHERE last_seen < ?'),
    counts: database.prepare(
      'SELECT (SELECT count(*) FROM alerts) AS alerts, (SELECT count(*) FROM flows) AS flows, (SELECT count(*) FROM cases) AS cases',
    ),
  };

  /** One transaction; an expected failure of the disk is a value, anything else is a mistake of ours and thrown. */
  function write(work: () => void): Stored {
    try {
      database.exec('BEGIN IMMEDIATE');
      work();
      database.exec('COMMIT');
      return { ok: true };
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      const { code, errcode = 0, message } = error as Error & { code?: string; errcode?: number };
      if (code !== 'ERR_SQLITE_ERROR') throw error;
      // SQLITE_FULL, and SQLITE_IOERR_WRITE / _SHMSIZE, which is what a full disk looks like to the WAL.
      const full = (errcode & 0xff) === 13 || errcode === 778 || errcode === 4874;
      return { ok: false, why: full ? 'disk-full' : 'failed', message };
    }
  }

  const epoch = String(database.prepare(`SELECT value FROM meta WHERE name = 'epoch'`).get()?.value);
  const lastSeq = () => Math.max(Number(sql.maxSeq.get()?.seq ?? 0), Number(sql.floor.get()?.value ?? 0));
  const audit = (entry: AuditEntry) =>
    write(() => void sql.audit.run(entry.time, entry.action, entry.subject, entry.who));
  const caseOf = (row: Record<string, unknown>): Case => ({
    id: String(row.id),
    title: String(row.title),
    deviceId: row.device as string | null,
    label: row.label as string | null,
    openedAt: String(row.opened_at),
    closedAt: row.closed_at as string | null,
    marks: sql.marks.all(String(row.id)).map(({ phase, at }) => ({ phase: String(phase), at: String(at) })),
  });

  return {
    epoch: () => epoch,
    lastSeq,
    putAlert: ({ alert, secret }) =>
      write(() => {
        sql.putAlert.run(
          alert.id,
          alert.seq,
          alert.lastSeen,
          alert.type,
          SEVERITIES.indexOf(alert.severity),
          alert.device.id,
          alert.case?.id ?? null,
          alert.identifier?.kind ?? null,
          alert.evidence?.flow ?? null,
          JSON.stringify(alert),
        );
        if (secret !== null) sql.putSecret.run(alert.id, seal(key, alert.id, secret));
      }),
    alerts(query) {
      const { where, values } = conditions([
        ['seq > ?', query.since],
        ['device = ?', query.device],
        ['case_id = ?', query.case],
        ['kind = ?', query.kind],
        ['type = ?', query.type],
        ['severity >= ?', query.severity === undefined ? undefined : SEVERITIES.indexOf(query.severity)],
        ['flow = ?', query.flow],
        ['simulated = ?', query.simulated === undefined ? undefined : Number(query.simulated)],
      ]);
      const order = query.newest ? 'DESC' : 'ASC';
      const statement = database.prepare(`SELECT json FROM alerts ${where} ORDER BY seq ${order} LIMIT ?`);
      return statement.all(...values, limitOf(query.limit)).map((row) => JSON.parse(String(row.json)) as Alert);
    },
    alert: (id) => parsed<Alert>(sql.alert.get(id)),
    reveal(alertId, entry) {
      const sealed = sql.secret.get(alertId)?.sealed;
      if (!(sealed instanceof Uint8Array)) return { ok: false, why: 'no value is stored for this alert' };
      const noted = audit({ ...entry, action: 'reveal', subject: alertId });
      if (!noted.ok)
        return { ok: false, why: 'the audit entry could not be written, so nothing is revealed: free disk space' };
      const secret = unseal(key, alertId, Buffer.from(sealed));
      return secret === null
        ? { ok: false, why: 'the stored value was changed or made with another key' }
        : { ok: true, secret };
    },
    putFlows: (flows) =>
      write(() => {
        for (const flow of flows) {
          sql.putFlow.run(flow.id, flow.openedAt, flow.deviceId, flow.destination.host, JSON.stringify(flow));
        }
      }),
    closeLeftOpen(time) {
      const left = sql.leftOpen.all().map((row) => JSON.parse(String(row.json)) as FlowRecord);
      if (left.length === 0) return 0;
      write(() => {
        for (const flow of left)
          sql.putFlow.run(
            flow.id,
            flow.openedAt,
            flow.deviceId,
            flow.destination.host,
            JSON.stringify(closedAsKilled(flow, time)),
          );
      });
      return left.length;
    },
    flows(query) {
      const { where, values } = conditions([
        ['device = ?', query.device],
        ['instr(host, ?) > 0', query.host],
        ['simulated = ?', query.simulated === undefined ? undefined : Number(query.simulated)],
        ['opened_at >= ?', query.after],
        ['opened_at < ?', query.before],
      ]);
      const statement = database.prepare(`SELECT json FROM flows ${where} ORDER BY opened_at DESC, rowid DESC LIMIT ?`);
      return statement.all(...values, limitOf(query.limit)).map((row) => JSON.parse(String(row.json)) as FlowRecord);
    },
    flow: (id) => parsed<FlowRecord>(sql.flow.get(id)),
    putCase: (given) =>
      write(() => {
        sql.putCase.run(given.id, given.title, given.deviceId, given.label, given.openedAt, given.closedAt);
        given.marks.forEach((mark, position) => void sql.putMark.run(given.id, position, mark.phase, mark.at));
      }),
    cases: () => sql.cases.all().map(caseOf),
    case(id) {
      const row = sql.case.get(id);
      return row === undefined ? null : caseOf(row);
    },
    removeCase(id) {
      let removed = false;
      write(() => {
        removed = Number(sql.removeCase.run(id).changes) > 0;
      });
      return removed;
    },
    putCoverage: (counted) =>
      write(() => {
        for (const one of counted)
          sql.putCoverage.run(one.closed.deviceId, Number(one.closed.simulated), JSON.stringify(one));
      }),
    coverage: () => sql.coverage.all().map((row) => JSON.parse(String(row.json)) as KeptCoverage),
    putGap: (gap) => write(() => void sql.putGap.run(gap.subject, gap.from, JSON.stringify(gap))),
    gaps: () =>
      sql.gaps
        .all(MAX_GAPS)
        .map((row) => JSON.parse(String(row.json)) as Gap)
        .toReversed(),
    putAlive: (time) => write(() => void sql.putAlive.run(String(time))),
    lastAlive() {
      const value = sql.alive.get()?.value;
      return value === undefined ? null : Number(value);
    },
    putTokens: (rows) =>
      write(() => {
        for (const row of rows) {
          const { device, caseId, phase, where, path, hash, lastSeen } = row;
          const host = row.simulated ? `${row.host} simulated` : row.host;
          const key = [device, caseId ?? '', phase ?? '', host, where, path ?? '', hash ?? ''];
          sql.putToken.run(...key, lastSeen, JSON.stringify(row));
        }
      }),
    tokens(query) {
      const { where, values } = conditions([
        ['device = ?', query.device],
        ['case_id = ?', query.case],
      ]);
      const statement = database.prepare(`SELECT json FROM tokens ${where} ORDER BY last_seen DESC LIMIT ?`);
      return statement.all(...values, query.limit ?? MAX_TOKENS).map((row) => JSON.parse(String(row.json)) as TokenRow);
    },
    audit,
    audits: () => sql.audits.all().map((row) => ({ ...row }) as unknown as AuditEntry),
    prune(before) {
      const removed = { alerts: 0, flows: 0 };
      write(() => {
        sql.putFloor.run(String(lastSeq()));
        removed.alerts = Number(sql.pruneAlerts.run(new Date(before).toISOString()).changes);
        removed.flows = Number(sql.pruneFlows.run(before).changes);
        sql.pruneTokens.run(before);
      });
      return removed;
    },
    counts() {
      const { alerts, flows, cases } = sql.counts.get() ?? {};
      return { alerts: Number(alerts), flows: Number(flows), cases: Number(cases) };
    },
    close() {
      if (database.isOpen) database.close();
    },
  };
}

function parsed<T>(row: Record<string, unknown> | undefined): T | null {
  return row === undefined ? null : (JSON.parse(String(row.json)) as T);
}

function conditions(parts: [string, SQLInputValue | undefined][]): { where: string; values: SQLInputValue[] } {
  const given = parts.filter((part): part is [string, SQLInputValue] => part[1] !== undefined);
  return {
    where: given.length === 0 ? '' : `WHERE ${given.map(([sql]) => sql).join(' AND ')}`,
    values: given.map(([, value]) => value),
  };
}
