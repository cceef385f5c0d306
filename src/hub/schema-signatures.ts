/** Version 4 of the database: ends of chains that labs signed, and the key each lab signed with first. */

const NEW_TABLES = ['lab_keys', 'checkpoints', 'forged'];

export const SIGNATURES = `
  CREATE TABLE hub.lab_keys (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL PRIMARY KEY REFERENCES hub.labs,
    key bytea NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
  );
  -- The time is text: as it stands in what was signed.
  CREATE TABLE hub.checkpoints (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL REFERENCES hub.labs,
    history text NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL,
    time text NOT NULL,
    -- Its name: the first digits of its SHA-256.
    key text NOT NULL,
    signature bytea NOT NULL,
    PRIMARY KEY (lab_id, history, position)
  );
  CREATE TABLE hub.forged (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL REFERENCES hub.labs,
    history text NOT NULL,
    position bigint NOT NULL,
    why text NOT NULL,
    seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lab_id, history, position, why)
  );
  -- Its rows are of labs that were looked up in the same transaction: asking for each of them again costs as much as a row.
  ALTER TABLE hub.ledger DROP CONSTRAINT ledger_lab_id_fkey;
  ${NEW_TABLES.map(
    (table) => `ALTER TABLE hub.${table} ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON hub.${table} FOR SELECT USING (organisation_id = (SELECT hub.own_organisation()));`,
  ).join('\n  ')}
`;
