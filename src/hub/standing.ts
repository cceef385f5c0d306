/** How each lab stands: when it was heard, whether its clock is right, and whether its chain came whole. */
import type { LabStanding } from '../model/hub.ts';
import type { Client } from './database.ts';
import { nameOf } from './keys.ts';

/** A phone's clock and a shop's may differ; evidence that is minutes off is told. */
const CLOCK_SECONDS = 90;
const MAX_LISTED = 20;

/** @param organisation only of this one; null: of all */
export async function readStandings(client: Client, organisation: string | null): Promise<LabStanding[]> {
  const { rows: labs } = await client.query(
    `SELECT labs.id, organisations.name AS organisation, labs.name AS lab, heard, clock_ahead, version, history, head::float8
     FROM hub.labs JOIN hub.organisations ON organisations.id = organisation_id
     WHERE $1::text IS NULL OR organisations.name = $1 ORDER BY 2, 3`,
    [organisation],
  );
  const { rows: chains } = await client.query(
    'SELECT lab_id, history, first::float8, last::float8 FROM hub.chains ORDER BY lab_id, history, first',
  );
  const { rows: faults } = await client.query(
    'SELECT lab_id, history, position::float8, what FROM hub.faults ORDER BY seen DESC LIMIT 1000',
  );
  const { rows: aside } = await client.query(
    `SELECT organisation, lab, why, sum(n)::integer AS n FROM (
       SELECT split_part(subject, '.', 2) AS organisation, split_part(subject, '.', 3) AS lab, why, count(*) AS n FROM hub.aside GROUP BY 1, 2, 3
       UNION ALL SELECT organisation, lab, why, count FROM hub.aside_over) AS aside GROUP BY 1, 2, 3`,
  );
  const { rows: signed } = await client.query(
    `SELECT labs.id AS lab_id, position::float8, time, key FROM hub.labs CROSS JOIN LATERAL (
       SELECT position, time, key FROM hub.checkpoints WHERE lab_id = labs.id AND history = labs.history ORDER BY position DESC LIMIT 1) latest`,
  );
  const { rows: forged } = await client.query(
    `SELECT lab_id, position::float8, why, encode(key, 'base64') AS key FROM hub.forged ORDER BY seen DESC, position DESC LIMIT 1000`,
  );
  const { rows: accepted } = await client.query(
    `SELECT DISTINCT ON (lab_id) lab_id, accepted, who, reason, encode(key, 'base64') AS key
     FROM hub.accepted_keys ORDER BY lab_id, accepted DESC`,
  );
  const known = labs.map((row): LabStanding => {
    const own = chains.filter((chain) => chain.lab_id === row.id);
    const missing = own.flatMap((chain, index) => {
      const before = own[index - 1];
      const from = before?.history === chain.history ? before.last + 1 : 1;
      return chain.first > from ? [{ history: chain.history, from, to: chain.first - 1 }] : [];
    });
    const misfits = faults.filter((fault) => fault.lab_id === row.id);
    const end = signed.find((one) => one.lab_id === row.id);
    const current = own.filter((chain) => chain.history === row.history);
    return {
      organisation: row.organisation,
      lab: row.lab,
      heard: row.heard?.toISOString() ?? null,
      clockAhead: row.clock_ahead,
      isClockWrong: Math.abs(row.clock_ahead ?? 0) > CLOCK_SECONDS,
      version: row.version,
      head: row.head,
      held: current[0]?.first === 1 ? current[0].last : 0,
      chain: misfits.length > 0 ? 'broken' : missing.length > 0 ? 'gap' : 'whole',
      missing: missing.slice(0, MAX_LISTED),
      faults: misfits.slice(0, MAX_LISTED).map(({ position, what }) => `record ${position}: ${what}`),
      signed: end ? { position: end.position, time: end.time, key: end.key } : null,
      forged: forged
        .filter((one) => one.lab_id === row.id)
        .slice(0, MAX_LISTED)
        .map(({ position, why, key }) => ({ position, why, ...(key !== null && { key: nameOf(key) }) })),
      accepted: acceptanceOf(accepted.find((one) => one.lab_id === row.id)),
      histories: new Set(own.map(({ history }) => history)).size,
      aside: Object.fromEntries(
        aside
          .filter((one) => one.organisation === row.organisation && one.lab === row.lab)
          .map(({ why, n }) => [why, n]),
      ),
    };
  });
  return known;
}

const acceptanceOf = (
  row: { key: string; accepted: Date; who: string; reason: string } | undefined,
): LabStanding['accepted'] =>
  row ? { key: nameOf(row.key) ?? '', time: row.accepted.toISOString(), who: row.who, reason: row.reason } : null;

/** What lies aside of senders that are no lab here: by organisation, lab and why. */
export async function readStrangers(
  client: Client,
): Promise<{ organisation: string; lab: string; why: string; count: number }[]> {
  const { rows } = await client.query(
    `SELECT split_part(subject, '.', 2) AS organisation, split_part(subject, '.', 3) AS lab, why, count(*)::integer AS count
     FROM hub.aside WHERE NOT EXISTS (SELECT FROM hub.labs JOIN hub.organisations ON organisations.id = organisation_id
       WHERE organisations.name = split_part(subject, '.', 2) AND labs.name = split_part(subject, '.', 3))
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  );
  return rows;
}
