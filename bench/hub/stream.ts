/** What goes through the stream: a burst of alerts, fifty labs live at once, a lab that comes back after a week. */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Child, type Ground, ORGANISATION, quantile, startPublishing } from './ground.ts';

export interface Burst {
  labs: number;
  alerts: number;
  seconds: number;
  perSecond: number;
  /** CPU seconds of each process, and their share of the time. */
  cpu: Record<string, { seconds: number; share: number }>;
}

const held = async ({ database }: Ground): Promise<number> =>
  Number((await ask<{ sum: string | null }>(database, 'SELECT sum(last - first + 1) FROM hub.chains'))[0]?.sum ?? 0);

const POLL_MS = 250;

function shares(before: Record<string, number>, after: Record<string, number>, seconds: number): Burst['cpu'] {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => {
      const own = value - (before[name] ?? 0);
      return [name, { seconds: own, share: own / seconds }];
    }),
  );
}

/** Alerts that wait in ten labs, from the first that is published to the last that the database holds. */
export async function measureBurst(ground: Ground, names: readonly string[], each: number): Promise<Burst> {
  const before = await held(ground);
  const cpuBefore = ground.cpu();
  const began = performance.now();
  const labs = startPublishing({
    what: 'burst',
    directory: ground.directory,
    labs: ground.files(names),
    phones: 20,
    amount: each,
  });
  const total = each * names.length;
  let cpu = ground.cpu({ labs });
  for (let now = before; now < before + total; ) {
    await sleep(POLL_MS);
    now = await held(ground);
    cpu = ground.cpu({ labs });
  }
  const seconds = (performance.now() - began) / 1000;
  labs.process.stdin?.write('stop\n');
  await labs.said('done');
  return {
    labs: names.length,
    alerts: total,
    seconds,
    perSecond: total / seconds,
    cpu: shares(cpuBefore, cpu, seconds),
  };
}

export interface Live {
  labs: number;
  phones: number;
  seconds: number;
  connections: number;
  alerts: number;
  /** How old the newest alert is that the hub holds of each lab, milliseconds; some of it is the time between two alerts. */
  lagMs: { p50: number; p99: number; between: number };
  /** From the last record to everything held. */
  settledSeconds: number;
  isEqual: boolean;
  cpu: Burst['cpu'];
  publisherMb: number;
}

export async function measureLive(
  ground: Ground,
  names: readonly string[],
  { phones, aMinute, seconds }: { phones: number; aMinute: number; seconds: number },
): Promise<Live> {
  const directory = path.join(ground.directory, 'live');
  const labs = startPublishing({ what: 'live', directory, labs: ground.files(names), phones, amount: aMinute });
  await labs.said('publishing');
  const cpuBefore = ground.cpu({ labs });
  const began = performance.now();
  const ages: number[] = [];
  while (performance.now() - began < seconds * 1000) {
    await sleep(500);
    // Code that is cold, and labs that have no alert yet.
    if (performance.now() - began < (seconds * 1000) / 3) continue;
    const rows = await ask<{ newest: number }>(
      ground.database,
      `SELECT (SELECT extract(epoch FROM max(first_seen))::float8 FROM hub.alerts
         WHERE lab_id = labs.id AND first_seen > now() - interval '2 minutes') AS newest
       FROM hub.labs WHERE name = ANY($1)`,
      [names],
    );
    ages.push(...rows.map(({ newest }) => Date.now() - newest * 1000));
  }
  const took = (performance.now() - began) / 1000;
  const cpu = shares(cpuBefore, ground.cpu({ labs }), took);
  labs.process.stdin?.write('stop\n');
  const stopped = performance.now();
  const { peakMb } = (await labs.said('done')) as { peakMb: number };
  const isEqual = await becomeEqual(ground, directory, names);
  const counted = await countsOf(ground, names);
  return {
    labs: names.length,
    phones,
    seconds: took,
    ...counted,
    lagMs: { p50: quantile(ages, 0.5), p99: quantile(ages, 0.99), between: (60_000 / aMinute / phones) * 3 },
    settledSeconds: (performance.now() - stopped) / 1000,
    isEqual,
    cpu,
    publisherMb: peakMb,
  };
}

