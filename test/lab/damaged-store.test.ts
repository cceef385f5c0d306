/** A damaged store is put aside by the lab that holds the directory, which says so, and by nobody who only reads. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pathsIn } from '../../src/lab/data-directory.ts';
import {
  openEvidence,
  openKeptEvidence,
  openKeys,
  openRecorded,
  openSigning,
  verifyRecorded,
} from '../../src/lab/evidence.ts';
import { labRecord } from '../sinks/lab-alert.ts';

let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'phonehome-damaged-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const keptAside = (): string[] => readdirSync(data).filter((name) => name.includes('.damaged'));

it('is refused to commands and left where it is, and the lab keeps it aside and tells how much was saved', () => {
  const { evidence } = pathsIn(data);
  const store = openEvidence(data);
  for (let seq = 1; seq <= 100; seq++) store.putAlert(labRecord(seq));
  store.close();
  const bytes = readFileSync(evidence);
  for (let page = 6; page < bytes.length / 4096 - 1; page += 3)
    if (!bytes.includes('CREATE TABLE', page * 4096)) bytes.fill(0xaa, page * 4096, page * 4096 + 3000);
  writeFileSync(evidence, bytes);

  for (const open of [openEvidence, openRecorded, (at: string) => openSigning(at, null)])
    expect(() => open(data)).toThrow(/evidence\.db is damaged, and was left as it is: start the lab/);
  expect([keptAside(), readFileSync(evidence).equals(bytes)]).toEqual([[], true]);

  let saved = 0;
  openKeptEvidence(data, openKeys(data, null), { onSalvaged: ({ alerts }) => (saved = alerts) }).close();
  expect([keptAside().length > 0, saved > 0 && saved < 100]).toEqual([true, true]);
});

it('that is no database any more is called damaged by verify', () => {
  openEvidence(data).close();
  writeFileSync(pathsIn(data).evidence, 'hello');
  expect(() => verifyRecorded(data)).toThrow(/is damaged, and was left as it is/);
});
