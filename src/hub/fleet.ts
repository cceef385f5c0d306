/** The fleet: models with their firmware versions, phones, and what came or went with a firmware version. */
import type { FirmwareLine, FleetModel, FleetPhone } from '../model/hub.ts';
import type { Client } from './database.ts';
import { ALL_FIRMWARE } from './schema-lines.ts';

const MAX_PHONES = 1000;
const MAX_LINES = 5000;

/** By how many units there are of them. Of what the client's role may see. */
export async function readModels(client: Client, simulated: boolean | undefined): Promise<FleetModel[]> {
  const { rows } = await client.query(
    `SELECT model, firmware, GROUPING(firmware) AS is_whole, count(DISTINCT unit)::integer AS units,
       count(DISTINCT lab_id)::integer AS labs, min(first_seen) AS first_seen, max(last_seen) AS last_seen
     FROM hub.units WHERE $1::boolean IS NULL OR simulated = $1
     GROUP BY GROUPING SETS ((model), (model, firmware)) ORDER BY units DESC, model, min(first_seen), firmware`,
    [simulated ?? null],
  );
  const part = (row: (typeof rows)[number]) => ({
    units: row.units,
    labs: row.labs,
    firstSeen: row.first_seen.toISOString(),
    lastSeen: row.last_seen.toISOString(),
  });
  return rows
    .filter(({ is_whole }) => is_whole === 1)
    .map((whole) => ({
      model: whole.model || null,
      ...part(whole),
      firmware: rows
        .filter(({ is_whole, model }) => is_whole === 0 && model === whole.model)
        .map((row) => ({ version: row.firmware || null, ...part(row) }))
        .toSorted((a, b) => (a.firstSeen < b.firstSeen ? -1 : 1)),
    }));
}

/** The latest seen first; a phone in two shops, or whose firmware changed, is there once for each. */
export async function readPhones(
  client: Client,
  query: {
    lab?: string | undefined;
    model?: string | undefined;
    simulated?: boolean | undefined;
    limit?: number | undefined;
  },
): Promise<FleetPhone[]> {
  const { rows } = await client.query(
    `SELECT labs.name AS lab, unit, u.name, model, firmware, simulated, first_seen, last_seen
     FROM hub.units u JOIN hub.labs ON labs.id = lab_id
     WHERE ($1::text IS NULL OR labs.name = $1) AND ($2::text IS NULL OR model = $2) AND ($3::boolean IS NULL OR simulated = $3)
     ORDER BY last_seen DESC, unit LIMIT $4`,
    [query.lab ?? null, query.model ?? null, query.simulated ?? null, Math.min(query.limit ?? MAX_PHONES, MAX_PHONES)],
  );
  return rows.map((row) => ({
    lab: row.lab,
    unit: row.unit,
    name: row.name,
    model: row.model || null,
    firmware: row.firmware || null,
    simulated: row.simulated,
    firstSeen: row.first_seen.toISOString(),
    lastSeen: row.last_seen.toISOString(),
  }));
}

export interface FirmwareSeen {
  firmware: string;
  units: number;
  labs: number;
  /** ISO 8601. */
  firstSeen: string;
  lastSeen: string;
}

/**
 * What came and went with the firmware of a model. Versions are ordered by when a unit with each was first seen, for nobody else
 * tells their order; phones whose version nobody noted speak for no version.
 */
export async function compareFirmware(client: Client, model: string, simulated: boolean): Promise<FirmwareLine[]> {
  const versions = (await readModels(client, simulated)).find((one) => one.model === model)?.firmware ?? [];
  const order = versions.flatMap(({ version }) => (version === null ? [] : [version]));
  const { rows } = await client.query(
    `SELECT company, country, kind, firmware, units, labs, first_seen, last_seen FROM hub.lines
     WHERE model = $1 AND simulated = $2 AND firmware NOT IN ('', '${ALL_FIRMWARE}')
     ORDER BY company, country, kind LIMIT $3`,
    [model, simulated, MAX_LINES],
  );
  const lines = new Map<string, { company: string; country: string; kind: string; seen: FirmwareSeen[] }>();
  for (const { company, country, kind, firmware, units, labs, first_seen, last_seen } of rows) {
    const key = [company, country, kind].join('\0');
    const line = lines.get(key) ?? { company, country, kind, seen: [] as FirmwareSeen[] };
    line.seen.push({
      ...{ firmware, units, labs },
      ...{ firstSeen: first_seen.toISOString(), lastSeen: last_seen.toISOString() },
    });
    lines.set(key, line);
  }
  return [...lines.values()].map(({ company, country, kind, seen }) => ({
    company: company || null,
    country: country || null,
    kind,
    ...changeOf(order, seen),
  }));
}

/** Null: seen with the first version, or with no later one. */
export function changeOf(
  order: readonly string[],
  given: readonly FirmwareSeen[],
): Pick<FirmwareLine, 'seen' | 'notSeen' | 'appearedWith' | 'goneWith'> {
  const seen = given.toSorted((a, b) => order.indexOf(a.firmware) - order.indexOf(b.firmware));
  const has = new Set(seen.map(({ firmware }) => firmware));
  const [first, last] = [seen[0]?.firmware ?? '', seen.at(-1)?.firmware ?? ''];
  return {
    seen,
    notSeen: order.filter((version) => !has.has(version)),
    appearedWith: order.indexOf(first) > 0 ? first : null,
    goneWith: order[order.indexOf(last) + 1] ?? null,
  };
}
