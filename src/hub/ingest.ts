/**
 * Takes a batch of messages into the database in one transaction. Promise: what comes twice, late or out of order leaves the same
 * rows as once and in order; a content is taken when its place in the chain is new, and in the same transaction that place is.
 * Labs are locked one after the other by number, so that several consumers neither mix up one lab nor wait for each other in a ring.
 */

import { hash } from 'node:crypto';
import type { HubAlert, HubFlow } from '../model/hub.ts';
import { isWithin, join, type Stretch } from './chains.ts';
import type { Client, Database } from './database.ts';
import { type LedgerChange, putLedger } from './ledger.ts';
import { holdLines } from './lines.ts';
import { type Aside, type Content, type Read, type Received, readMessage, type Told } from './message.ts';
import { type Placed, putAlerts, putCoverage, putFlows, putForgotten, putGaps } from './rows.ts';

type Beat = Extract<Told, { heartbeat: object }>;
type Stored = Extract<Told, { heartbeat: null }>;

export interface Counted {
  messages: number;
  /** Contents that were new. */
  taken: number;
  aside: number;
}

/** Beside a lab's number. */
const LAB_LOCK = 7_466_339;

/** Rejects with what the database says; nothing of the batch was taken then. */
export async function ingest(database: Database, batch: readonly Received[]): Promise<Counted> {
  const read = batch.map(readMessage);
  return database.transact((client) => take(client, read));
}

async function take(client: Client, read: readonly Read[]): Promise<Counted> {
  const aside = read.flatMap((one) => (one.ok ? [] : [one.aside]));
  const labs = new Map<string, Told[]>();
  for (const one of read) {
    if (!one.ok) continue;
    const name = `${one.told.organisation} ${one.told.lab}`;
    const told = labs.get(name) ?? [];
    told.push(one.told);
    labs.set(name, told);
  }
  const known: { id: number; organisation: number; told: Told[] }[] = [];
  // In one order, so that two that make the same labs do not wait for each other.
  for (const [, told] of [...labs].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const { organisation, lab } = told[0] as Told;
    const found = await labOf(client, organisation, lab);
    if (found) known.push({ ...found, told });
    else
      for (const { subject, bytes, received } of told)
        aside.push({ subject, bytes, received, why: 'unknown organisation', detail: organisation });
  }
  const placed: Placed<Content>[] = [];
  for (const { id, organisation, told } of known.toSorted((a, b) => a.id - b.id)) {
    await client.query('SELECT pg_advisory_xact_lock($1, $2)', [LAB_LOCK, id]);
    await hear(client, id, told);
    placed.push(...(await takeChains(client, { lab: id, organisation }, told.filter(isStored), aside)));
  }
  await putContents(client, placed);
  await putAside(client, aside);
  return { messages: read.length, taken: placed.length, aside: aside.length };
}

const isStored = (told: Told): told is Stored => told.heartbeat === null;

/** Null: the organisation is not known here. */
async function labOf(
  client: Client,
  organisation: string,
  lab: string,
): Promise<{ id: number; organisation: number } | null> {
  const find = () =>
    client.query(
      `SELECT labs.id, organisation_id FROM hub.labs JOIN hub.organisations ON organisations.id = organisation_id
       WHERE organisations.name = $1 AND labs.name = $2`,
      [organisation, lab],
    );
  const found = await find();
  if (found.rows[0]) return { id: found.rows[0].id, organisation: found.rows[0].organisation_id };
  await client.query(
    `INSERT INTO hub.labs (organisation_id, name) SELECT id, $2 FROM hub.organisations WHERE name = $1
     ON CONFLICT DO NOTHING`,
    [organisation, lab],
  );
  const made = await find();
  return made.rows[0] ? { id: made.rows[0].id, organisation: made.rows[0].organisation_id } : null;
}

async function hear(client: Client, lab: number, told: readonly Told[]): Promise<void> {
  const heard = Math.max(...told.map(({ received }) => received));
  await client.query(
    'UPDATE hub.labs SET heard = greatest(heard, to_timestamp($2::double precision / 1000)) WHERE id = $1',
    [lab, heard],
  );
  const beats = told.filter((one): one is Beat => one.heartbeat !== null).toSorted((a, b) => a.received - b.received);
  const last = beats.at(-1);
  if (last === undefined) return;
  const { version, history, head } = last.heartbeat;
  const ahead = (Date.parse(last.time) - last.received) / 1000;
  await client.query(
    `UPDATE hub.labs SET clock_ahead = $2, version = $3, history = $4, head = $5, beat = to_timestamp($6::double precision / 1000)
     WHERE id = $1 AND (beat IS NULL OR beat <= to_timestamp($6::double precision / 1000))`,
    [lab, Number.isFinite(ahead) ? ahead : null, version, history, head, last.received],
  );
}

