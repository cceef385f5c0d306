/**
 * Ends of chains that labs signed, kept so that the hub can show what a lab recorded. Promise: what is kept fits the chain as the lab
 * told it and was signed with the key that the lab signed with first; what does not hold is noted and changes nothing else.
 */
import { isSignedWith, keyNameOf, readKeyText } from '../formats/signed-head.ts';
import { writeCheckpoint } from '../model/checkpoint.ts';
import type { ChainSignature, ForgedWhy } from '../model/hub.ts';
import type { Client } from './database.ts';

export interface SignedEnd extends ChainSignature {
  lab: number;
  organisation: number;
  history: string;
  position: number;
  /** Hex. */
  hash: string;
}

const MAX_HEADS = 1000;

/** A history that is another branch of an epoch has its number behind it. */
const epochOf = (history: string): string => history.split('.', 1)[0] ?? '';

/** With their labs locked: ends of which the record is known to be the one that the lab told. */
export async function putSigned(client: Client, ends: readonly SignedEnd[]): Promise<void> {
  if (ends.length === 0) return;
  const { rows } = await client.query<{ lab_id: number; key: string }>(
    `SELECT lab_id, encode(key, 'base64') AS key FROM hub.lab_keys WHERE lab_id = ANY($1)`,
    [ends.map(({ lab }) => lab)],
  );
  const keys = new Map(rows.map(({ lab_id, key }) => [lab_id, key.replaceAll('\n', '')]));
  for (const end of ends) {
    const key = readKeyText(end.key);
    const isFitting = key !== null && isSignedWith(key, { ...end, epoch: epochOf(end.history), key: keyNameOf(key) });
    if (!isFitting) await putForged(client, end, 'signature');
    else if ((keys.get(end.lab) ?? end.key) !== end.key) await putForged(client, end, 'key', end.key);
    else {
      if (!keys.has(end.lab)) await keepKey(client, end);
      keys.set(end.lab, end.key);
      await client.query(
        `INSERT INTO hub.checkpoints (organisation_id, lab_id, history, position, hash, time, key, signature)
         VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6, $7, decode($8, 'base64')) ON CONFLICT DO NOTHING`,
        [end.organisation, end.lab, end.history, end.position, end.hash, end.time, keyNameOf(key), end.signature],
      );
    }
  }
}

async function keepKey(client: Client, { organisation, lab, key }: SignedEnd): Promise<void> {
  await client.query(`INSERT INTO hub.lab_keys (organisation_id, lab_id, key) VALUES ($1, $2, decode($3, 'base64'))`, [
    organisation,
    lab,
    key,
  ]);
}

/** A lab is noted once for each place and reason. @param key as it was sent, where it is the reason */
async function putForged(client: Client, end: SignedEnd, why: ForgedWhy, key: string | null = null): Promise<void> {
  await client.query(
    `INSERT INTO hub.forged (organisation_id, lab_id, history, position, why, key) VALUES ($1, $2, $3, $4, $5, decode($6, 'base64'))
     ON CONFLICT (lab_id, history, position, why) DO UPDATE SET key = coalesce(forged.key, excluded.key) WHERE forged.key IS NULL`,
    [end.organisation, end.lab, end.history, end.position, why, key],
  );
}

/** What heartbeats say was signed last, held against the chain as far as it came: it tells only of where the chain ends now. */
export async function checkBeats(client: Client, told: readonly SignedEnd[]): Promise<void> {
  if (told.length === 0) return;
  const { rows } = await client.query<{ place: number; fits: boolean }>(
    `SELECT place::integer - 1 AS place, coalesce(k.hash, c.hash) = decode(told.hash, 'hex') AS fits
     FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::text[]) WITH ORDINALITY AS told(lab, name, at, hash, place)
     LEFT JOIN hub.chains c ON c.lab_id = lab AND c.history = name AND c.last = at
     LEFT JOIN hub.checkpoints k ON k.lab_id = lab AND k.history = name AND k.position = at
     WHERE (k.hash IS NULL AND c.hash IS NOT NULL) OR k.hash <> decode(told.hash, 'hex')`,
    [
      told.map(({ lab }) => lab),
      told.map(({ history }) => history),
      told.map(({ position }) => position),
      told.map(({ hash }) => hash),
    ],
  );
  const ends = rows.map(({ place, fits }) => ({ end: told[place] as SignedEnd, fits }));
  for (const { end, fits } of ends) if (!fits) await putForged(client, end, 'record');
  await putSigned(
    client,
    ends.flatMap(({ end, fits }) => (fits ? [end] : [])),
  );
}

/** Lines as `phonehome verify --expect` of the lab takes them, the latest first; of what the client's role may see. */
export async function readSignedHeads(client: Client, lab: string): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT checkpoints.history, position::float8, encode(hash, 'hex') AS hash, time, key,
       translate(encode(signature, 'base64'), E'\\n', '') AS signature
     FROM hub.checkpoints JOIN hub.labs ON labs.id = lab_id
     WHERE labs.name = $1 ORDER BY time DESC, position DESC LIMIT ${MAX_HEADS}`,
    [lab],
  );
  return rows.map(({ history, ...head }) => writeCheckpoint({ ...head, epoch: epochOf(history) }));
}
