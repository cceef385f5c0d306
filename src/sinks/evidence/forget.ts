/**
 * Destroys what a database holds of one phone. Promise: the key of its values goes first, so that a lab that is killed meanwhile
 * leaves nothing that can be read; then the rows, with one tombstone; then what the file still holds in parts it does not use.
 */
import { refused } from '../../formats/refusal.ts';
import { text } from '../../model/text.ts';
import type { PhoneKeys } from './phone-keys.ts';
import type { Parts, RowType } from './rows.ts';
import type { ForgetResult, ForgetWish } from './store.ts';

/** A database is written anew at once up to this size: half a second for which nobody reads what phones send. */
const MAX_REWRITTEN = 64 << 20;

/** A connection belongs to its phone, or, of one nobody registered, to its address. */
const OWN_FLOWS = `device = ? OR (device IS NULL AND json_extract(json, '$.client.ip') = ?)`;

/** Some of them, with one tombstone; the key goes first here, too. */
export function forgetFlows(
  { rows, write }: Pick<Parts, 'rows' | 'write'>,
  keys: PhoneKeys | null,
  device: string,
  limit: number,
): { removed: number; hadKey: boolean } {
  const hadKey = keys?.destroy(device) ?? false;
  let removed = 0;
  const ended = `json_extract(json, '$.closedAt') IS NOT NULL`;
  const where = `id IN (SELECT id FROM flows WHERE (${OWN_FLOWS}) AND ${ended} LIMIT ?)`;
  const stored = write(() => {
    removed = rows.remove('forgotten', [{ type: 'flow', where, values: [device, device, limit] }]).flow ?? 0;
  });
  return { removed: stored.ok ? removed : 0, hadKey };
}

export function forgetPhone(
  { database, rows, write }: Pick<Parts, 'database' | 'rows' | 'write'>,
  keys: PhoneKeys | null,
  device: string,
  { time, who, isPatient = false, ...given }: ForgetWish,
): ForgetResult {
  const hadKey = keys?.destroy(device) ?? false;
  const cases = database.prepare('SELECT id FROM cases WHERE device = ?').all(device);
  let counts: Partial<Record<RowType, number>> = {};
  let comparisons = 0;
  let isKnown = given.isKnown || hadKey || wasForgotten(database, device);
  const stored = write(() => {
    const lastSeq = database.prepare('SELECT max(seq) AS seq FROM alerts').get()?.seq ?? 0;
    database
      .prepare(
        `INSERT INTO meta (name, value) VALUES ('seq_floor', ?)
         ON CONFLICT (name) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))`,
      )
      .run(String(lastSeq));
    counts = rows.remove('forgotten', [
      { type: 'alert', where: 'device = ?', values: [device] },
      { type: 'flow', where: OWN_FLOWS, values: [device, device] },
      { type: 'case', where: 'device = ?', values: [device] },
      { type: 'coverage', where: 'device = ?', values: [device] },
    ]);
    comparisons = Number(database.prepare('DELETE FROM tokens WHERE device = ?').run(device).changes);
    isKnown ||= comparisons > 0 || Object.values(counts).some((count) => count > 0);
    if (isKnown) rows.put('audit', [time, 'forget', device, who]);
  });
  if (!stored.ok) return refused(text('forget.rows-there', { problem: stored.message }));
  return {
    ok: true,
    removed: {
      alerts: counts.alert ?? 0,
      connections: counts.flow ?? 0,
      cases: counts.case ?? 0,
      comparisons,
    },
    cases: cases.map(({ id }) => String(id)),
    isKnown,
    isCompact: rewrite(database, isPatient),
  };
}

/** Then it may be asked for again: what a recording or an unused part of the file still held is taken the second time. */
const wasForgotten = (database: Parts['database'], device: string): boolean =>
  database.prepare(`SELECT 1 FROM audit WHERE action = 'forget' AND subject = ?`).get(device) !== undefined;

/** Leaves nothing in free pages, in gaps of pages, and in the log. False when it would take too long, or somebody reads. */
function rewrite(database: Parts['database'], isPatient: boolean): boolean {
  const { page_count: pages = 0 } = database.prepare('PRAGMA page_count').get() ?? {};
  const { page_size: bytes = 0 } = database.prepare('PRAGMA page_size').get() ?? {};
  try {
    const isSmall = isPatient || Number(pages) * Number(bytes) <= MAX_REWRITTEN;
    if (isSmall) database.exec('VACUUM');
    const isEmptied = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0;
    return isSmall && isEmptied;
  } catch {
    return false;
  }
}
