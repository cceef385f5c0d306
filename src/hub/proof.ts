/**
 * What the hub can prove of a lab: the links that it keeps, reckoned again from the first to the last, against every hash it knows (the
 * ends of stretches, what the lab signed, the records of its own rows) and against a package that the lab handed out since.
 * Promise: reads in bounded pieces within one view of the database, changes nothing, believes nothing it can reckon.
 */
import { hashOf } from '../formats/chain-link.ts';
import { labError } from '../formats/refusal.ts';
import { isSignedWith, keyNameOf, readKeyText } from '../formats/signed-head.ts';
import type { HistoryProof, LabProof, PackageChain } from '../model/hub.ts';
import { text } from '../model/text.ts';
import type { Client } from './database.ts';
import { unpackLinks } from './links.ts';

const HASH_BYTES = 32;
const PIECE = 500;
const MAX_LISTED = 20;
const GENESIS = Buffer.alloc(HASH_BYTES);

interface Signed {
  hash: Buffer;
  time: string;
  key: string;
  holds: boolean;
}

/** What is known of one history besides its links. */
interface Known {
  /** Hash behind a position. */
  hashes: Map<number, Buffer>;
  signed: Map<number, Signed>;
  last: number;
}

/** A history that is another branch of an epoch has its number behind it. */
const epochOf = (history: string): string => history.split('.', 1)[0] ?? '';

/** @param given what the lab handed out; null: the hub alone is looked at. @throws LabError when there is no such lab */
export async function proveLab(
  client: Client,
  { organisation, lab }: { organisation: string; lab: string },
  given: PackageChain | null,
): Promise<LabProof> {
  await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const { rows: labs } = await client.query<{ id: number }>(
    `SELECT labs.id FROM hub.labs JOIN hub.organisations ON organisations.id = organisation_id
     WHERE organisations.name = $1 AND labs.name = $2`,
    [organisation, lab],
  );
  const id = labs[0]?.id;
  if (id === undefined) throw labError(text('hub.no-lab', { organisation, lab }));
  const { rows: told } = await client.query<{ history: string }>(
    'SELECT history FROM hub.chains WHERE lab_id = $1 GROUP BY history ORDER BY history',
    [id],
  );
  const keys = await keysOf(client, id);
  const histories: HistoryProof[] = [];
  for (const { history } of told) {
    const known = await knownOf(client, { id, history, keys });
    histories.push(await prove(client, { id, history }, known, given?.epoch === epochOf(history) ? given : null));
  }
  return { organisation, lab, histories };
}

/** By name: the one in force, and those that it took the place of. */
async function keysOf(client: Client, lab: number) {
  const { rows } = await client.query<{ key: string }>(
    `SELECT encode(key, 'base64') AS key FROM hub.lab_keys WHERE lab_id = $1
     UNION SELECT encode(before, 'base64') FROM hub.accepted_keys WHERE lab_id = $1
     UNION SELECT encode(key, 'base64') FROM hub.accepted_keys WHERE lab_id = $1`,
    [lab],
  );
  const keys = rows.flatMap(({ key }) => readKeyText(key.replaceAll('\n', '')) ?? []);
  return new Map(keys.map((key) => [keyNameOf(key), key]));
}

async function knownOf(
  client: Client,
  { id, history, keys }: { id: number; history: string; keys: Awaited<ReturnType<typeof keysOf>> },
): Promise<Known> {
  const hashes = new Map<number, Buffer>([[0, GENESIS]]);
  const { rows: stretches } = await client.query<{ first: number; last: number; before: Buffer; hash: Buffer }>(
    'SELECT first::float8, last::float8, before, hash FROM hub.chains WHERE lab_id = $1 AND history = $2 ORDER BY first',
    [id, history],
  );
  for (const { first, last, before, hash } of stretches) {
    hashes.set(first - 1, before);
    hashes.set(last, hash);
  }
  const { rows: ends } = await client.query<{
    position: number;
    hash: Buffer;
    time: string;
    key: string;
    signature: string;
  }>(
    `SELECT position::float8, hash, time, key, translate(encode(signature, 'base64'), E'\\n', '') AS signature
     FROM hub.checkpoints WHERE lab_id = $1 AND history = $2`,
    [id, history],
  );
  const signed = new Map<number, Signed>();
  for (const { position, hash, time, key: name, signature } of ends) {
    const key = keys.get(name);
    const end = { epoch: epochOf(history), position, hash: hash.toString('hex'), time, key: name, signature };
    signed.set(position, { hash, time, key: name, holds: key !== undefined && isSignedWith(key, end) });
  }
  return { hashes, signed, last: stretches.at(-1)?.last ?? 0 };
}

