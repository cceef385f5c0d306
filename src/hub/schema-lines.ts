/**
 * Version 2 of the database: firmware, and one row for each thing a model tells a company. Questions read these rows, of which
 * there are as many as models, companies and kinds, and not those of every phone.
 */

const NEW_TABLES = ['lines', 'units', 'fleet_alerts', 'ledger_news'];

/** Stands for all firmware versions together: units cannot be summed over them. */
export const ALL_FIRMWARE = '*';

export const LINES = `
  ALTER TABLE hub.alerts ADD COLUMN firmware text NOT NULL DEFAULT '';
  ALTER TABLE hub.flows ADD COLUMN firmware text NOT NULL DEFAULT '';
  ALTER TABLE hub.ledger ADD COLUMN firmware text NOT NULL DEFAULT '';
  ALTER TABLE hub.ledger DROP CONSTRAINT ledger_pkey;
  -- By unit first: whether another shop told the same of it is asked for every new row.
  ALTER TABLE hub.ledger ADD PRIMARY KEY (unit, kind, company, lab_id, model, firmware, country, simulated);
  DROP INDEX hub.ledger_organisation_id_model_company_idx;
  CREATE INDEX ON hub.ledger (lab_id, kind, company, model);
  -- What changes stands in no index: an update stays on its page.
  ALTER TABLE hub.ledger SET (fillfactor = 70);

  -- Appended by every consumer, folded into lines by one: no two of them wait for one hot row.
  CREATE TABLE hub.ledger_news (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL,
    unit text NOT NULL,
    model text NOT NULL,
    firmware text NOT NULL,
    company text NOT NULL,
    country text NOT NULL,
    kind text NOT NULL,
    simulated boolean NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    sightings bigint NOT NULL,
    bytes_up bigint NOT NULL,
    is_new boolean NOT NULL
  ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
  CREATE TABLE hub.lines (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL,
    model text NOT NULL,
    firmware text NOT NULL,
    company text NOT NULL,
    country text NOT NULL,
    kind text NOT NULL,
    simulated boolean NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    sightings bigint NOT NULL,
    bytes_up bigint NOT NULL,
    units integer NOT NULL,
    labs integer NOT NULL,
    UNIQUE (organisation_id, model, firmware, company, country, kind, simulated)
  ) WITH (fillfactor = 70);
  CREATE INDEX ON hub.lines (organisation_id, units DESC) WHERE firmware = '${ALL_FIRMWARE}';
  CREATE INDEX ON hub.lines (organisation_id, kind, units DESC) WHERE firmware = '${ALL_FIRMWARE}';
  CREATE INDEX ON hub.lines (organisation_id, company, units DESC) WHERE firmware = '${ALL_FIRMWARE}';
  CREATE INDEX ON hub.lines (organisation_id, country, units DESC) WHERE firmware = '${ALL_FIRMWARE}';
  CREATE TABLE hub.units (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL REFERENCES hub.labs,
    unit text NOT NULL,
    model text NOT NULL,
    firmware text NOT NULL,
    simulated boolean NOT NULL,
    name text,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    PRIMARY KEY (lab_id, unit, model, firmware, simulated)
  ) WITH (fillfactor = 70);
  CREATE INDEX ON hub.units (organisation_id, model);
  CREATE TABLE hub.fleet_alerts (
    organisation_id integer NOT NULL,
    rule text NOT NULL,
    line_id bigint NOT NULL REFERENCES hub.lines ON DELETE CASCADE,
    raised timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (line_id, rule)
  );
  CREATE INDEX ON hub.fleet_alerts (organisation_id, raised DESC);
  CREATE INDEX ON hub.aside (split_part(subject, '.', 2), split_part(subject, '.', 3), why);
  -- What was no longer kept, by lab and reason.
  CREATE TABLE hub.aside_over (
    organisation text NOT NULL,
    lab text NOT NULL,
    why text NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (organisation, lab, why)
  );
  INSERT INTO hub.ledger_news (organisation_id, lab_id, unit, model, firmware, company, country, kind, simulated, first_seen,
    last_seen, sightings, bytes_up, is_new)
    SELECT organisation_id, lab_id, unit, model, firmware, company, country, kind, simulated, first_seen, last_seen, sightings,
      bytes_up, true FROM hub.ledger;
  INSERT INTO hub.units SELECT organisation_id, lab_id, unit, model, firmware, simulated, NULL, min(first_seen), max(last_seen)
    FROM hub.ledger GROUP BY organisation_id, lab_id, unit, model, firmware, simulated;
  ${NEW_TABLES.map(
    (table) => `ALTER TABLE hub.${table} ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON hub.${table} FOR SELECT USING (organisation_id = (SELECT hub.own_organisation()));`,
  ).join('\n  ')}
`;
