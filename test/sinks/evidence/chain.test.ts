/** What is done to a store behind the lab's back is found, and named; what the lab itself destroys is not. */
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../../src/model/checkpoint.ts';
import { MIGRATIONS } from '../../../src/sinks/evidence/schema.ts';
import { openSqliteStore } from '../../../src/sinks/evidence/sqlite.ts';
import type { EvidenceStore } from '../../../src/sinks/evidence/store.ts';
import { verifyStore } from '../../../src/sinks/evidence/verification.ts';
import { labCoverage } from '../../coverage/lab-coverage.ts';
import { labAlert, labFlowRecord, labRecord } from '../lab-alert.ts';

const directory = mkdtempSync(join(tmpdir(), 'phonehome-chain-'));
const key = randomBytes(32);
const signingKey = generateKeyPairSync('ed25519').privateKey;
const publicKey = createPublicKey(signingKey);
let files = 0;
const newFile = (): string => join(directory, `${++files}.db`);
const open = (file: string): EvidenceStore => openSqliteStore({ file, key, signingKey });

/** One of everything that is evidence, and newer versions of some. */
function fill(store: EvidenceStore): void {
  for (const seq of [1, 2, 3]) store.putAlert(labRecord(seq));
  store.putAlert({ alert: { ...labAlert(1), seq: 4, count: 2 }, secret: null });
  store.putFlows([labFlowRecord('a', 1000, { closedAt: null }), labFlowRecord('b', 2000)]);
  store.putFlows([labFlowRecord('a', 1000)]);
  const given = { id: 'c1', title: 'first start', deviceId: null, label: null, openedAt: 'x', closedAt: null };
  store.putCase({ ...given, about: { tester: 'Lan' }, marks: [{ phase: 'boot', at: 'y' }] });
  store.putCase({ ...given, about: { tester: 'Lan' }, marks: [{ phase: 'boot', at: 'y' }, { phase: 'unlock', at: 'z' }] }); // biome-ignore format: one mark more
  const counted = labCoverage();
  store.putCoverage([{ closed: counted, withOpen: counted, root: 'r' }]);
  store.putGap({ kind: 'lab-down', subject: 'lab', from: 'a', to: 'b', detail: null });
  store.audit({ time: 't', action: 'reveal', subject: 'x', who: 'terminal' });
}

function filled(): string {
  const file = newFile();
  const store = open(file);
  fill(store);
  store.close();
  return file;
}

const original = filled();

/** A copy, changed by somebody who knows SQL. */
function changed(sql: string): string {
  const file = newFile();
  copyFileSync(original, file);
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
  return file;
}

describe('a store that nobody touched', () => {
  it('is intact, signed to its end, also while the lab writes', () => {
    const verdict = verifyStore(original, publicKey);
    expect(verdict).toMatchObject({ isIntact: true, problem: null, problems: 0, rows: 12, destroyed: 0 });
    expect(verdict.signed?.position).toBe(verdict.records);
    const file = newFile();
    const store = open(file);
    fill(store);
    expect(verifyStore(file, publicKey)).toMatchObject({ isIntact: true, rows: 12, signed: { position: 1 } });
    expect(store.checkpoint()).toEqual({ ok: true });
    const { signed, records } = verifyStore(file, publicKey);
    expect(signed?.position).toBe(records);
    store.close();
  });

  it('goes on after a restart', () => {
    const file = newFile();
    copyFileSync(original, file);
    const store = open(file);
    store.putAlert(labRecord(9));
    store.close();
    const verdict = verifyStore(file, publicKey);
    expect(verdict.isIntact).toBe(true);
    expect(verdict.began).toHaveLength(1);
    expect(verdict.records).toBeGreaterThan(verifyStore(original, publicKey).records);
  });

  it('what age, or the operator, destroyed leaves a tombstone and no salt, and the chain holds', () => {
    const file = newFile();
    copyFileSync(original, file);
    const store = open(file);
    expect(store.prune(Date.UTC(2026, 11, 1), 2)).toEqual({ alerts: 2, flows: 2 });
    expect(store.prune(Date.UTC(2026, 11, 1), 2)).toEqual({ alerts: 1, flows: 0 });
    expect(store.removeCase('c1')).toBe(true);
    expect(store.removeCase('c1')).toBe(false);
    store.close();
    // Three alerts with a value each, two flows, one case.
    expect(verifyStore(file, publicKey)).toMatchObject({ isIntact: true, destroyed: 9, rows: 3 });
  });
});