interface Row {
  position: number;
  hash: Buffer;
}

/** Rows of a query in order, a piece at a time. */
async function* piecewise<R>(client: Client, name: string, query: string): AsyncGenerator<R> {
  await client.query(`DECLARE ${name} NO SCROLL CURSOR FOR ${query}`);
  try {
    for (;;) {
      const { rows } = await client.query(`FETCH ${PIECE} FROM ${name}`);
      yield* rows as R[];
      if (rows.length < PIECE) return;
    }
  } finally {
    await client.query(`CLOSE ${name}`).catch(() => {});
  }
}

async function prove(
  client: Client,
  { id, history }: { id: number; history: string },
  known: Known,
  given: PackageChain | null,
): Promise<HistoryProof> {
  const proof: HistoryProof = {
    ...{ history, records: 0, rows: 0, signed: null, unheld: [], compared: 0, problem: null },
  };
  const ofLab = `lab_id = ${id} AND history = ${client.escapeLiteral(history)}`;
  const rows = piecewise<Row>(
    client,
    'told_rows',
    `SELECT position::float8, hash FROM hub.alerts WHERE ${ofLab}
     UNION ALL SELECT position::float8, hash FROM hub.flows WHERE ${ofLab} ORDER BY 1`,
  );
  const links = piecewise<{ first: number; links: Buffer }>(
    client,
    'told_links',
    `SELECT first::float8, links FROM hub.links WHERE ${ofLab} ORDER BY first, last`,
  );
  let row = await rows.next();
  let at = 0;
  let hash: Buffer | null = GENESIS;
  const leaveOut = (from: number, to: number): void => {
    const last = proof.unheld.at(-1);
    if (last && last.to === from - 1) last.to = to;
    else if (proof.unheld.length < MAX_LISTED) proof.unheld.push({ from, to });
  };
  walk: for await (const piece of links)
    for (const record of unpackLinks(piece.links, piece.first)) {
      const { position } = record;
      // Two messages may tell of one place.
      if (position <= at) continue;
      if (position > at + 1) {
        leaveOut(at + 1, position - 1);
        hash = null;
      }
      hash ??= known.hashes.get(position - 1) ?? known.signed.get(position - 1)?.hash ?? null;
      at = position;
      if (hash === null) {
        leaveOut(position, position);
        continue;
      }
      hash = hashOf(hash, record);
      const signed = known.signed.get(position);
      while (!row.done && row.value.position < position) row = await rows.next();
      const isRow = !row.done && row.value.position === position;
      const own = hashIn(given, position);
      const what =
        !(known.hashes.get(position)?.equals(hash) ?? true) || !(signed?.hash.equals(hash) ?? true)
          ? 'link'
          : signed?.holds === false
            ? 'signature'
            : isRow && !row.value.hash.equals(hash)
              ? 'row'
              : own !== null && !own.equals(hash)
                ? 'package'
                : null;
      if (what !== null) {
        proof.problem = { position, what };
        break walk;
      }
      proof.records++;
      if (isRow) proof.rows++;
      if (own !== null) proof.compared++;
      if (signed) proof.signed = { position, time: signed.time, key: signed.key };
    }
  await Promise.all([rows.return(undefined), links.return(undefined)]);
  if (proof.problem === null && at < known.last) leaveOut(at + 1, known.last);
  return proof;
}

/** Of a record in the package; null: it is not in it. */
function hashIn(given: PackageChain | null, position: number): Buffer | null {
  if (given === null) return null;
  const from = (position - given.first) * HASH_BYTES;
  return from < 0 || from >= given.hashes.length ? null : given.hashes.subarray(from, from + HASH_BYTES);
}
