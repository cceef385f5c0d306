/** A lab that rightly signs with another key than its first one: somebody says so, and it is kept who, when and why. */
import { labError } from '../formats/refusal.ts';
import { keyNameOf, readKeyText } from '../formats/signed-head.ts';
import { text } from '../model/text.ts';
import type { Client } from './database.ts';

export interface KeyAcceptance {
  organisation: string;
  lab: string;
  /** Its name: first digits of its SHA-256. */
  key: string;
  who: string;
  reason: string;
}

/** Only a key that the lab signed with already. @returns the name of the one before @throws LabError */
export async function acceptKey(client: Client, given: KeyAcceptance): Promise<string> {
  const { organisation, lab, key, who, reason } = given;
  if (reason.trim() === '') throw labError(text('hub.no-reason'));
  const { rows: labs } = await client.query<{ id: number; organisation_id: number; before: string | null }>(
    `SELECT labs.id, labs.organisation_id, encode(lab_keys.key, 'base64') AS before FROM hub.labs
     JOIN hub.organisations ON organisations.id = labs.organisation_id LEFT JOIN hub.lab_keys ON lab_id = labs.id
     WHERE organisations.name = $1 AND labs.name = $2`,
    [organisation, lab],
  );
  const [known] = labs;
  if (known === undefined) throw labError(text('hub.no-lab', { organisation, lab }));
  const { rows } = await client.query<{ key: string }>(
    `SELECT DISTINCT encode(key, 'base64') AS key FROM hub.forged WHERE lab_id = $1 AND why = 'key' AND key IS NOT NULL`,
    [known.id],
  );
  const found = rows.find((row) => nameOf(row.key) === key);
  if (known.before === null || found === undefined) throw labError(text('hub.no-such-key', { lab, key }));
  const values = [known.organisation_id, known.id, known.before, found.key, who, reason.trim()];
  await client.query(
    `INSERT INTO hub.accepted_keys (organisation_id, lab_id, before, key, who, reason)
     VALUES ($1, $2, decode($3, 'base64'), decode($4, 'base64'), $5, $6)`,
    values,
  );
  await client.query(`UPDATE hub.lab_keys SET key = decode($2, 'base64'), since = now() WHERE lab_id = $1`, [
    known.id,
    found.key,
  ]);
  // Of hubs before version 6 it is not known which key it was.
  await client.query(
    `DELETE FROM hub.forged WHERE lab_id = $1 AND why = 'key' AND (key IS NULL OR key = decode($2, 'base64'))`,
    [known.id, found.key],
  );
  return nameOf(known.before) ?? '';
}

/** @param encoded SPKI, base64 as PostgreSQL writes it. Null: it is none. */
export function nameOf(encoded: string): string | null {
  const key = readKeyText(encoded.replaceAll('\n', ''));
  return key && keyNameOf(key);
}
