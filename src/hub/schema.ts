/**
 * The database's shape, version by version. A migration is never edited once released: a change is a new entry.
 * Every table with what labs told has row-level security: a role sees its own organisation, the owner sees all.
 */

import { labError } from '../formats/refusal.ts';
import { text } from '../model/text.ts';
import type { Client, Database } from './database.ts';
import { makePartitions } from './partitions.ts';
import { LINES } from './schema-lines.ts';
import { LINKS } from './schema-links.ts';
import { SIGNATURES } from './schema-signatures.ts';

/** Tables with a column `organisation_id`. */
const SEPARATED = ['labs', 'chains', 'faults', 'forgotten', 'alerts', 'flows', 'coverage', 'gaps', 'ledger'];
/** What organisations may read. */
const READ = ['labs', 'alerts', 'flows', 'coverage', 'gaps', 'ledger', 'lines', 'units', 'fleet_alerts', 'checkpoints'];

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE hub.organisations (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    role name NOT NULL UNIQUE
  );
  CREATE TABLE hub.tokens (
    hash bytea PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES hub.organisations,
    made timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE hub.labs (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES hub.organisations,
    name text NOT NULL,
    heard timestamptz,
    clock_ahead double precision,
    version text,
    history text,
    head bigint,
    beat timestamptz,
    UNIQUE (organisation_id, name)
  );
  -- Stretches of a chain without a gap: one row for a lab of which nothing is missing.
  CREATE TABLE hub.chains (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL REFERENCES hub.labs,
    history text NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    before bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (lab_id, history, first)
  );
  CREATE TABLE hub.faults (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL REFERENCES hub.labs,
    history text NOT NULL,
    position bigint NOT NULL,
    what text NOT NULL,
    seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lab_id, history, position, what)
  );
  CREATE TABLE hub.forgotten (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL REFERENCES hub.labs,
    unit text NOT NULL,
    history text NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (lab_id, unit, history)
  );
  -- Whole messages that are not understood or not believed, to be tried again by a newer hub, or looked at.
  CREATE TABLE hub.aside (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL,
    why text NOT NULL,
    detail text NOT NULL,
    received timestamptz NOT NULL,
    print bytea NOT NULL,
    payload bytea NOT NULL,
    UNIQUE (subject, print)
  );
  CREATE TABLE hub.alerts (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL,
    id text NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    seq bigint NOT NULL,
    history text NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL,
    unit text NOT NULL,
    model text NOT NULL,
    company text NOT NULL,
    country text NOT NULL,
    kind text NOT NULL,
    severity text NOT NULL,
    count bigint NOT NULL,
    simulated boolean NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (lab_id, id, first_seen)
  ) PARTITION BY RANGE (first_seen);
  CREATE INDEX ON hub.alerts (organisation_id, last_seen DESC);
  CREATE INDEX ON hub.alerts (lab_id, unit);
  CREATE TABLE hub.flows (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL,
    id text NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    history text NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL,
    unit text NOT NULL,
    model text NOT NULL,
    company text NOT NULL,
    country text NOT NULL,
    host text NOT NULL,
    bytes_up bigint NOT NULL,
    bytes_down bigint NOT NULL,
    simulated boolean NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (lab_id, id, opened_at)
  ) PARTITION BY RANGE (opened_at);
  CREATE INDEX ON hub.flows (lab_id, unit);
  CREATE TABLE hub.alerts_elsewhen PARTITION OF hub.alerts DEFAULT;
  CREATE TABLE hub.flows_elsewhen PARTITION OF hub.flows DEFAULT;
  CREATE TABLE hub.coverage (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL REFERENCES hub.labs,
    unit text NOT NULL,
    simulated boolean NOT NULL,
    told timestamptz NOT NULL,
    history text NOT NULL,
    position bigint NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (lab_id, unit, simulated)
  );
  CREATE TABLE hub.gaps (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL REFERENCES hub.labs,
    subject text NOT NULL,
    began timestamptz NOT NULL,
    ended timestamptz,
    kind text NOT NULL,
    PRIMARY KEY (lab_id, subject, began)
  );
  -- Kept up to date with what comes in, in the same transaction: grows with phones and companies, not with connections.
  CREATE TABLE hub.ledger (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL REFERENCES hub.labs,
    unit text NOT NULL,
    model text NOT NULL,
    company text NOT NULL,
    country text NOT NULL,
    kind text NOT NULL,
    simulated boolean NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    sightings bigint NOT NULL,
    bytes_up bigint NOT NULL,
    PRIMARY KEY (lab_id, unit, model, company, country, kind, simulated)
  );
  CREATE INDEX ON hub.ledger (organisation_id, model, company);

  CREATE FUNCTION hub.own_organisation() RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
    AS $$ SELECT id FROM hub.organisations WHERE role = current_setting('role')::name $$;
  ${SEPARATED.map(
    (table) => `ALTER TABLE hub.${table} ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON hub.${table} FOR SELECT USING (organisation_id = (SELECT hub.own_organisation()));`,
  ).join('\n  ')}
  `,
  LINES,
  `
  -- Browsers that signed in: any hub process knows them, and they end with their token.
  CREATE TABLE hub.sessions (
    hash bytea PRIMARY KEY,
    token bytea NOT NULL REFERENCES hub.tokens ON DELETE CASCADE,
    ends timestamptz NOT NULL
  );
  CREATE INDEX ON hub.sessions (token, ends);
  `,
  SIGNATURES,
  // Values that nobody registered, compared over the units of a model.
  `CREATE INDEX ON hub.alerts (organisation_id, model) WHERE content ? 'print'`,
  LINKS,
];

/** Of one hub at a time. */
const MIGRATION_LOCK = 7_466_337;

/** Applies what is missing and makes the partitions of these months. @returns version before and after. @throws LabError */
export async function migrate(database: Database, now: Date): Promise<{ from: number; to: number }> {
  const from = await database.transact(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query('CREATE SCHEMA IF NOT EXISTS hub');
    await client.query('CREATE TABLE IF NOT EXISTS hub.meta (version integer NOT NULL)');
    const found = await versionIn(client);
    mustKnow(found);
    for (const migration of MIGRATIONS.slice(found)) await client.query(migration);
    await client.query('DELETE FROM hub.meta');
    await client.query('INSERT INTO hub.meta VALUES ($1)', [MIGRATIONS.length]);
    const { rows } = await client.query<{ role: string }>('SELECT quote_ident(role) AS role FROM hub.organisations');
    for (const { role } of rows) await grantTo(client, role);
    return found;
  });
  await makePartitions(database, now);
  return { from, to: MIGRATIONS.length };
}

/** @throws LabError when the database is not as this program needs it */
export async function mustBeMigrated(database: Database): Promise<void> {
  const found = await database.transact(versionIn);
  mustKnow(found);
  if (found < MIGRATIONS.length) throw labError(text('hub.old-tables', { version: found }));
}

async function versionIn(client: Client): Promise<number> {
  const { rows } = await client.query<{ version: number }>('SELECT version FROM hub.meta');
  return rows[0]?.version ?? 0;
}

function mustKnow(version: number): void {
  if (version > MIGRATIONS.length) throw labError(text('hub.newer-tables', { version, known: MIGRATIONS.length }));
}

/** What an organisation's role may do: read its own rows. */
export async function grantTo(client: Client, role: string): Promise<void> {
  await client.query(`GRANT USAGE ON SCHEMA hub TO ${role}`);
  await client.query(`GRANT SELECT ON ${READ.map((table) => `hub.${table}`).join(', ')} TO ${role}`);
}
