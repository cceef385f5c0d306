import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { readOrCreate, readOrCreateKey } from '../../../src/sinks/evidence/key-file.ts';
import type { Salvaged } from '../../../src/sinks/evidence/salvage.ts';
import { MIGRATIONS } from '../../../src/sinks/evidence/schema.ts';
import { seal, unseal } from '../../../src/sinks/evidence/seal.ts';
import { openSqliteStore } from '../../../src/sinks/evidence/sqlite.ts';
import { IMEI, labAlert, labFlowRecord, labRecord } from '../lab-alert.ts';

const directory = mkdtempSync(join(tmpdir(), 'phonehome-sqlite-'));
afterAll(() => rmSync(directory, { recursive: true }));
const key = randomBytes(32);
let files = 0;
const newFile = () => join(directory, `evidence-${++files}.db`);

describe('a killed lab', () => {
  it('loses no alert that was shown, however it is killed in the middle of writing', async () => {
    for (let round = 0; round < 3; round++) {
      const file = newFile();
      const child: ChildProcess = spawn(
        process.execPath,
        [join(import.meta.dirname, 'alert-writer.ts'), file, key.toString('hex')],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let shown = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
        if (shown.split('\n').length > 200 * (round + 1)) child.kill('SIGKILL');
      });
      const [, signal] = await once(child, 'close');
      expect(signal).toBe('SIGKILL');

      const seqs = shown.split('\n').slice(0, -1).map(Number);
      expect(seqs.length).toBeGreaterThan(199);
      const store = openSqliteStore({ file, key });
      for (const seq of seqs) expect(store.alert(labAlert(seq).id)?.seq).toBe(seq);
      expect(store.reveal(labAlert(seqs.at(-1) ?? 0).id, { who: 'test', time: 'now' }).ok).toBe(true);
      store.close();
    }
  });
});

describe('a full disk', () => {
  it('is told as such, leaves what is stored readable, and goes on when there is room again', () => {
    const file = newFile();
    const store = openSqliteStore({ file, key, maxPages: 60 });
    let seq = 0;
    let result = store.putAlert(labRecord(++seq));
    while (result.ok && seq < 10_000) result = store.putAlert(labRecord(++seq));
    expect(result).toMatchObject({ ok: false, why: 'disk-full' });
    expect(store.alerts({ newest: true, limit: 1 })[0]?.seq).toBe(seq - 1);
    expect(store.putFlows(Array.from({ length: 50 }, (_, i) => labFlowRecord(`f${i}`, i)))).toMatchObject({
      ok: false,
      why: 'disk-full',
    });
    expect(store.flows({})).toEqual([]);
    store.close();

    const bigger = openSqliteStore({ file, key });
    expect(bigger.putAlert(labRecord(seq))).toEqual({ ok: true });
    bigger.close();
  });

  it('reveals nothing when the audit entry cannot be written', () => {
    const store = openSqliteStore({ file: newFile(), key, maxPages: 60 });
    for (let seq = 1; store.putAlert(labRecord(seq)).ok; seq++);
    let audits = 0;
    while (store.reveal(labAlert(1).id, { who: 'x'.repeat(500), time: 'now' }).ok) audits++;
    expect(store.reveal(labAlert(1).id, { who: 'x'.repeat(500), time: 'now' })).toMatchObject({ ok: false });
    expect(store.audits()).toHaveLength(audits);
    store.close();
  });
});

