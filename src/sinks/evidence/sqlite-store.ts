/** What an evidence store does, on an open database. Every change is one transaction, with its records in the chain. */
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { refused } from '../../formats/refusal.ts';
import { type Alert, SEVERITIES } from '../../model/alert.ts';
import type { Case } from '../../model/case.ts';
import type { TokenRow } from '../../model/comparison.ts';
import type { Gap } from '../../model/coverage.ts';
import { text } from '../../model/text.ts';
import { type Chain, createChain } from './chain.ts';
import { forgetFlows, forgetPhone } from './forget.ts';
import type { PhoneKeys } from './phone-keys.ts';
import { besideCase, createRows, type Parts } from './rows.ts';
import { createSealer } from './sealer.ts';
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

export interface SqliteOptions {
  /** Null: it is encrypted. */
  key: Buffer | null;
  signingKey: KeyObject | null;
  phoneKeys: PhoneKeys | null;
  /** Why a store without a chain has none. */
  reason: string;
}

export function createSqliteStore(database: DatabaseSync, options: SqliteOptions): EvidenceStore {
  const { signingKey, phoneKeys, reason } = options;
  const epoch = String(database.prepare(`SELECT value FROM meta WHERE name = 'epoch'`).get()?.value);
  const chain = createChain(database, epoch, signingKey);
  const rows = createRows(database, chain);
  const parts: Parts = { database, rows, chain, write: (work) => transact(database, chain, work) };
  begin(parts, epoch, reason);
  return {
    epoch: () => epoch,
    ...alertRows(parts, options),
    ...flowRows(parts),
    ...caseRows(parts),
    ...coverageRows(parts),
    ...tokenRows(parts),
    ...upkeep(parts),
    forget: (device, entry) => forgetPhone(parts, phoneKeys, device, entry),
    forgetFlows: (device, limit) => forgetFlows(parts, phoneKeys, device, limit),
  };
}

