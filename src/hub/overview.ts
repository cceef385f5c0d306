/** Shops, models and phones of one organisation at a glance. Read as that organisation's role. */
import type { LabPresence, LabUnit, ModelOverview } from '../model/hub.ts';
import { KINDS, SEVERITIES } from '../model/words.ts';
import type { Client } from './database.ts';
import { readModels } from './fleet.ts';

/** Four heartbeats of the usual length. */
const LIVE_SECONDS = 120;
/** A shop that closed, or whose line is down, is silent first. */
const SILENT_SECONDS = 3600;
const MAX_UNITS = 1000;

export const presenceOf = (silentSeconds: number | null): LabPresence =>
  silentSeconds === null || silentSeconds > SILENT_SECONDS
    ? 'offline'
    : silentSeconds > LIVE_SECONDS
      ? 'silent'
      : 'live';

/** By the database's clock, as the broker's tells when a lab was heard. */
export async function readPresence(
  client: Client,
): Promise<Map<string, { presence: LabPresence; phones: number; models: number }>> {
  const { rows } = await client.query(
    `SELECT name, extract(epoch FROM now() - heard)::float8 AS silent, coalesce(phones, 0)::integer AS phones,
       coalesce(models, 0)::integer AS models
     FROM hub.labs LEFT JOIN (SELECT lab_id, count(DISTINCT unit) AS phones, count(DISTINCT model) FILTER (WHERE model <> '') AS models
       FROM hub.units WHERE NOT simulated GROUP BY lab_id) AS known ON lab_id = labs.id`,
  );
  return new Map(
    rows.map(({ name, silent, phones, models }) => [name, { presence: presenceOf(silent), phones, models }]),
  );
}

/** Every model with its firmware, and what was found leaving it. What was simulated is no phone's. */
export async function readModelOverviews(client: Client): Promise<ModelOverview[]> {
  const models = await readModels(client, false);
  const { rows } = await client.query(
    `SELECT model, count(DISTINCT unit)::integer AS found, array_agg(DISTINCT kind) AS kinds,
       coalesce(array_agg(DISTINCT country) FILTER (WHERE country <> ''), '{}') AS countries,
       count(DISTINCT company) FILTER (WHERE company <> '')::integer AS companies
     FROM hub.ledger WHERE NOT simulated AND kind = ANY($1) GROUP BY model`,
    [KINDS],
  );
  const foundOf = new Map(rows.map((row) => [row.model || null, row]));
  return models
    .map((model): ModelOverview => {
      const found = foundOf.get(model.model);
      return {
        ...model,
        found: found?.found ?? 0,
        kinds: KINDS.filter((kind) => found?.kinds.includes(kind)),
        countries: found?.countries ?? [],
        companies: found?.companies ?? 0,
      };
    })
    .toSorted((one, other) => other.found - one.found || other.units - one.units);
}

/** Phones of a shop, the worst first; null: no shop of this name. */
export async function readUnits(client: Client, lab: string): Promise<LabUnit[] | null> {
  const { rows: labs } = await client.query('SELECT id FROM hub.labs WHERE name = $1', [lab]);
  if (labs[0] === undefined) return null;
  const { rows } = await client.query(
    `WITH known AS (
       SELECT unit, simulated, max(model) AS model, max(firmware) AS firmware, min(first_seen) AS first_seen, max(last_seen) AS last_seen,
         coalesce(array_agg(DISTINCT kind) FILTER (WHERE kind = ANY($2)), '{}') AS kinds,
         count(DISTINCT company) FILTER (WHERE company <> '')::integer AS companies,
         sum(sightings) FILTER (WHERE kind = 'connection')::float8 AS connections
       FROM hub.ledger WHERE lab_id = $1 GROUP BY unit, simulated),
     worst AS (
       SELECT unit, simulated, max(array_position($3::text[], severity)) AS severity, max(content->>'name') AS name
       FROM hub.alerts WHERE lab_id = $1 GROUP BY unit, simulated)
     SELECT known.*, worst.severity, coalesce(worst.name, c.content->>'name') AS name, c.content->>'trust' AS trust,
       (c.content->>'readShare')::float8 AS read_share
     FROM known LEFT JOIN worst USING (unit, simulated)
       LEFT JOIN hub.coverage c ON c.lab_id = $1 AND c.unit = known.unit AND c.simulated = known.simulated
     ORDER BY simulated, severity DESC NULLS LAST, last_seen DESC, unit LIMIT ${MAX_UNITS}`,
    [labs[0].id, KINDS, SEVERITIES],
  );
  return rows.map((row) => ({
    unit: row.unit,
    name: row.name,
    model: row.model || null,
    firmware: row.firmware || null,
    simulated: row.simulated,
    worst: row.severity === null ? null : (SEVERITIES[row.severity - 1] ?? null),
    kinds: KINDS.filter((kind) => row.kinds.includes(kind)),
    companies: row.companies,
    connections: row.connections ?? 0,
    trust: row.trust,
    readShare: row.read_share,
    firstSeen: row.first_seen.toISOString(),
    lastSeen: row.last_seen.toISOString(),
  }));
}
