/** Organisations: each has a role of the database that sees its rows alone, and tokens of the API. */
import { hash, randomBytes } from 'node:crypto';
import { labError } from '../formats/refusal.ts';
import { HUB_NAME } from '../model/hub.ts';
import { text } from '../model/text.ts';
import type { Database } from './database.ts';
import { grantTo } from './schema.ts';

const TOKEN_BYTES = 32;

const hashOf = (token: string): Buffer => hash('sha256', token, 'buffer');

/** A name as an identifier of SQL. It holds small letters, digits and hyphens only. */
const quoted = (name: string): string => `"${name}"`;

export interface Organisation {
  id: number;
  name: string;
  /** Of the database, quoted. */
  role: string;
}

/** Adds it unless it is there. @returns a new token, which is kept as a hash only. @throws LabError */
export async function addOrganisation(database: Database, name: string): Promise<{ isNew: boolean; token: string }> {
  if (!HUB_NAME.test(name)) throw labError(text('hub.no-organisation', { name }));
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const isNew = await database.transact(async (client) => {
    // Roles belong to the server, not to the database: two hubs on one server do not share them.
    const { rows: named } = await client.query('SELECT current_database() AS database');
    const role = `${named[0].database}_org_${name}`.slice(0, 63);
    const { rows } = await client.query(
      'INSERT INTO hub.organisations (name, role) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING id',
      [name, role],
    );
    if (rows.length > 0) {
      const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
      if (rowCount === 0) await client.query(`CREATE ROLE ${quoted(role)} NOLOGIN`);
      await client.query(`GRANT ${quoted(role)} TO CURRENT_USER`);
      await grantTo(client, quoted(role));
    }
    await client.query(
      'INSERT INTO hub.tokens (hash, organisation_id) SELECT $1, id FROM hub.organisations WHERE name = $2',
      [hashOf(token), name],
    );
    return rows.length > 0;
  });
  return { isNew, token };
}

/** Null: it is nobody's. */
export const organisationOf = (database: Database, token: string): Promise<Organisation | null> =>
  find(database, 'hub.tokens WHERE hash = $1', token);

/** Of a browser that signed in. Null: it did not, or its time is over. */
export const organisationOfSession = (database: Database, id: string): Promise<Organisation | null> =>
  find(
    database,
    'hub.sessions JOIN hub.tokens ON tokens.hash = sessions.token WHERE sessions.hash = $1 AND ends > now()',
    id,
  );

async function find(database: Database, among: string, secret: string): Promise<Organisation | null> {
  const { rows } = await database.transact((client) =>
    client.query(`SELECT id, name, role FROM hub.organisations WHERE id = (SELECT organisation_id FROM ${among})`, [
      hashOf(secret),
    ]),
  );
  const [row] = rows;
  return row ? { id: row.id, name: row.name, role: quoted(row.role) } : null;
}

/** Of one token: more is a forgotten script. Those that end first go. */
const MAX_SESSIONS = 64;

/** @returns what the cookie holds; it is kept as a hash only. Null: the token is nobody's */
export async function openSession(database: Database, token: string, seconds: number): Promise<string | null> {
  const id = randomBytes(TOKEN_BYTES).toString('base64url');
  const isOpen = await database.transact(async (client) => {
    const { rowCount } = await client.query(
      `INSERT INTO hub.sessions (hash, token, ends) SELECT $1, hash, now() + make_interval(secs => $3) FROM hub.tokens WHERE hash = $2`,
      [hashOf(id), hashOf(token), seconds],
    );
    await client.query(
      `DELETE FROM hub.sessions WHERE ends < now()
         OR hash IN (SELECT hash FROM hub.sessions WHERE token = $1 ORDER BY ends DESC OFFSET $2)`,
      [hashOf(token), MAX_SESSIONS],
    );
    return rowCount === 1;
  });
  return isOpen ? id : null;
}

export async function endSession(database: Database, id: string): Promise<void> {
  await database.transact((client) => client.query('DELETE FROM hub.sessions WHERE hash = $1', [hashOf(id)]));
}
