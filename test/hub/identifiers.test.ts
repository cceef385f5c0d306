import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createApi } from '../../src/hub/api.ts';
import type { Database } from '../../src/hub/database.ts';
import { verdictOf } from '../../src/hub/identifiers.ts';
import { ingest } from '../../src/hub/ingest.ts';
import type { ModelIdentifier } from '../../src/model/hub.ts';
import { createPrints } from '../../src/sinks/hub/value-prints.ts';
import { describeWith } from '../clients/tools.ts';
import { labAlert } from '../sinks/lab-alert.ts';
import { withHubDatabase } from './hub-database.ts';
import { openStoredLab, STORE_KEY, type StoredLab } from './stored-lab.ts';

const MODEL = 'Nokia 7 Plus';
const KEYS = { alpha: Buffer.alloc(32, 1), beta: Buffer.alloc(32, 2) };

it('tells what stays with a unit from what units share and from what changes', () => {
  expect(verdictOf({ units: 5, steady: 4, staying: 4, most: 1 })).toBe('unit');
  expect(verdictOf({ units: 5, steady: 5, staying: 5, most: 4 })).toBe('shared');
  expect(verdictOf({ units: 5, steady: 1, staying: 1, most: 1 })).toBe('changing');
  // One unit cannot be compared, and what was told once may be another one next time.
  expect(verdictOf({ units: 1, steady: 1, staying: 1, most: 1 })).toBe('open');
  expect(verdictOf({ units: 5, steady: 5, staying: 0, most: 1 })).toBe('open');
});

describeWith(['postgres'], 'values that nobody registered', () => {
  let database: Database;
  let tokens: Record<string, string>;
  let open: StoredLab[];
  let directory: string;
  let seq = 0;
  withHubDatabase(4, (hub) => {
    ({ database, tokens, open, directory } = hub);
  });

  function newLab(lab: string, organisation: keyof typeof KEYS = 'alpha'): StoredLab {
    const key = KEYS[organisation];
    const opened: StoredLab = openStoredLab(
      { organisation, lab },
      {
        key,
        printOf: (alert) =>
          createPrints({ reader: opened.reader, installation: STORE_KEY, phoneKeys: join(directory, 'keys'), key })(
            alert,
          ),
      },
    );
    open.push(opened);
    return opened;
  }
  /** An alert of an unregistered value, seen so many times. */
  function tell(
    { store }: StoredLab,
    unit: string,
    path: string,
    value: string,
    given: { count?: number; known?: boolean } = {},
  ) {
    const alert = labAlert(++seq);
    const identifier = { ...(alert.identifier as NonNullable<typeof alert.identifier>), known: given.known ?? false };
    store.putAlert({
      alert: {
        ...alert,
        id: `a${seq}`,
        identifier,
        count: given.count ?? 2,
        device: { ...alert.device, id: unit },
        evidence: { ...(alert.evidence as NonNullable<typeof alert.evidence>), path },
      },
      secret: { value, seen: value, window: Buffer.alloc(0) },
    });
  }
  async function identifiersOf(organisation: string): Promise<ModelIdentifier[]> {
    const api = createApi({ database, isWell: () => true });
    const answer = await api.request(`/api/identifiers?model=${encodeURIComponent(MODEL)}`, {
      headers: { authorization: `Bearer ${tokens[organisation]}` },
    });
    return ((await answer.json()) as { identifiers: ModelIdentifier[] }).identifiers;
  }

  it('are identifiers of units where each has its own, over labs and places in lists, and no value leaves', async () => {
    const [hanoi, saigon] = [newLab('hanoi'), newLab('saigon')];
    for (const [index, lab] of [hanoi, saigon].entries())
      for (const unit of [`${index}-a`, `${index}-b`]) {
        tell(lab, unit, `$.events[${index}].vid`, `9774d56d682e${unit}`);
        tell(lab, unit, '$.sdk', 'the-same-in-every-app');
        for (const round of [1, 2]) tell(lab, unit, '$.session', `session-${unit}-${round}`);
        tell(lab, unit, '$.once', `once-${unit}`, { count: 1 });
        tell(lab, unit, '$.imei', '490154203237518', { known: true });
      }
    // A phone that was looked at in two shops is one unit.
    tell(saigon, '0-a', '$.events[7].vid', '9774d56d682e0-a');
    const messages = [...hanoi.messages(), ...saigon.messages()];
    const sent = messages.map(({ bytes }) => Buffer.from(bytes).toString()).join('\n');
    for (const value of ['9774d56d682e', 'the-same-in-every-app', 'session-', '490154203237518'])
      expect(sent).not.toContain(value);
    await ingest(database, messages);
    const found = await identifiersOf('alpha');
    expect(
      Object.fromEntries(found.map(({ path, verdict, units, labs, values }) => [path, [verdict, units, labs, values]])),
    ).toEqual({
      '$.events[].vid': ['unit', 4, 2, 4],
      '$.sdk': ['shared', 4, 2, 1],
      '$.session': ['changing', 4, 2, 8],
      '$.once': ['open', 4, 2, 4],
    });
  });

  it('have another print in every organisation, and nobody sees those of another one', async () => {
    const lab = newLab('hanoi', 'beta');
    tell(lab, 'b', '$.sdk', 'the-same-in-every-app');
    await ingest(database, lab.messages());
    expect(await identifiersOf('beta')).toMatchObject([{ path: '$.sdk', units: 1, verdict: 'open' }]);
    const { rows } = await database.transact((client) =>
      client.query(
        `SELECT count(DISTINCT content->>'print')::integer AS prints FROM hub.alerts WHERE content->>'path' = '$.sdk'`,
      ),
    );
    expect(rows).toEqual([{ prints: 2 }]);
  });
});
