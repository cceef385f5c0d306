/** Version 6 of the database: links of chains, and keys that somebody accepted in the place of a lab's first one. */

const NEW_TABLES = ['links', 'accepted_keys'];

export const LINKS = `
  -- A row a message, without a foreign key for the reason of the ledger's: labs were looked up in the same transaction.
  CREATE TABLE hub.links (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL,
    history text NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    links bytea NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (lab_id, history, first, last)
  );
  -- With which it was signed: so that somebody can accept it.
  ALTER TABLE hub.forged ADD COLUMN key bytea;
  CREATE TABLE hub.accepted_keys (
    organisation_id integer NOT NULL,
    lab_id integer NOT NULL REFERENCES hub.labs,
    before bytea NOT NULL,
    key bytea NOT NULL,
    who text NOT NULL,
    reason text NOT NULL,
    accepted timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX ON hub.accepted_keys (lab_id, accepted);
  ${NEW_TABLES.map(
    (table) => `ALTER TABLE hub.${table} ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON hub.${table} FOR SELECT USING (organisation_id = (SELECT hub.own_organisation()));`,
  ).join('\n  ')}
`;
