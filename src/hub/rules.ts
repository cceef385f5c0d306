/** Rules over a whole fleet: the same leak on so many units of a model, in so many shops. What one found once stays told. */
import type { FleetAlert } from '../model/hub.ts';
import type { Client } from './database.ts';
import { ALL_FIRMWARE } from './schema-lines.ts';

export interface FleetRule {
  name: string;
  /** At least so many. */
  units: number;
  labs: number;
  /** Units of one firmware version are counted, or of all of them together. */
  per: 'model' | 'firmware';
  /** Only these; all when not given. A connection is a leak only where it is named. */
  kind?: string | undefined;
  company?: string | undefined;
  country?: string | undefined;
  model?: string | undefined;
}

export const RULES: readonly FleetRule[] = [
  { name: 'the same leak on three units of a model', units: 3, labs: 1, per: 'model' },
];

/** Looks at these lines; null: at all. */
export async function raise(client: Client, rules: readonly FleetRule[], lines: readonly number[] | null) {
  for (const { name, units, labs, per, kind, company, country, model } of rules)
    await client.query(
      `INSERT INTO hub.fleet_alerts (organisation_id, rule, line_id)
       SELECT organisation_id, $1, id FROM hub.lines WHERE ($2::bigint[] IS NULL OR id = ANY($2)) AND units >= $3 AND labs >= $4
         AND (firmware = '${ALL_FIRMWARE}') = $5 AND firmware <> '' AND kind IS NOT DISTINCT FROM coalesce($6, nullif(kind, 'connection'))
         AND company = coalesce($7, company) AND country = coalesce($8, country) AND model = coalesce($9, model)
       ON CONFLICT DO NOTHING`,
      [name, lines, units, labs, per === 'model', kind ?? null, company ?? null, country ?? null, model ?? null],
    );
}

const MAX_ALERTS = 1000;

/** The latest first, each with what is known of its line now. Of what the client's role may see. */
export async function readFleetAlerts(
  client: Client,
  { simulated, limit }: { simulated?: boolean | undefined; limit?: number | undefined },
): Promise<FleetAlert[]> {
  const { rows } = await client.query(
    `SELECT rule, raised, model, firmware, company, country, kind, simulated, first_seen, last_seen, units, labs, sightings::float8
     FROM hub.fleet_alerts JOIN hub.lines ON id = line_id WHERE $1::boolean IS NULL OR simulated = $1
     ORDER BY raised DESC, units DESC, id LIMIT $2`,
    [simulated ?? null, Math.min(limit ?? MAX_ALERTS, MAX_ALERTS)],
  );
  return rows.map((row) => ({
    rule: row.rule,
    raised: row.raised.toISOString(),
    model: row.model || null,
    firmware: row.firmware === ALL_FIRMWARE ? null : row.firmware,
    company: row.company || null,
    country: row.country || null,
    kind: row.kind,
    simulated: row.simulated,
    firstSeen: row.first_seen.toISOString(),
    lastSeen: row.last_seen.toISOString(),
    units: row.units,
    labs: row.labs,
    sightings: row.sightings,
  }));
}
