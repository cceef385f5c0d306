/** Every reported case, recorded as HAR: valid by the schema, and `scan` finds in it exactly what the lab found live. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isIPv4, isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { REPLAY_PREFIX } from '../../src/model/device.ts';
import { replays } from '../../src/replay/registry.ts';
import { har, type RecordedCase, recordCase } from '../scan/replay-har.ts';
import { essence, findingOf, scanCases } from './case-findings.ts';
import { phonehome } from './lab-process.ts';

let dir = '';
const recorded: RecordedCase[] = [];
let live: Alert[] = [];
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'scan-cases-'));
  for (const replay of replays) recorded.push(await recordCase(replay));
  await writeFile(path.join(dir, 'cases.har'), JSON.stringify(har(recorded)));
  const ran = await phonehome(['demo', '--once', '--json', '--proxy-port', '0', '--ui-port', '0', '--data', dir]);
  live = ran.stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as { alert?: Alert })
    .flatMap(({ alert }) => alert ?? []);
});
afterAll(() => rm(dir, { recursive: true }));

describe('a HAR of every case', () => {
  it('is valid HAR 1.2', () => {
    const ajv = new Ajv({
      strict: false,
      formats: { 'date-time': isTime, uri: URL.canParse, ipv4: isIPv4, ipv6: isIPv6 },
    });
    const { har: root = {}, ...parts } = createRequire(import.meta.url)('har-schema') as Record<string, object>;
    for (const part of Object.values(parts)) ajv.addSchema(withoutDraft(part));
    const validate = ajv.compile(withoutDraft(root));
    expect(validate(har(recorded)), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ log: {} })).toBe(false);
  });

  it('holds every case that sends anything', () => {
    const silent = recorded.filter(({ entries }) => entries.length === 0).map(({ name }) => name);
    expect(silent.every((name) => name.endsWith('-fixed'))).toBe(true);
    expect(recorded.map(({ name }) => name)).toEqual(replays.map(({ name }) => name));
  });

  it('scanned for the same phones gives exactly what the lab found live', async () => {
    const seen = live.flatMap((alert) => {
      const found = findingOf(alert.device.id.slice(REPLAY_PREFIX.length), alert);
      return found ? [essence(found)] : [];
    });
    const caseOf = recorded.flatMap(({ name, entries }) => entries.map(() => name));
    const { found, summary } = await scanCases(dir, path.join(dir, 'cases.har'), recorded, (entry) => caseOf[entry]);
    expect(summary).toMatchObject({ type: 'summary', entries: caseOf.length });
    expect([...new Set(found.map(essence))].sort()).toEqual([...new Set(seen)].sort());
    expect(new Set(seen).size).toBeGreaterThan(40);
  });
});

const isTime = (text: string): boolean => !Number.isNaN(Date.parse(text));

/** Ajv knows the current draft only; nothing these schemas use changed since theirs. */
function withoutDraft(schema: object): object {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$schema'));
}