describe('somebody with the file', () => {
  it.each([
    ['changes an alert', `UPDATE alerts SET json = replace(json, 'vnet', 'vent') WHERE seq = 2`, /alerts was changed/],
    ['changes what an alert is found by', `UPDATE alerts SET severity = 0 WHERE seq = 2`, /alerts was changed/],
    ['changes a sealed value', `UPDATE secrets SET sealed = zeroblob(80)`, /secrets was changed/],
    ['changes a flow', `UPDATE flows SET host = 'example.com' WHERE id = 'b'`, /flows was changed/],
    ['changes a mark', `UPDATE marks SET phase = 'before-consent' WHERE position = 0`, /cases was changed/],
    ['changes what the tester wrote', `UPDATE cases SET details = replace(details, 'Lan', 'Lam')`, /cases was changed/],
    ['takes a mark out', `DELETE FROM marks WHERE position = 1`, /cases was changed/],
    ['changes coverage', `UPDATE coverage SET json = replace(json, 'r', 's')`, /coverage was changed/],
    ['changes who revealed a value', `UPDATE audit SET who = 'nobody'`, /audit was changed/],
    ['removes an alert', `DELETE FROM alerts WHERE seq = 2`, /its row was removed/],
    ['removes the audit', `DELETE FROM audit`, /its row was removed/],
    [
      'adds an audit entry',
      `INSERT INTO audit (time, action, subject, who) VALUES ('t', 'reveal', 'y', 'x')`,
      /no record in the chain: it was added/,
    ],
    [
      'has two rows stand for one record',
      `UPDATE flows SET link = (SELECT link FROM flows WHERE id = 'b')`,
      /flows was changed/,
    ],
    [
      'puts two rows in each other’s place',
      `UPDATE flows SET json = (SELECT json FROM flows o WHERE o.id <> flows.id)`,
      /flows was changed/,
    ],
    ['removes a row with its record', `DELETE FROM audit; DELETE FROM chain WHERE type = 'audit'`, /removed/],
    [
      'removes one from the middle of the chain',
      `DELETE FROM chain WHERE type = 'value' AND position < 5`,
      /removed from the chain: record 4 follows 2/,
    ],
    [
      'reorders the chain',
      `UPDATE chain SET position = -1 WHERE position = 2; UPDATE chain SET position = 2 WHERE position = 4;
       UPDATE chain SET position = 4 WHERE position = -1`,
      /not what was written, or not where it was written/,
    ],
    [
      'changes a commitment with its row',
      `UPDATE chain SET commitment = zeroblob(32) WHERE position = 6`,
      /not what was written/,
    ],
    [
      'changes what the chain says of its beginning',
      `UPDATE chain_notes SET json = replace(json, 'new', 'old')`,
      /text/,
    ],
    ['signs with another key', `UPDATE checkpoints SET signature = zeroblob(64)`, /signature does not fit/],
    [
      'cuts the end off',
      `DELETE FROM audit; DELETE FROM chain WHERE position >= (SELECT min(position) FROM chain WHERE type = 'audit')`,
      /the chain was signed as far as/,
    ],
  ])('%s: found', (_, sql, what) => {
    const verdict = verifyStore(changed(sql), publicKey);
    expect(verdict.isIntact).toBe(false);
    expect(verdict.problem?.what).toMatch(what);
  });

  it('puts a record, or a number, where none can be: found', () => {
    const far = verifyStore(changed('UPDATE chain SET position = 1 << 50 WHERE position = 6'), publicKey);
    expect(far.problem?.what).toMatch(/removed from the chain: record 7 follows 5/);
    expect(() => verifyStore(changed('UPDATE chain SET position = 1 << 60 WHERE position = 6'), publicKey)).toThrow(
      /was changed: a number stands in it/,
    );
  });

  it('the first record that does not fit is named', () => {
    const file = changed(
      `UPDATE alerts SET json = replace(json, 'vnet', 'vent') WHERE seq IN (2, 3); DELETE FROM audit; UPDATE flows SET host = 'x'`,
    );
    const database = new DatabaseSync(file);
    const first = Number(database.prepare('SELECT link FROM alerts WHERE seq = 2').get()?.link);
    database.close();
    expect(verifyStore(file, publicKey)).toMatchObject({ problems: 5, problem: { position: first, type: 'alert' } });
  });

  it('cuts the end off with its signatures, or writes it anew: found by a head that was taken away before', () => {
    const { checkpoint } = verifyStore(original, publicKey);
    if (!checkpoint) throw new Error('not signed');
    expect(readCheckpoint(`${writeCheckpoint(checkpoint)}\n`)).toEqual(checkpoint);
    expect(verifyStore(original, publicKey, checkpoint)).toMatchObject({ isIntact: true, isExpected: true });
    const cut = `DELETE FROM audit; DELETE FROM chain WHERE position >= (SELECT min(position) FROM chain WHERE type = 'audit');
      DELETE FROM checkpoints WHERE position > 1`;
    expect(verifyStore(changed(cut), publicKey)).toMatchObject({ isIntact: true, isExpected: null });
    const missed = verifyStore(changed(cut), publicKey, checkpoint);
    expect(missed).toMatchObject({ isIntact: false, isExpected: false });
    expect(missed.problem?.what).toMatch(/^removed: the expected head is record \d+ of .*, the chain ends at \d+$/);

    // Whoever has the signing key writes on behind the cut.
    const anew = changed(cut);
    const store = open(anew);
    store.audit({ time: 't', action: 'reveal', subject: 'another', who: 'nobody' });
    store.close();
    expect(verifyStore(anew, publicKey)).toMatchObject({ isIntact: true });
    expect(verifyStore(anew, publicKey, checkpoint).problem?.what).toMatch(/another one than the expected head/);
  });

  it('a head of another store, or of another key, is expected of none', () => {
    const { checkpoint } = verifyStore(original, publicKey);
    if (!checkpoint) throw new Error('not signed');
    const problemOf = (file: string, given: Checkpoint) => verifyStore(file, publicKey, given).problem?.what;
    expect(problemOf(filled(), checkpoint)).toMatch(/of another store or history/);
    expect(problemOf(original, { ...checkpoint, position: 2 })).toMatch(/not signed with this installation/);
    expect(problemOf(original, { ...checkpoint, time: '2026-01-01T00:00:00.000Z' })).toMatch(/not signed with/);
    expect(problemOf(original, { ...checkpoint, key: '0'.repeat(16) })).toMatch(/not signed with/);
    expect(readCheckpoint('phonehome-head x')).toBe(null);
  });

  it('cannot guess from the chain what was destroyed: the salt is gone with the row', () => {
    const file = newFile();
    copyFileSync(original, file);
    const database = new DatabaseSync(file);
    const salts = database.prepare('SELECT salt FROM alerts').all();
    database.close();
    const store = open(file);
    store.prune(Date.UTC(2026, 11, 1));
    store.close();
    const bytes = new DatabaseSync(file);
    bytes.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const text = Buffer.from(bytes.serialize()).toString('latin1');
    bytes.close();
    for (const { salt } of salts) expect(text).not.toContain(Buffer.from(salt as Uint8Array).toString('latin1'));
  });
});

describe('a store from before the chain', () => {
  it('is taken in as it is: the chain begins now, and says so', () => {
    const file = newFile();
    const old = new DatabaseSync(file);
    for (const [version, migration] of MIGRATIONS.slice(0, 4).entries())
      old.exec(`${migration} PRAGMA user_version = ${version + 1}`);
    const alert = labAlert(1);
    old
      .prepare('INSERT INTO alerts (id, seq, last_seen, type, severity, device, json) VALUES (?, 1, ?, ?, 4, ?, ?)')
      .run(alert.id, alert.lastSeen, alert.type, alert.device.id, JSON.stringify(alert));
    old.close();
    expect(() => verifyStore(file, publicKey)).toThrow(/kept no chain/);

    const store = open(file);
    expect(store.alert(alert.id)).toEqual(alert);
    store.putAlert(labRecord(2));
    store.close();
    const verdict = verifyStore(file, publicKey);
    expect(verdict).toMatchObject({ isIntact: true, rows: 3 });
    expect(verdict.began).toMatchObject([
      { position: 1, reason: 'the store is older than its chain', rows: { alerts: 1 } },
    ]);
  });
});