describe('a database that cannot be used is one line that says what to do', () => {
  const opening = (file: string) => () => openSqliteStore({ file, key });
  const oneLine = (start: string) => new RegExp(`^[^\\n]*${start}[^\\n]*$`);

  it('damaged from the first byte', () => {
    const file = newFile();
    writeFileSync(file, 'this is not a database, '.repeat(500));
    expect(opening(file)).toThrow(oneLine('is not a Phonehome database, or damaged from its first byte: move it away'));
    expect(readFileSync(file, 'utf8')).toContain('this is not a database');
  });

  it('written by a newer version', () => {
    const file = newFile();
    const database = new DatabaseSync(file);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    database.close();
    expect(opening(file)).toThrow(oneLine('was written by a newer Phonehome .* update Phonehome'));
  });

  it('written with another key', () => {
    const file = newFile();
    openSqliteStore({ file, key: randomBytes(32) }).close();
    expect(opening(file)).toThrow(oneLine('another evidence key: put the key file back'));
  });

  it('a directory in its place', () => {
    const file = newFile();
    mkdirSync(file);
    expect(opening(file)).toThrow(oneLine('cannot open .*: check that it is a file'));
  });

  it('locked by another program', () => {
    const file = newFile();
    openSqliteStore({ file, key }).close();
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    expect(opening(file)).toThrow(oneLine('is in use by another program'));
    other.close();
  });
});

describe('a damaged database', () => {
  it.each([3, 5, 9])('goes on with what can be read, the file kept aside: every %s. page overwritten', (every) => {
    const file = newFile();
    const store = openSqliteStore({ file, key });
    for (let seq = 1; seq <= 600; seq++) store.putAlert(labRecord(seq));
    const { length } = store.alerts({ limit: 2000 });
    const epoch = store.epoch();
    store.close();
    const bytes = readFileSync(file);
    for (let page = 6; page < bytes.length / 4096 - 1; page += every) {
      // Without its list of tables nothing can be told from anything.
      if (!bytes.subarray(page * 4096, (page + 1) * 4096).includes('CREATE TABLE'))
        bytes.fill(0xaa, page * 4096, page * 4096 + 3000);
    }
    writeFileSync(file, bytes);

    const told: Salvaged[] = [];
    const again = openSqliteStore({ file, key, onSalvaged: (one) => told.push(one) });
    expect(told).toHaveLength(1);
    const [{ keptAs, alerts }] = told as [Salvaged];
    expect(readFileSync(keptAs).equals(bytes)).toBe(true);
    expect(alerts).toBeGreaterThan(length / every / 2);
    expect(alerts).toBeLessThan(length);
    const kept = again.alerts({ limit: 2000 });
    expect(kept).toHaveLength(alerts);
    for (const alert of kept) expect(alert).toEqual(labAlert(alert.seq));
    expect(again.reveal(kept[0]?.id ?? '', { who: 'x', time: 'now' })).toMatchObject({ ok: expect.any(Boolean) });
    expect(again.epoch()).not.toBe(epoch);
    expect(again.putAlert(labRecord(601))).toEqual({ ok: true });
    again.close();
    openSqliteStore({ file, key, onSalvaged: (one) => told.push(one) }).close();
    expect(told).toHaveLength(1);
  });

  it('an earlier page in the place of a later one, and behind it one that cannot be read, led in circles for ever', () => {
    const file = newFile();
    const store = openSqliteStore({ file, key });
    for (let seq = 1; seq <= 600; seq++) store.putAlert(labRecord(seq));
    store.close();
    const bytes = readFileSync(file);
    const page = (number: number) => bytes.subarray(number * 4096, (number + 1) * 4096);
    // Leaves of the table of alerts, which was filled in order.
    const leaves = Array.from({ length: bytes.length / 4096 }, (_, number) => number).filter(
      (number) => page(number)[0] === 0x0d && page(number).includes('{"v":1,"seq":'),
    );
    expect(leaves.length).toBeGreaterThan(100);
    page(leaves[40] as number).set(page(leaves[10] as number));
    page(leaves[41] as number).fill(0xaa);
    writeFileSync(file, bytes);
    const again = openSqliteStore({ file, key });
    // All but what stood on two pages.
    expect(again.counts().alerts).toBeGreaterThan(580);
    again.close();
  });

  it('is looked for once by a process that opens it again and again, and anew in a file that was written to', () => {
    const file = newFile();
    const store = openSqliteStore({ file, key });
    for (let seq = 1; seq <= 600; seq++) store.putAlert(labRecord(seq));
    store.close();
    const told: Salvaged[] = [];
    const open = (isChecked = false) =>
      openSqliteStore({ file, key, isChecked, onSalvaged: (one) => told.push(one) }).close();
    const writtenAt = (seconds: number) => utimesSync(file, seconds, seconds);
    writtenAt(1_700_000_000);
    open();
    const bytes = readFileSync(file);
    const end = bytes.length - (bytes.length % 4096);
    bytes.fill(0xaa, end - 4096 * 40, end - 4096 * 30);
    writeFileSync(file, bytes);
    writtenAt(1_700_000_000);
    open();
    writtenAt(1_700_000_001);
    open(true);
    expect(told).toHaveLength(0);
    writtenAt(1_700_000_002);
    open();
    expect(told).toHaveLength(1);
  });

  it('is noticed while it is in use', () => {
    // More than its cache of 2 MB holds.
    const MANY = 3000;
    const file = newFile();
    const first = openSqliteStore({ file, key });
    for (let seq = 1; seq <= MANY; seq++) first.putAlert(labRecord(seq));
    first.close();
    let noticed = 0;
    const store = openSqliteStore({ file, key, onDamaged: () => noticed++ });
    const bytes = readFileSync(file);
    // Behind the first page, which says what is where.
    bytes.fill(0xaa, 4096);
    writeFileSync(file, bytes);
    expect(() => {
      for (let seq = 1; seq <= MANY; seq++) store.alert(labAlert(seq).id);
    }).toThrow(/malformed/);
    expect(noticed).toBe(1);
    store.close();
  });
});

