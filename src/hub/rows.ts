/** Contents as rows. Called with their labs locked; a batch is one statement a table, however many messages it has. */
import type { HubAlert, HubCoverage, HubFlow, HubForgotten, HubGap } from '../model/hub.ts';
import type { Client } from './database.ts';
import type { LedgerChange } from './ledger.ts';
import { recountLines } from './lines.ts';
import { ALL_FIRMWARE } from './schema-lines.ts';

/** A content and its place in the chain of its lab. */
export type Placed<C> = C & {
  lab: number;
  organisation: number;
  history: string;
  position: number;
  /** Of its record, hex. */
  hash: string;
  /** ISO 8601, by the lab's clock. */
  time: string;
};

const keyOf = ({ lab, content }: { lab: number; content: { id: string } }): string => `${lab} ${content.id}`;
const placeOf = ({ lab, organisation, history, position, hash }: Placed<object>) => ({
  organisation_id: organisation,
  lab_id: lab,
  history,
  position,
  hash,
});
/** What is part of a key is never null. */
const said = (text: string | null | undefined): string => text ?? '';
/** What stands for all versions is none. */
const versionOf = (firmware: string | null | undefined): string => (firmware === ALL_FIRMWARE ? '' : said(firmware));

/** The newest version of each stays. @returns what that changes in the ledger */
export async function putAlerts(
  client: Client,
  placed: readonly Placed<{ content: HubAlert }>[],
): Promise<LedgerChange[]> {
  const wanted = await withoutForgotten(client, placed);
  const newest = new Map<string, Placed<{ content: HubAlert }>>();
  for (const one of wanted)
    if ((newest.get(keyOf(one))?.content.seq ?? -1) < one.content.seq) newest.set(keyOf(one), one);
  if (newest.size === 0) return [];
  const { rows } = await client.query(
    `SELECT a.lab_id, a.id, a.first_seen, a.seq::float8, a.count::float8 FROM hub.alerts a
     JOIN jsonb_to_recordset($1) AS w(lab_id integer, id text) ON a.lab_id = w.lab_id AND a.id = w.id`,
    [JSON.stringify([...newest.values()].map(({ lab, content }) => ({ lab_id: lab, id: content.id })))],
  );
  const earlier = new Map(rows.map((row) => [`${row.lab_id} ${row.id}`, row]));
  const changes: LedgerChange[] = [];
  const put: object[] = [];
  for (const [key, one] of newest) {
    const { content: alert } = one;
    const before = earlier.get(key);
    if (before && before.seq >= alert.seq) continue;
    const row = {
      ...placeOf(one),
      id: alert.id,
      // It chooses the partition: once chosen it stays.
      first_seen: before?.first_seen ?? alert.firstSeen,
      last_seen: alert.lastSeen,
      seq: alert.seq,
      unit: alert.unit,
      model: said(alert.model),
      firmware: versionOf(alert.firmware),
      company: said(alert.company),
      country: said(alert.country),
      kind: alert.kind ?? alert.type,
      severity: alert.severity,
      count: alert.count,
      simulated: alert.simulated,
      content: alert,
    };
    put.push(row);
    const sightings = alert.count - (before?.count ?? 0);
    changes.push({ ...row, name: alert.name ?? null, first_seen: alert.firstSeen, sightings, bytes_up: 0 });
  }
  await client.query(
    `INSERT INTO hub.alerts (organisation_id, lab_id, id, first_seen, last_seen, seq, history, position, hash, unit, model, firmware,
       company, country, kind, severity, count, simulated, content)
     SELECT organisation_id, lab_id, id, first_seen, last_seen, seq, history, position, decode(hash, 'hex'), unit, model, firmware,
       company, country, kind, severity, count, simulated, content
     FROM jsonb_to_recordset($1) AS r(organisation_id integer, lab_id integer, id text, first_seen timestamptz,
       last_seen timestamptz, seq bigint, history text, position bigint, hash text, unit text, model text, firmware text,
       company text, country text, kind text, severity text, count bigint, simulated boolean, content jsonb)
     ON CONFLICT (lab_id, id, first_seen) DO UPDATE SET last_seen = excluded.last_seen, seq = excluded.seq,
       history = excluded.history, position = excluded.position, hash = excluded.hash, unit = excluded.unit,
       model = excluded.model, firmware = excluded.firmware, company = excluded.company, country = excluded.country,
       kind = excluded.kind, severity = excluded.severity, count = excluded.count, simulated = excluded.simulated, content = excluded.content`,
    [JSON.stringify(put)],
  );
  return changes;
}

