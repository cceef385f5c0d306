/**
 * Values that nobody registered, compared over the units of a model by their prints: what is one for each unit and stays is an
 * identifier of the unit, whatever it is called; what many units share is not.
 */
import type { IdentifierVerdict, ModelIdentifier } from '../model/hub.ts';
import type { Client } from './database.ts';

const MAX_PLACES = 1000;

interface Spread {
  units: number;
  /** Units with one value only, and those of them that told it more than once. */
  steady: number;
  staying: number;
  /** Units that told the value that most of them told. */
  most: number;
}

export function verdictOf({ units, steady, staying, most }: Spread): IdentifierVerdict {
  if (steady * 2 < units) return 'changing';
  if (most > 1) return 'shared';
  return staying > 1 ? 'unit' : 'open';
}

const PLACE = 'company, country, host, kind, "where", path';

/** A line for each place where units of a model told such a value. Of what the client's role may see. */
export async function readIdentifiers(client: Client, model: string, simulated: boolean): Promise<ModelIdentifier[]> {
  const { rows } = await client.query(
    `WITH told AS (
       SELECT company, country, content->>'host' AS host, kind, coalesce(content->>'where', '') AS "where",
         coalesce(regexp_replace(content->>'path', '\\[\\d+\\]', '[]', 'g'), '') AS path, content->>'print' AS print, unit, lab_id,
         first_seen, last_seen, count
       FROM hub.alerts WHERE model = $1 AND simulated = $2 AND content ? 'print'
     ),
     whole AS (
       SELECT ${PLACE}, count(DISTINCT lab_id)::integer AS labs, sum(count)::float8 AS sightings, min(first_seen) AS first_seen,
         max(last_seen) AS last_seen FROM told GROUP BY ${PLACE}
     ),
     by_unit AS (
       SELECT ${PLACE}, count(*)::integer AS units, count(*) FILTER (WHERE own = 1)::integer AS steady,
         count(*) FILTER (WHERE own = 1 AND times > 1)::integer AS staying
       FROM (SELECT ${PLACE}, unit, count(DISTINCT print) AS own, sum(count) AS times FROM told GROUP BY ${PLACE}, unit) u GROUP BY ${PLACE}
     ),
     by_value AS (
       SELECT ${PLACE}, count(*)::integer AS values, max(tellers)::integer AS most
       FROM (SELECT ${PLACE}, print, count(DISTINCT unit) AS tellers FROM told GROUP BY ${PLACE}, print) v GROUP BY ${PLACE}
     )
     SELECT * FROM whole JOIN by_unit USING (${PLACE}) JOIN by_value USING (${PLACE})
     ORDER BY units DESC, sightings DESC, ${PLACE} LIMIT $3`,
    [model, simulated, MAX_PLACES],
  );
  return rows.map((row) => ({
    company: row.company || null,
    country: row.country || null,
    ...{ host: row.host, kind: row.kind, where: row.where || null, path: row.path || null },
    verdict: verdictOf(row),
    ...{ units: row.units, labs: row.labs, values: row.values, sightings: row.sightings },
    firstSeen: row.first_seen.toISOString(),
    lastSeen: row.last_seen.toISOString(),
  }));
}
