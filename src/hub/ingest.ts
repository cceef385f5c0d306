/**
 * Takes a batch of messages into the database in one transaction. Promise: what comes twice, late or out of order leaves the same
 * rows as once and in order; a content is taken when its place in the chain is new, and in the same transaction that place is.
 * Labs are locked one after the other by number, so that several consumers neither mix up one lab nor wait for each other in a ring.
 */

import type { HubAlert, HubFlow } from '../model/hub.ts';
import { putAside } from './aside.ts';
import { isWithin, join, type Stretch } from './chains.ts';
import type { Client, Database } from './database.ts';
import { type LedgerChange, putLedger } from './ledger.ts';
import { holdLines } from './lines.ts';
import { putLinks, type ToldLinks } from './links.ts';
import { type Aside, type Content, type Read, type Received, readMessage, type Told, WAITING } from './message.ts';
import { type Placed, putAlerts, putCoverage, putFlows, putForgotten, putGaps } from './rows.ts';
import { tellTaken } from './signals.ts';
import { checkBeats, putSigned, type SignedEnd } from './signatures.ts';

type Beat = Extract<Told, { heartbeat: object }>;
type Stored = Extract<Told, { heartbeat: null }>;

export interface Counted {
  messages: number;
  /** Contents that were new. */
  taken: number;
  aside: number;
}

/** A store is restored or begun anew now and then; somebody who invents one after the other gets no further. */
const MAX_HISTORIES = 1000;
const TOO_MANY_HISTORIES = { ok: false, position: 0, what: 'more histories than any store has' } as const;

/** Beside a lab's number. */
const LAB_LOCK = 7_466_339;

/** Rejects with what the database says; nothing of the batch was taken then. */
export async function ingest(database: Database, batch: readonly Received[]): Promise<Counted> {
  const read = batch.map(readMessage);
  return database.transact((client) => take(client, read));
}

async function take(client: Client, read: readonly Read[]): Promise<Counted> {
  const aside = read.flatMap((one) => (one.ok ? [] : [one.aside]));
  const told = read.flatMap((one) => (one.ok ? [one.told] : []));
  const labs = await labsOf(client, told);
  for (const { organisation, lab, subject, bytes, received } of told)
    if (!labs.has(nameOf(organisation, lab)))
      aside.push({ subject, bytes, received, why: 'unknown organisation', detail: organisation });
  const known = [...labs.values()].toSorted((a, b) => a.id - b.id);
  const placed: Placed<Content>[] = [];
  if (known.length > 0) {
    await client.query(
      'SELECT pg_advisory_xact_lock($1, id) FROM (SELECT unnest($2::integer[]) AS id ORDER BY 1) AS labs',
      [LAB_LOCK, known.map(({ id }) => id)],
    );
    await hear(client, known);
    placed.push(...(await takeChains(client, known, aside)));
    await checkBeats(client, signedBeatsOf(known));
  }
  await putContents(client, placed);
  await putAside(client, aside);
  await tellTaken(
    client,
    placed.map((one) => one.organisation),
  );
  return { messages: read.length, taken: placed.length, aside: aside.length };
}

interface KnownLab {
  id: number;
  organisation: number;
  told: Told[];
}

const nameOf = (organisation: string, lab: string): string => `${organisation} ${lab}`;
const isStored = (told: Told): told is Stored => told.heartbeat === null;

