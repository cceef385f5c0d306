/** `phonehome verify`: 0 when the store is what was written, 1 and the first thing that does not fit when it is not. */
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { openEvidence } from '../../src/lab/evidence.ts';
import type { StoreVerdict } from '../../src/model/verdict.ts';
import { labFlowRecord, labRecord } from '../sinks/lab-alert.ts';
import { openCommands } from './commands.ts';

const phonehome = openCommands();
let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'phonehome-verify-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

describe('phonehome verify', () => {
  it('holds the store against its chain, while somebody writes to it as well', async () => {
    const store = openEvidence(data);
    store.putAlert(labRecord(1));
    store.putFlows([labFlowRecord('a', 1000)]);
    const live = await phonehome(['verify', '--data', data]);
    expect(live).toMatchObject({ code: 0, stderr: '' });
    expect(live.stdout).toMatch(
      /^Intact: 3 rows are what was written, in a chain of 4 records\.\nSigned as far as record 1,/,
    );
    store.close();

    const database = new DatabaseSync(pathsIn(data).evidence);
    database.exec(`UPDATE flows SET host = 'example.com'`);
    database.close();
    const changed = await phonehome(['verify', '--data', data]);
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(
      /^Changed\. The first that does not fit: record 4 \(flow\): row 1 of flows was changed\./,
    );
    expect((await phonehome(['verify', '--data', data, '--lang', 'vi'])).stdout).toMatch(
      /^Đã bị thay đổi\. Chỗ đầu tiên không khớp: bản ghi 4 \(flow\): hàng 1 của flows đã bị thay đổi\./,
    );
    const verdict = JSON.parse((await phonehome(['verify', '--data', data, '--json'])).stdout) as StoreVerdict;
    expect(verdict).toMatchObject({ type: 'verdict', isIntact: false, problem: { position: 4, type: 'flow' } });
  });

  it('prints its head, and finds that the chain does not go on from it', async () => {
    const store = openEvidence(data);
    store.putAlert(labRecord(1));
    store.close();
    const { stdout: head } = await phonehome(['verify', '--head', '--data', data]);
    expect(head).toMatch(/^phonehome-head [^\n]+\n$/);
    const file = join(data, 'head.txt');
    writeFileSync(file, head);
    for (const given of [head.trim(), file]) {
      const found = await phonehome(['verify', '--expect', given, '--data', data]);
      expect(found).toMatchObject({ code: 0, stdout: expect.stringMatching(/goes on from the expected head/) });
    }
    const database = new DatabaseSync(pathsIn(data).evidence);
    database.exec('DELETE FROM chain WHERE position > 1; DELETE FROM checkpoints WHERE position > 1');
    for (const table of ['secrets', 'alerts', 'audit']) database.exec(`DELETE FROM ${table}`);
    database.close();
    expect(await phonehome(['verify', '--data', data])).toMatchObject({ code: 0 });
    const cut = await phonehome(['verify', '--expect', file, '--data', data]);
    expect(cut).toMatchObject({ code: 1, stdout: expect.stringMatching(/removed: the expected head is record/) });
    const nonsense = await phonehome(['verify', '--expect', 'nonsense', '--data', data]);
    expect(nonsense).toMatchObject({ code: 2, stderr: expect.stringMatching(/verify --head/) });
  });

  it('says that there is nothing, and takes no key that others could have read', async () => {
    const nothing = await phonehome(['verify', '--data', data]);
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringMatching(/holds no traffic yet/) });
    openEvidence(data).close();
    const { signingKey } = pathsIn(data);
    expect(statSync(signingKey).mode & 0o777).toBe(0o600);
    chmodSync(signingKey, 0o644);
    const open = await phonehome(['verify', '--data', data]);
    expect(open).toMatchObject({ code: 1, stderr: expect.stringMatching(/signing\.key can be read by others/) });
    expect(() => openEvidence(data)).toThrow(/signing\.key can be read by others/);
  });
});