/** An expected failure of the disk is a value, anything else is a mistake of ours and thrown. */
function transact(database: DatabaseSync, chain: Chain, work: () => void): Stored {
  try {
    database.exec('BEGIN IMMEDIATE');
    chain.resume();
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

/** The first record of a chain says what was there before it; rows of that time are taken in as they are. */
function begin({ database, rows, chain }: Parts, epoch: string, reason: string): void {
  if (chain.resume().position > 0) return;
  const time = new Date().toISOString();
  database.exec('BEGIN IMMEDIATE');
  try {
    if (chain.resume().position === 0) {
      const counts = rows.untaken();
      const why = Object.keys(counts).length > 0 && reason === NEW ? 'the store is older than its chain' : reason;
      chain.note({ type: 'begin', time, epoch, reason: why, rows: counts });
      rows.takeIn();
      chain.checkpoint();
    }
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

export const NEW = 'it was new';

function alertRows({ database, rows, write }: Parts, { key, phoneKeys }: SqliteOptions) {
  const sealer = key && createSealer(key, phoneKeys);
  const sql = {
    alert: database.prepare('SELECT json FROM alerts WHERE id = ?'),
    secret: database.prepare(
      'SELECT sealed, device FROM secrets JOIN alerts ON alerts.id = secrets.alert_id WHERE alert_id = ?',
    ),
  };
  return {
    ...auditRows({ rows, database, write }),
    lastSeq: lastSeqOf(database),
    putAlert: ({ alert, secret }) =>
      write(() => {
        rows.put('alert', [
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
        ]);
        if (secret !== null && sealer) rows.put('value', [alert.id, sealer.seal(alert.device.id, alert.id, secret)]);
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
      if (!sealer) return refused(text('refused.sealed-values'));
      const { sealed, device } = sql.secret.get(alertId) ?? {};
      if (!(sealed instanceof Uint8Array)) return refused(text('refused.no-value'));
      const noted = write(() => rows.put('audit', [entry.time, 'reveal', alertId, entry.who]));
      if (!noted.ok) return refused(text('refused.unaudited.revealed'));
      const secret = sealer.unseal(String(device), alertId, Buffer.from(sealed));
      return secret === null ? refused(text('refused.changed-value')) : { ok: true, secret };
    },
  } satisfies Partial<EvidenceStore>;
}

function auditRows({ database, rows, write }: Pick<Parts, 'database' | 'rows' | 'write'>) {
  const audits = database.prepare('SELECT time, action, subject, who FROM audit ORDER BY position');
  return {
    audit: ({ time, action, subject, who }) => write(() => rows.put('audit', [time, action, subject, who])),
    audits: () => audits.all().map((row) => ({ ...row }) as unknown as AuditEntry),
  } satisfies Partial<EvidenceStore>;
}

/** Of the alerts that are there, and of those that are not any more. */
function lastSeqOf(database: DatabaseSync): () => number {
  const max = database.prepare('SELECT max(seq) AS seq FROM alerts');
  const floor = database.prepare(`SELECT value FROM meta WHERE name = 'seq_floor'`);
  return () => Math.max(Number(max.get()?.seq ?? 0), Number(floor.get()?.value ?? 0));
}

function flowRows({ database, rows, write }: Parts) {
  const sql = {
    flow: database.prepare('SELECT json FROM flows WHERE id = ?'),
    leftOpen: database.prepare("SELECT json FROM flows WHERE json_extract(json, '$.closedAt') IS NULL LIMIT 50000"),
  };
  const putFlows = (flows: readonly FlowRecord[]): Stored =>
    write(() => {
      for (const flow of flows)
        rows.put('flow', [flow.id, flow.openedAt, flow.deviceId, flow.destination.host, JSON.stringify(flow)]);
    });
  return {
    putFlows,
    closeLeftOpen(time) {
      const left = sql.leftOpen.all().map((row) => JSON.parse(String(row.json)) as FlowRecord);
      if (left.length > 0) putFlows(left.map((flow) => closedAsKilled(flow, time)));
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
  } satisfies Partial<EvidenceStore>;
}

/** What a case may have beside its row and its marks. */
type Details = Pick<Case, 'phones' | 'about' | 'events'>;

function caseRows({ database, rows, write }: Parts) {
  const sql = {
    cases: database.prepare('SELECT * FROM cases ORDER BY opened_at, rowid'),
    case: database.prepare('SELECT * FROM cases WHERE id = ?'),
    marks: database.prepare('SELECT phase, at FROM marks WHERE case_id = ? ORDER BY position'),
    putMark: database.prepare('INSERT INTO marks (case_id, position, phase, at) VALUES (?, ?, ?, ?)'),
    dropMarks: database.prepare('DELETE FROM marks WHERE case_id = ?'),
    putDetails: database.prepare('UPDATE cases SET details = ? WHERE id = ?'),
  };
  const caseOf = (row: Record<string, unknown>): Case => ({
    id: String(row.id),
    title: String(row.title),
    deviceId: row.device as string | null,
    label: row.label as string | null,
    openedAt: String(row.opened_at),
    closedAt: row.closed_at as string | null,
    marks: sql.marks.all(String(row.id)).map(({ phase, at }) => ({ phase: String(phase), at: String(at) })),
    ...(row.details === null ? {} : (JSON.parse(String(row.details)) as Details)),
  });
  return {
    putCase: ({ id, title, deviceId, label, openedAt, closedAt, marks, ...more }) =>
      write(() => {
        const details = Object.keys(more).length === 0 ? null : JSON.stringify(more satisfies Details);
        rows.put('case', [id, title, deviceId, label, openedAt, closedAt], besideCase(marks, details));
        sql.putDetails.run(details, id);
        sql.dropMarks.run(id);
        marks.forEach((mark, position) => void sql.putMark.run(id, position, mark.phase, mark.at));
      }),
    cases: () => sql.cases.all().map(caseOf),
    case(id) {
      const row = sql.case.get(id);
      return row === undefined ? null : caseOf(row);
    },
    removeCase(id) {
      let removed = 0;
      write(() => {
        removed = rows.remove('case removed', [{ type: 'case', where: 'id = ?', values: [id] }]).case ?? 0;
      });
      return removed > 0;
    },
  } satisfies Partial<EvidenceStore>;
}

function coverageRows({ database, rows, write }: Parts) {
  const sql = {
    coverage: database.prepare('SELECT json FROM coverage ORDER BY rowid'),
    gaps: database.prepare('SELECT json FROM gaps ORDER BY began DESC LIMIT ?'),
    putAlive: database.prepare(`INSERT OR REPLACE INTO meta (name, value) VALUES ('alive', ?)`),
    alive: database.prepare(`SELECT value FROM meta WHERE name = 'alive'`),
  };
  return {
    putCoverage: (counted) =>
      write(() => {
        for (const one of counted)
          rows.put('coverage', [one.closed.deviceId, Number(one.closed.simulated), JSON.stringify(one)]);
      }),
    coverage: () => sql.coverage.all().map((row) => JSON.parse(String(row.json)) as KeptCoverage),
    putGap: (gap) => write(() => rows.put('gap', [gap.subject, gap.from, JSON.stringify(gap)])),
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
  } satisfies Partial<EvidenceStore>;
}

function tokenRows({ database, write }: Parts) {
  const put = database.prepare(
    'INSERT OR REPLACE INTO tokens (device, case_id, phase, host, place, path, hash, last_seen, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  return {
    putTokens: (tokens) =>
      write(() => {
        for (const row of tokens) {
          const { device, caseId, phase, where, path, hash, lastSeen } = row;
          const host = row.simulated ? `${row.host} simulated` : row.host;
          const key = [device, caseId ?? '', phase ?? '', host, where, path ?? '', hash ?? ''];
          put.run(...key, lastSeen, JSON.stringify(row));
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
  } satisfies Partial<EvidenceStore>;
}

function upkeep({ database, rows, chain, write }: Parts) {
  const lastSeq = lastSeqOf(database);
  const sql = {
    putFloor: database.prepare(`INSERT OR REPLACE INTO meta (name, value) VALUES ('seq_floor', ?)`),
    pruneTokens: database.prepare('DELETE FROM tokens WHERE last_seen < ?'),
    counts: database.prepare(
      'SELECT (SELECT count(*) FROM alerts) AS alerts, (SELECT count(*) FROM flows) AS flows, (SELECT count(*) FROM cases) AS cases',
    ),
  };
  return {
    prune(before, limit = -1) {
      const removed = { alerts: 0, flows: 0 };
      write(() => {
        sql.putFloor.run(String(lastSeq()));
        const counts = rows.remove('retention', [
          {
            type: 'alert',
            where: 'id IN (SELECT id FROM alerts WHERE last_seen < ? ORDER BY last_seen LIMIT ?)',
            values: [new Date(before).toISOString(), limit],
          },
          {
            type: 'flow',
            where: 'id IN (SELECT id FROM flows WHERE opened_at < ? ORDER BY opened_at LIMIT ?)',
            values: [before, limit],
          },
        ]);
        removed.alerts = counts.alert ?? 0;
        removed.flows = counts.flow ?? 0;
        sql.pruneTokens.run(before);
      });
      return removed;
    },
    counts() {
      const { alerts, flows, cases } = sql.counts.get() ?? {};
      return { alerts: Number(alerts), flows: Number(flows), cases: Number(cases) };
    },
    checkpoint: () => write(chain.checkpoint),
    close() {
      if (!database.isOpen) return;
      write(chain.checkpoint);
      database.close();
    },
  } satisfies Partial<EvidenceStore>;
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