/** @param aside gets what contradicts what came before. @returns contents whose place is new */
async function takeChains(
  client: Client,
  { lab, organisation }: { lab: number; organisation: number },
  told: readonly Stored[],
  aside: Aside[],
): Promise<Placed<Content>[]> {
  const placed: Placed<Content>[] = [];
  for (const history of new Set(told.map((one) => one.history))) {
    const before = await stretchesOf(client, lab, history);
    let stretches: Stretch[] = before;
    for (const { run, said, time, subject, bytes, received } of told
      .filter((one) => one.history === history)
      .toSorted((a, b) => a.run.last - b.run.last)) {
      const joined = join(stretches, run);
      if (!joined.ok) {
        const detail = `record ${joined.position}: ${joined.what}`;
        aside.push({ subject, bytes, received, why: 'forged', detail });
        await client.query(
          `INSERT INTO hub.faults (organisation_id, lab_id, history, position, what) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING`,
          [organisation, lab, history, joined.position, joined.what],
        );
        continue;
      }
      const { last: position, hash } = run;
      if (!isWithin(stretches, position)) placed.push({ lab, organisation, history, position, hash, time, ...said });
      stretches = joined.stretches;
    }
    if (stretches !== before) await keepStretches(client, { lab, organisation, history }, stretches);
  }
  return placed;
}

async function stretchesOf(client: Client, lab: number, history: string): Promise<Stretch[]> {
  const { rows } = await client.query(
    `SELECT first::float8, last::float8, encode(before, 'hex') AS before, encode(hash, 'hex') AS hash
     FROM hub.chains WHERE lab_id = $1 AND history = $2 ORDER BY first`,
    [lab, history],
  );
  return rows as Stretch[];
}

async function keepStretches(
  client: Client,
  { lab, organisation, history }: { lab: number; organisation: number; history: string },
  stretches: readonly Stretch[],
): Promise<void> {
  await client.query('DELETE FROM hub.chains WHERE lab_id = $1 AND history = $2', [lab, history]);
  await client.query(
    `INSERT INTO hub.chains (organisation_id, lab_id, history, first, last, before, hash)
     SELECT $1, $2, $3, first, last, decode(before, 'hex'), decode(hash, 'hex')
     FROM jsonb_to_recordset($4) AS r(first bigint, last bigint, before text, hash text)`,
    [organisation, lab, history, JSON.stringify(stretches)],
  );
}

async function putContents(client: Client, placed: readonly Placed<Content>[]): Promise<void> {
  const of = <K extends Content['kind']>(kind: K) =>
    placed.filter((one): one is Extract<Placed<Content>, { kind: K }> => one.kind === kind);
  if (of('forgotten').length > 0) await holdLines(client);
  const changes: LedgerChange[] = [
    ...(await putAlerts(client, of('alert') as Placed<{ content: HubAlert }>[])),
    ...(await putFlows(client, of('flow') as Placed<{ content: HubFlow }>[])),
  ];
  await putLedger(client, changes);
  await putCoverage(client, of('coverage'));
  await putGaps(client, of('gap'));
  await putForgotten(client, of('forgotten'));
}

/** The same message once. */
export async function putAside(client: Client, aside: readonly Aside[]): Promise<void> {
  for (const { subject, bytes, received, why, detail } of aside)
    await client.query(
      `INSERT INTO hub.aside (subject, why, detail, received, print, payload)
       VALUES ($1, $2, $3, to_timestamp($4::double precision / 1000), $5, $6) ON CONFLICT (subject, print) DO NOTHING`,
      [subject.toWellFormed(), why, detail, received, hash('sha256', Buffer.from(bytes), 'buffer'), Buffer.from(bytes)],
    );
}

/** Tries again what lies aside and may be understood now: after an update, or when an organisation was added. @returns how many were taken */
export async function retryAside(database: Database): Promise<number> {
  let taken = 0;
  // What stays aside gets a number behind these.
  const { rows: ends } = await database.transact((client) =>
    client.query('SELECT max(id)::float8 AS last FROM hub.aside'),
  );
  for (let after = 0; ; ) {
    const { rows } = await database.transact((client) =>
      client.query(
        `SELECT id::float8, subject, payload, extract(epoch FROM received)::float8 * 1000 AS received FROM hub.aside
         WHERE why IN ('newer', 'unknown organisation') AND id > $1 AND id <= $2 ORDER BY id LIMIT 200`,
        [after, ends[0].last],
      ),
    );
    if (rows.length === 0) return taken;
    for (const { id, subject, payload, received } of rows) {
      after = id;
      const counted = await database.transact(async (client) => {
        await client.query('DELETE FROM hub.aside WHERE id = $1', [id]);
        return take(client, [readMessage({ subject, bytes: payload, received })]);
      });
      if (counted.aside === 0) taken++;
    }
  }
}