/** Those of organisations that are known here, made where they are new; each with what it told. */
async function labsOf(client: Client, told: readonly Told[]): Promise<Map<string, KnownLab>> {
  // In one order, so that two that make the same labs do not wait for each other.
  const names = [...new Set(told.map(({ organisation, lab }) => nameOf(organisation, lab)))].toSorted();
  const wanted = 'unnest($1::text[], $2::text[]) AS told(organisation, lab)';
  const values = [0, 1].map((part) => names.map((name) => name.split(' ')[part]));
  const find = async () =>
    (
      await client.query<{ id: number; organisation_id: number; organisation: string; lab: string }>(
        `SELECT labs.id, organisation_id, organisation, lab FROM ${wanted}
         JOIN hub.organisations ON organisations.name = organisation JOIN hub.labs ON organisation_id = organisations.id AND labs.name = lab`,
        values,
      )
    ).rows;
  let found = names.length > 0 ? await find() : [];
  if (found.length < names.length) {
    await client.query(
      `INSERT INTO hub.labs (organisation_id, name) SELECT id, lab FROM ${wanted}
       JOIN hub.organisations ON name = organisation ORDER BY organisation, lab ON CONFLICT DO NOTHING`,
      values,
    );
    found = await find();
  }
  const labs = new Map<string, KnownLab>(
    found.map((row) => [
      nameOf(row.organisation, row.lab),
      { id: row.id, organisation: row.organisation_id, told: [] },
    ]),
  );
  for (const one of told) labs.get(nameOf(one.organisation, one.lab))?.told.push(one);
  return labs;
}

async function hear(client: Client, labs: readonly KnownLab[]): Promise<void> {
  const rows = labs.map(({ id, told }) => {
    const beats = told.filter((one): one is Beat => one.heartbeat !== null);
    const last = beats.toSorted((a, b) => a.received - b.received).at(-1);
    const ahead = last === undefined ? Number.NaN : (Date.parse(last.time) - last.received) / 1000;
    return {
      id,
      heard: Math.max(...told.map(({ received }) => received)),
      ...(last && { ...last.heartbeat, beat: last.received, ahead: Number.isFinite(ahead) ? ahead : null }),
    };
  });
  await client.query(
    `UPDATE hub.labs SET heard = greatest(labs.heard, to_timestamp(told.heard / 1000))
     FROM jsonb_to_recordset($1) AS told(id integer, heard double precision) WHERE labs.id = told.id`,
    [JSON.stringify(rows)],
  );
  const beats = rows.filter(({ beat }) => beat !== undefined);
  if (beats.length === 0) return;
  await client.query(
    `UPDATE hub.labs SET clock_ahead = told.ahead, version = told.version, history = told.history, head = told.head,
       beat = to_timestamp(told.beat / 1000)
     FROM jsonb_to_recordset($1) AS told(id integer, ahead double precision, version text, history text, head bigint, beat double precision)
     WHERE labs.id = told.id AND (labs.beat IS NULL OR labs.beat <= to_timestamp(told.beat / 1000))`,
    [JSON.stringify(beats)],
  );
}

/** What the last heartbeat of each says was signed. */
function signedBeatsOf(labs: readonly KnownLab[]): SignedEnd[] {
  return labs.flatMap(({ id: lab, organisation, told }) => {
    const { history, signed } = told.findLast((one): one is Beat => one.heartbeat !== null)?.heartbeat ?? {};
    return history !== undefined && signed ? [{ lab, organisation, history, ...signed }] : [];
  });
}

interface History {
  lab: number;
  organisation: number;
  history: string;
  told: Stored[];
}

