/**
 * What was stored, record by record in the order of the chain, for whoever hands it on. Reads with a connection of its own, in short
 * transactions, and promises to give nothing that a power cut could still take: what it gives is on the disk
 * (docs/decisions/0013), so that a position is never given twice with another content.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { ChainType } from '../../formats/chain-link.ts';
import { createDiskSync } from '../evidence/disk-sync.ts';

export interface StoredRecord {
  position: number;
  type: ChainType;
  replaces: number | null;
  /** Both in hex. */
  commitment: string;
  hash: string;
  /** The row, JSON; null when a newer version took its place, when it was destroyed, or when it is of no use elsewhere. */
  json: string | null;
  /** Of the chain's end there, where it was signed. */
  signed?: { time: string; signature: string };
}

export type SignedRecord = Pick<StoredRecord, 'position' | 'hash'> & NonNullable<StoredRecord['signed']>;

export interface HubReader {
  epoch(): string;
  /** Position of the last record; 0: there is none. */
  head(): number;
  /** Of the record there, hex; null: there is none. */
  hashAt(position: number): string | null;
  /** At most `limit` records after a position. Throws what the disk says. */
  after(position: number, limit: number): StoredRecord[];
  /** The last end that was signed, at most at a position; null: none was. */
  lastSigned(until: number): SignedRecord | null;
  /** The value of an alert as it is stored; null: none is. */
  sealedOf(alertId: string): Uint8Array | null;
  close(): void;
}

/** Rows that are handed on, and what of them is JSON. */
const CONTENT: Partial<Record<ChainType, { table: string; json: string }>> = {
  alert: { table: 'alerts', json: 'json' },
  flow: { table: 'flows', json: 'json' },
  coverage: { table: 'coverage', json: 'json' },
  gap: { table: 'gaps', json: 'json' },
  audit: { table: 'audit', json: `CASE action WHEN 'forget' THEN json_object('forgotten', subject) END` },
};

const BUSY_TIMEOUT_MS = 250;

/**
 * Rows are found by their record: for labs that publish, and only there. Called by the thread that writes, before it does.
 * @param file of the evidence store
 */
export function prepareForReader(file: string): void {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    for (const { table } of Object.values(CONTENT))
      database.exec(`CREATE INDEX IF NOT EXISTS ${table}_link ON ${table} (link)`);
  } finally {
    database.close();
  }
}

export function openHubReader(file: string): HubReader {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  const log = createDiskSync(`${file}-wal`);
  const sql = {
    epoch: database.prepare(`SELECT value FROM meta WHERE name = 'epoch'`),
    head: database.prepare('SELECT max(position) AS head FROM chain'),
    hash: database.prepare('SELECT hash FROM chain WHERE position = ?'),
    links: database.prepare(
      'SELECT position, type, replaces, commitment, hash FROM chain WHERE position > ? ORDER BY position LIMIT ?',
    ),
    signed: database.prepare('SELECT position, time, signature FROM checkpoints WHERE position BETWEEN ? AND ?'),
    lastSigned: database.prepare(
      'SELECT position, hash, time, signature FROM checkpoints WHERE position <= ? ORDER BY position DESC LIMIT 1',
    ),
    sealed: database.prepare('SELECT sealed FROM secrets WHERE alert_id = ?'),
    rows: new Map<string, StatementSync>(
      Object.entries(CONTENT).map(([type, { table, json }]) => [
        type,
        database.prepare(`SELECT link, ${json} AS json FROM ${table} WHERE link BETWEEN ? AND ?`),
      ]),
    ),
  };

  function read(position: number, limit: number): StoredRecord[] {
    const links = sql.links.all(position, limit);
    const [first, last] = [links[0]?.position, links.at(-1)?.position].map(Number);
    const found = new Map<number, string | null>();
    for (const [type, statement] of sql.rows)
      if (links.some((link) => link.type === type))
        for (const { link, json } of statement.all(first as number, last as number))
          found.set(Number(link), json as string | null);
    const ends = links.length === 0 ? [] : sql.signed.all(first as number, last as number);
    const signed = new Map(ends.map((row) => [Number(row.position), signatureIn(row)]));
    return links.map((link) => ({
      position: Number(link.position),
      type: link.type as ChainType,
      replaces: link.replaces === null ? null : Number(link.replaces),
      commitment: hex(link.commitment),
      hash: hex(link.hash),
      json: found.get(Number(link.position)) ?? null,
      ...(signed.has(Number(link.position)) && {
        signed: signed.get(Number(link.position)) as NonNullable<StoredRecord['signed']>,
      }),
    }));
  }

  return {
    epoch: () => String(sql.epoch.get()?.value),
    head: () => Number(sql.head.get()?.head ?? 0),
    hashAt(position) {
      const row = sql.hash.get(position);
      return row === undefined ? null : hex(row.hash);
    },
    after(position, limit) {
      let records: StoredRecord[];
      // One moment of the database: a row and its record belong together.
      database.exec('BEGIN');
      try {
        records = read(position, limit);
      } finally {
        database.exec('COMMIT');
      }
      if (records.length > 0 && !log.now()) throw new Error('the disk does not confirm what was written');
      return records;
    },
    lastSigned(until) {
      const row = sql.lastSigned.get(until);
      return row === undefined ? null : { position: Number(row.position), hash: hex(row.hash), ...signatureIn(row) };
    },
    sealedOf(alertId) {
      const sealed = sql.sealed.get(alertId)?.sealed;
      return sealed instanceof Uint8Array ? sealed : null;
    },
    close() {
      log.close();
      database.close();
    },
  };
}

const signatureIn = ({ time, signature }: Record<string, unknown>) => ({
  time: String(time),
  signature: Buffer.from(signature as Uint8Array).toString('base64'),
});
const hex = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString('hex');