const OWN = `WITH own AS (SELECT l.id FROM hub.labs l JOIN hub.organisations o ON o.id = organisation_id
  WHERE o.name = '${ORGANISATION}' AND l.name = ANY($1))`;

async function countsOf(
  { database }: Ground,
  names: readonly string[],
): Promise<{ connections: number; alerts: number }> {
  const [row] = await ask<{ connections: number; alerts: number }>(
    database,
    `${OWN} SELECT (SELECT count(*)::integer FROM hub.flows JOIN own ON own.id = lab_id) AS connections,
       (SELECT count(*)::integer FROM hub.alerts JOIN own ON own.id = lab_id) AS alerts`,
    [names],
  );
  return row ?? { connections: 0, alerts: 0 };
}

function storedIn(directory: string, name: string): string[] {
  const store = new DatabaseSync(path.join(directory, `${name}.db`), { readOnly: true });
  const rows = store
    .prepare(
      `SELECT id || ' ' || json_extract(json, '$.count') AS line FROM alerts
       UNION ALL SELECT id || ' ' || coalesce(json_extract(json, '$.closedAt'), 'open') || ' ' || json_extract(json, '$.bytesUp') FROM flows`,
    )
    .all();
  store.close();
  return rows.map(({ line }) => String(line)).toSorted();
}

async function heldOf({ database }: Ground, name: string): Promise<string[]> {
  const rows = await ask<{ line: string }>(
    database,
    `${OWN} SELECT t.id || ' ' || count AS line FROM hub.alerts t JOIN own ON own.id = lab_id
     UNION ALL SELECT t.id || ' ' || coalesce(content->>'closedAt', 'open') || ' ' || bytes_up FROM hub.flows t JOIN own ON own.id = lab_id`,
    [[name]],
  );
  return rows.map(({ line }) => line).toSorted();
}

/** Whether the hub holds what each store does, row by row. Waits a minute for what is on its way. */
async function becomeEqual(ground: Ground, directory: string, names: readonly string[]): Promise<boolean> {
  for (const name of names) {
    const stored = storedIn(directory, name);
    const until = performance.now() + 60_000;
    for (;;) {
      const now = await heldOf(ground, name);
      if (now.length === stored.length && now.every((line, index) => line === stored[index])) break;
      if (performance.now() > until) return false;
      await sleep(POLL_MS);
    }
  }
  return true;
}

export interface Week {
  connections: number;
  records: number;
  seconds: number;
  perSecond: number;
  isEqual: boolean;
  publisherMb: number;
  cpu: Burst['cpu'];
}

/** A store that recorded a week while the line was down, from the line's return to everything held. */
export async function measureWeek(
  ground: Ground,
  name: string,
  { phones, aDay }: { phones: number; aDay: number },
): Promise<Week> {
  const directory = path.join(ground.directory, 'week');
  const labs: Child = startPublishing({ what: 'week', directory, labs: ground.files([name]), phones, amount: aDay });
  const { connections } = (await labs.said('recorded')) as { connections: number };
  const store = new DatabaseSync(path.join(directory, `${name}.db`), { readOnly: true });
  const records = Number(store.prepare('SELECT max(position) AS n FROM chain').get()?.n);
  store.close();
  const before = await held(ground);
  const cpuBefore = ground.cpu({ labs });
  const began = performance.now();
  labs.process.stdin?.write('go\n');
  let cpu = cpuBefore;
  while ((await held(ground)) < before + records) {
    await sleep(POLL_MS);
    if (labs.process.exitCode === null) cpu = ground.cpu({ labs });
  }
  const seconds = (performance.now() - began) / 1000;
  const { peakMb } = (await labs.said('done')) as { peakMb: number };
  return {
    connections,
    records,
    seconds,
    perSecond: records / seconds,
    isEqual: await becomeEqual(ground, directory, [name]),
    publisherMb: peakMb,
    cpu: shares(cpuBefore, cpu, seconds),
  };
}