describe('what stands on the disk', () => {
  it('is readable by its owner only, and holds no value in clear', () => {
    const file = newFile();
    const store = openSqliteStore({ file, key });
    store.putAlert(labRecord(1));
    for (const name of readdirSync(directory).filter((entry) => join(directory, entry).startsWith(file))) {
      expect(statSync(join(directory, name)).mode & 0o777, name).toBe(0o600);
      const text = readFileSync(join(directory, name)).toString('latin1');
      expect(text).not.toContain(IMEI);
      expect(text).not.toContain(Buffer.from(IMEI).toString('base64').slice(0, 16));
    }
    store.close();
  });

  it('is created with directories, and opens again where it stopped', () => {
    const file = join(directory, 'deep', 'er', 'evidence.db');
    openSqliteStore({ file, key }).close();
    const store = openSqliteStore({ file, key });
    store.putAlert(labRecord(7));
    store.close();
    const again = openSqliteStore({ file, key });
    expect(again.lastSeq()).toBe(7);
    again.close();
    again.close();
  });
});

describe('sealed values', () => {
  const secret = { value: IMEI, seen: 'x', window: Buffer.from([0, 255, 128]) };

  it('open with their key for their alert, and for nothing else', () => {
    const sealed = seal(key, 'a', secret);
    expect(unseal(key, 'a', sealed)).toEqual(secret);
    expect(unseal(key, 'b', sealed)).toBeNull();
    expect(unseal(randomBytes(32), 'a', sealed)).toBeNull();
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(unseal(key, 'a', changed)).toBeNull();
    }
    expect(unseal(key, 'a', Buffer.alloc(3))).toBeNull();
  });

  it('are never sealed twice alike', () => {
    expect(seal(key, 'a', secret).equals(seal(key, 'a', secret))).toBe(false);
  });
});

describe('key files', () => {
  it('are made once, for their owner only', () => {
    const file = join(directory, 'keys', 'evidence.key');
    const first = readOrCreateKey(file);
    expect(first).toHaveLength(32);
    expect(readOrCreateKey(file).equals(first)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('holding something else are refused in one line and left alone', () => {
    const file = join(directory, 'keys', 'wrong.key');
    writeFileSync(file, 'hello\n');
    expect(() => readOrCreateKey(file)).toThrow(/is not an evidence key .*put the right file back/);
    expect(readFileSync(file, 'utf8')).toBe('hello\n');
    expect(readOrCreate(file, () => 'other')).toBe('hello');
    chmodSync(file, 0o600);
    expect(existsSync(file)).toBe(true);
  });
});