/** A flow is told when it opened and when it closed: the closed one stays. @returns what that changes in the ledger */
export async function putFlows(
  client: Client,
  placed: readonly Placed<{ content: HubFlow }>[],
): Promise<LedgerChange[]> {
  const wanted = await withoutForgotten(client, placed);
  const best = new Map<string, Placed<{ content: HubFlow }>>();
  for (const one of wanted) if ((best.get(keyOf(one))?.content.closedAt ?? null) === null) best.set(keyOf(one), one);
  if (best.size === 0) return [];
  const { rows } = await client.query(
    `SELECT f.lab_id, f.id, f.closed_at FROM hub.flows f JOIN jsonb_to_recordset($1)
       AS w(lab_id integer, id text, opened_at timestamptz) USING (lab_id, id, opened_at)`,
    [
      JSON.stringify(
        [...best.values()].map(({ lab, content }) => ({
          lab_id: lab,
          id: content.id,
          opened_at: new Date(content.openedAt),
        })),
      ),
    ],
  );
  const earlier = new Map(rows.map((row) => [`${row.lab_id} ${row.id}`, row]));
  const changes: LedgerChange[] = [];
  const put: object[] = [];
  for (const [key, one] of best) {
    const { content: flow } = one;
    const before = earlier.get(key);
    if (before && (before.closed_at !== null || flow.closedAt === null)) continue;
    const row = {
      ...placeOf(one),
      id: flow.id,
      opened_at: new Date(flow.openedAt),
      closed_at: flow.closedAt === null ? null : new Date(flow.closedAt),
      unit: flow.unit,
      model: said(flow.model),
      firmware: versionOf(flow.firmware),
      company: said(flow.company),
      country: said(flow.country),
      host: flow.host,
      bytes_up: flow.bytesUp,
      bytes_down: flow.bytesDown,
      simulated: flow.simulated,
      content: flow,
    };
    put.push(row);
    // What it is called may be known only at its end: it is counted there, once.
    if (flow.closedAt !== null)
      changes.push({
        ...row,
        name: flow.name ?? null,
        kind: 'connection',
        first_seen: row.opened_at,
        last_seen: row.closed_at as Date,
        sightings: 1,
      });
  }
  await client.query(
    `INSERT INTO hub.flows (organisation_id, lab_id, id, opened_at, closed_at, history, position, hash, unit, model, firmware, company,
       country, host, bytes_up, bytes_down, simulated, content)
     SELECT organisation_id, lab_id, id, opened_at, closed_at, history, position, decode(hash, 'hex'), unit, model, firmware, company,
       country, host, bytes_up, bytes_down, simulated, content
     FROM jsonb_to_recordset($1) AS r(organisation_id integer, lab_id integer, id text, opened_at timestamptz, closed_at timestamptz,
       history text, position bigint, hash text, unit text, model text, firmware text, company text, country text, host text,
       bytes_up bigint, bytes_down bigint, simulated boolean, content jsonb)
     ON CONFLICT (lab_id, id, opened_at) DO UPDATE SET closed_at = excluded.closed_at, history = excluded.history,
       position = excluded.position, hash = excluded.hash, model = excluded.model, firmware = excluded.firmware,
       company = excluded.company, country = excluded.country, host = excluded.host, bytes_up = excluded.bytes_up, bytes_down = excluded.bytes_down,
       content = excluded.content`,
    [JSON.stringify(put)],
  );
  return changes;
}