/** @param aside gets what contradicts what came before. @returns contents whose place is new */
async function takeChains(client: Client, labs: readonly KnownLab[], aside: Aside[]): Promise<Placed<Content>[]> {
  const histories = labs.flatMap(({ id: lab, organisation, told }) => {
    const stored = told.filter(isStored);
    return [...new Set(stored.map(({ history }) => history))].map(
      (history): History => ({
        ...{ lab, organisation, history },
        told: stored.filter((one) => one.history === history).toSorted((a, b) => a.run.last - b.run.last),
      }),
    );
  });
  if (histories.length === 0) return [];
  const before = await stretchesOf(client, histories);
  const full = await labsWithMostHistories(
    client,
    histories.filter((one) => !before.has(`${one.lab} ${one.history}`)),
  );
  const placed: Placed<Content>[] = [];
  const signedEnds: SignedEnd[] = [];
  const links: ToldLinks[] = [];
  const changed: (History & { stretches: Stretch[] })[] = [];
  for (const one of histories) {
    const { lab, organisation, history, told } = one;
    const kept = before.get(`${lab} ${history}`) ?? [];
    let stretches = kept;
    for (const { run, signed, said, time, subject, bytes, received } of told) {
      const joined = full.has(lab) && kept.length === 0 ? TOO_MANY_HISTORIES : join(stretches, run);
      if (!joined.ok) {
        aside.push({ subject, bytes, received, why: 'forged', detail: `record ${joined.position}: ${joined.what}` });
        await client.query(
          `INSERT INTO hub.faults (organisation_id, lab_id, history, position, what) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING`,
          [organisation, lab, history, joined.position, joined.what],
        );
        continue;
      }
      const { last: position, hash } = run;
      if (!isWithin(stretches, position)) {
        placed.push({ lab, organisation, history, position, hash, time, ...said });
        if (signed) signedEnds.push({ lab, organisation, history, position, hash, ...signed });
      }
      if (!stretches.some(({ first, last }) => first <= run.first && run.last <= last))
        links.push({ lab, organisation, history, first: run.first, last: run.last, links: run.links, received });
      stretches = joined.stretches;
    }
    if (stretches !== kept) changed.push({ ...one, stretches });
  }
  if (changed.length > 0) await keepStretches(client, changed);
  await putLinks(client, links);
  await putSigned(client, signedEnds);
  return placed;
}

/** Labs of these that have as many histories as are believed. */
async function labsWithMostHistories(client: Client, begun: readonly History[]): Promise<Set<number>> {
  if (begun.length === 0) return new Set();
  const { rows } = await client.query<{ lab_id: number }>(
    'SELECT lab_id FROM hub.chains WHERE lab_id = ANY($1) GROUP BY lab_id HAVING count(DISTINCT history) >= $2',
    [begun.map(({ lab }) => lab), MAX_HISTORIES],
  );
  return new Set(rows.map(({ lab_id }) => lab_id));
}

async function stretchesOf(client: Client, histories: readonly History[]): Promise<Map<string, Stretch[]>> {
  const { rows } = await client.query<Stretch & { name: string }>(
    `SELECT lab_id || ' ' || history AS name, first::float8, last::float8, encode(before, 'hex') AS before, encode(hash, 'hex') AS hash
     FROM hub.chains JOIN unnest($1::integer[], $2::text[]) AS told(lab_id, history) USING (lab_id, history) ORDER BY first`,
    [histories.map(({ lab }) => lab), histories.map(({ history }) => history)],
  );
  const stretches = new Map<string, Stretch[]>();
  for (const { name, ...stretch } of rows) stretches.set(name, [...(stretches.get(name) ?? []), stretch]);
  return stretches;
}

async function keepStretches(client: Client, changed: readonly (History & { stretches: Stretch[] })[]): Promise<void> {
  await client.query(
    'DELETE FROM hub.chains USING unnest($1::integer[], $2::text[]) AS told(lab, name) WHERE lab_id = lab AND history = name',
    [changed.map(({ lab }) => lab), changed.map(({ history }) => history)],
  );
  const rows = changed.flatMap(({ lab, organisation, history, stretches }) =>
    stretches.map((stretch) => ({ ...stretch, lab_id: lab, organisation_id: organisation, history })),
  );
  await client.query(
    `INSERT INTO hub.chains (organisation_id, lab_id, history, first, last, before, hash)
     SELECT organisation_id, lab_id, history, first, last, decode(before, 'hex'), decode(hash, 'hex')
     FROM jsonb_to_recordset($1) AS r(organisation_id integer, lab_id integer, history text, first bigint, last bigint, before text, hash text)`,
    [JSON.stringify(rows)],
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
         WHERE why = ANY($3) AND id > $1 AND id <= $2 ORDER BY id LIMIT 200`,
        [after, ends[0].last, WAITING],
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
