/**
 * A data directory of an older version goes on: its alerts are readable, values too, its chain is what it was. One of a newer
 * version is left alone. What older versions left is in `older/`, as they wrote it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { CHAIN_VERSION, MIGRATIONS, versionOf } from '../../src/sinks/evidence/schema.ts';
import { phonehome } from '../cli/phonehome.ts';
import { type LabProcess, startLab } from '../e2e/lab-process.ts';

const IMEI = '490154203237518';
const FREE = ['--host', '127.0.0.1', '--proxy-port', '0', '--ui-port', '0'];

let data = '';
beforeEach(() => {
  data = mkdtempSync(path.join(tmpdir(), 'older-data-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

/** As it lay there when that version had stopped; no CA: that one ends some day, and a new one is made. */
function putBack(version: number): void {
  const sql = readFileSync(path.join(import.meta.dirname, 'older', `schema-${version}.sql`), 'utf8');
  mkdirSync(pathsIn(data).certs, { mode: 0o700 });
  const key = /^-- certs\/evidence\.key: ([0-9a-f]{64})$/m.exec(sql)?.[1];
  writeFileSync(pathsIn(data).evidenceKey, `${key}\n`, { mode: 0o600 });
  inStore((database) => database.exec(sql));
}

function inStore<Result>(work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(pathsIn(data).evidence);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

async function reveal(lab: LabProcess, id: string | undefined): Promise<string> {
  const answer = await fetch(new URL(`/api/alerts/${id}/reveal`, lab.ready.ui.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${readFileSync(pathsIn(data).token, 'utf8').trim()}` },
  });
  return await answer.text();
}

describe('a data directory', () => {
  it.each([2, 5])(
    'of schema %i is opened by this version: alert, value, connection and chain are there',
    async (was) => {
      putBack(was);
      expect(inStore(versionOf)).toBe(was);
      const lab = await startLab({ dataDir: data, args: ['--retention-days', '0'] });
      try {
        const { alerts } = (await lab.api('/api/alerts')) as { alerts: { id: string }[] };
        expect(alerts).toMatchObject([
          { type: 'leak', severity: 'critical', device: { id: 'phone-1' }, identifier: { kind: 'imei', known: true } },
        ]);
        expect(JSON.stringify(alerts)).not.toContain(IMEI);
        expect(await reveal(lab, alerts[0]?.id)).toContain(IMEI);
        expect(await lab.api('/api/flows')).toMatchObject({
          flows: [{ deviceId: 'phone-1', destination: { host: 'localhost' } }],
        });
      } finally {
        expect(await lab.stop()).toBe(0);
      }
      expect(inStore(versionOf)).toBe(MIGRATIONS.length);
      expect((await phonehome(['alerts', '--data', data])).stdout).toContain('490154*******18');
      const verified = await phonehome(['verify', '--data', data]);
      expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Intact: /) });
    },
  );

  it('of an older version with a chain does not pass when it was changed before the upgrade', async () => {
    putBack(CHAIN_VERSION);
    inStore((database) => database.exec(`UPDATE flows SET host = 'example.com'`));
    expect(await (await startLab({ dataDir: data, args: ['--retention-days', '0'] })).stop()).toBe(0);
    expect(await phonehome(['verify', '--data', data])).toMatchObject({ code: 1 });
  });

  it('of a newer version is refused in one line that says what to do, and left as it was', async () => {
    putBack(5);
    inStore((database) => database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`));
    const before = readFileSync(pathsIn(data).evidence);
    for (const command of [['start', ...FREE], ['alerts'], ['verify']]) {
      const { code, stdout, stderr } = await phonehome([...command, '--data', data]);
      expect([command[0], code, stdout]).toEqual([command[0], 1, '']);
      expect(stderr).toMatch(
        /^phonehome: [^\n]*evidence\.db was written by a newer Phonehome [^\n]*: update Phonehome[^\n]*\n$/,
      );
    }
    expect(readFileSync(pathsIn(data).evidence).equals(before)).toBe(true);
  });
});