export async function putCoverage(client: Client, placed: readonly Placed<{ content: HubCoverage }>[]): Promise<void> {
  const newest = new Map<string, Placed<{ content: HubCoverage }>>();
  for (const one of await withoutForgotten(client, placed)) {
    const key = `${one.lab} ${one.content.unit} ${one.content.simulated}`;
    if ((newest.get(key)?.position ?? 0) < one.position) newest.set(key, one);
  }
  for (const { lab, organisation, history, position, time, content } of newest.values())
    await client.query(
      `INSERT INTO hub.coverage AS c (organisation_id, lab_id, unit, simulated, told, history, position, content)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (lab_id, unit, simulated) DO UPDATE SET told = excluded.told, history = excluded.history,
         position = excluded.position, content = excluded.content
       WHERE CASE WHEN c.history = excluded.history THEN c.position < excluded.position ELSE c.told < excluded.told END`,
      [organisation, lab, content.unit, content.simulated, time, history, position, JSON.stringify(content)],
    );
}

export async function putGaps(client: Client, placed: readonly Placed<{ content: HubGap }>[]): Promise<void> {
  for (const { lab, organisation, content } of placed)
    await client.query(
      `INSERT INTO hub.gaps AS g (organisation_id, lab_id, subject, began, ended, kind) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (lab_id, subject, began) DO UPDATE SET ended = coalesce(excluded.ended, g.ended)`,
      [organisation, lab, content.subject, content.from, content.to, content.kind],
    );
}

/** Destroys what a lab told of a phone, and remembers it: what was on its way meanwhile is not taken any more. */
export async function putForgotten(
  client: Client,
  placed: readonly Placed<{ content: HubForgotten }>[],
): Promise<void> {
  for (const { lab, organisation, history, position, content } of placed) {
    await client.query(
      `INSERT INTO hub.forgotten AS f (organisation_id, lab_id, unit, history, position) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (lab_id, unit, history) DO UPDATE SET position = greatest(f.position, excluded.position)`,
      [organisation, lab, content.unit, history, position],
    );
    for (const table of ['alerts', 'flows', 'coverage'])
      await client.query(
        `DELETE FROM hub.${table} WHERE lab_id = $1 AND unit = $2 AND (history <> $3 OR position < $4)`,
        [lab, content.unit, history, position],
      );
    await recountLines(client, { lab, unit: content.unit }, async () => {
      for (const table of ['ledger', 'units'])
        await client.query(`DELETE FROM hub.${table} WHERE lab_id = $1 AND unit = $2`, [lab, content.unit]);
      await recount(client, lab, content.unit);
    });
  }
}

/** The ledger of a phone from what is there of it. */
async function recount(client: Client, lab: number, unit: string): Promise<void> {
  const phone = 'organisation_id, lab_id, unit, model, firmware';
  const head = `INSERT INTO hub.ledger (${phone}, company, country, kind, simulated, first_seen, last_seen, sightings, bytes_up)`;
  const by = `GROUP BY ${phone}, company, country, simulated`;
  await client.query(
    `${head} SELECT ${phone}, company, country, kind, simulated, min(first_seen), max(last_seen),
       sum(count), 0 FROM hub.alerts WHERE lab_id = $1 AND unit = $2 ${by}, kind`,
    [lab, unit],
  );
  await client.query(
    `${head} SELECT ${phone}, company, country, 'connection', simulated, min(opened_at),
       max(closed_at), count(*), sum(bytes_up) FROM hub.flows WHERE lab_id = $1 AND unit = $2 AND closed_at IS NOT NULL ${by}`,
    [lab, unit],
  );
  await client.query(
    `INSERT INTO hub.units (${phone}, simulated, first_seen, last_seen) SELECT ${phone}, simulated, min(first_seen), max(last_seen)
     FROM hub.ledger WHERE lab_id = $1 AND unit = $2 GROUP BY ${phone}, simulated`,
    [lab, unit],
  );
}

async function withoutForgotten<C extends { content: { unit: string } }>(
  client: Client,
  placed: readonly Placed<C>[],
): Promise<Placed<C>[]> {
  if (placed.length === 0) return [];
  const { rows } = await client.query(
    'SELECT lab_id, unit, history, position::float8 FROM hub.forgotten WHERE lab_id = ANY($1)',
    [[...new Set(placed.map(({ lab }) => lab))]],
  );
  const until = new Map(rows.map((row) => [`${row.lab_id} ${row.unit} ${row.history}`, Number(row.position)]));
  return placed.filter((one) => one.position > (until.get(`${one.lab} ${one.content.unit} ${one.history}`) ?? 0));
}
