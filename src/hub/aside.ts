/**
 * Messages that are not understood or not believed, kept whole to be tried again or looked at. Promise: a lab that floods takes a
 * bounded place; above it messages are counted and no longer kept.
 */
import { hash } from 'node:crypto';
import type { Client } from './database.ts';
import { type Aside, WAITING, type WhyAside } from './message.ts';

/** Of one lab and reason. What waits for an update or for its organisation may be evidence; the rest shows by example. */
const MAX_WAITING = 100_000;
const MAX_EXAMPLES = 1000;

const ASIDE_LOCK = 7_466_341;

const boundOf = (why: WhyAside): number => (WAITING.includes(why) ? MAX_WAITING : MAX_EXAMPLES);

/** The same message once. */
export async function putAside(client: Client, aside: readonly Aside[]): Promise<void> {
  if (aside.length === 0) return;
  const groups = Map.groupBy(aside, ({ subject, why }) => [...senderOf(subject), why].join('\0'));
  // Several consumers take from one flood: each counts what the others have kept. In one order, so that none waits in a ring.
  await client.query(
    'SELECT pg_advisory_xact_lock($1, key) FROM (SELECT DISTINCT hashtext(name) AS key FROM unnest($2::text[]) AS name ORDER BY 1) AS keys',
    [ASIDE_LOCK, [...groups.keys()].map((name) => name.replaceAll('\0', ' '))],
  );
  for (const [name, group] of groups) {
    const [organisation = '', lab = '', why = ''] = name.split('\0');
    const bound = boundOf(why as WhyAside);
    const { rows } = await client.query<{ kept: number }>(
      `SELECT count(*)::integer AS kept FROM (SELECT FROM hub.aside
       WHERE split_part(subject, '.', 2) = $1 AND split_part(subject, '.', 3) = $2 AND why = $3 LIMIT $4) AS examples`,
      [organisation, lab, why, bound],
    );
    const room = Math.max(0, bound - (rows[0]?.kept ?? 0));
    await keep(client, group.slice(0, room));
    const over = group.length - room;
    if (over > 0)
      await client.query(
        `INSERT INTO hub.aside_over AS o (organisation, lab, why, count) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organisation, lab, why) DO UPDATE SET count = o.count + excluded.count`,
        [organisation, lab, why, over],
      );
  }
}

const senderOf = (subject: string): string[] => {
  const [, organisation = '', lab = ''] = subject.toWellFormed().split('.');
  return [organisation, lab];
};

async function keep(client: Client, aside: readonly Aside[]): Promise<void> {
  if (aside.length === 0) return;
  const rows = aside.map(({ subject, why, detail, received, bytes }) => ({
    ...{ subject: subject.toWellFormed(), why, detail: detail.toWellFormed(), received },
    print: hash('sha256', bytes),
    payload: Buffer.from(bytes).toString('base64'),
  }));
  await client.query(
    `INSERT INTO hub.aside (subject, why, detail, received, print, payload)
     SELECT subject, why, detail, to_timestamp(received / 1000), decode(print, 'hex'), decode(payload, 'base64')
     FROM jsonb_to_recordset($1) AS r(subject text, why text, detail text, received double precision, print text, payload text)
     ON CONFLICT (subject, print) DO NOTHING`,
    [JSON.stringify(rows)],
  );
}
