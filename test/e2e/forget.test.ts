/**
 * A phone is forgotten while the lab runs: no file of the data directory holds a value of it any more, in the spellings it might
 * stand in, and a copy of the database that somebody made before cannot be opened with the keys that are left.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEvidence } from '../../src/lab/evidence.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { Forgetting } from '../../src/model/forgotten.ts';
import { eventually } from './eventually.ts';
import { HOST, startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const EMAIL = 'lab.person@example.com';
const CANARY = 'purple elephant seventeen';
const VALUES = [IMEI, EMAIL, CANARY];

let world: World;
const dataDir = mkdtempSync(path.join(tmpdir(), 'phonehome-forget-'));
const copy = mkdtempSync(path.join(tmpdir(), 'phonehome-stolen-'));
beforeAll(async () => {
  world = await startWorld({ devices: '', dataDir });
});
afterAll(async () => {
  await world.end();
  for (const directory of [copy, dataDir]) rmSync(directory, { recursive: true, force: true });
});

async function call(method: string, at: string, body?: object): Promise<{ status: number; body: unknown }> {
  const token = readFileSync(world.lab.ready.token, 'utf8').trim();
  const answer = await fetch(`${world.lab.ready.ui.url}${at}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body ? JSON.stringify(body) : null,
  });
  return { status: answer.status, body: await answer.json() };
}

function post(body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request({
      ...world.lab.phone.proxy,
      method: 'POST',
      path: `http://${HOST}/upload?id=${encodeURIComponent(EMAIL)}`,
      headers: { Host: HOST, 'Content-Type': 'application/json' },
      agent: false,
    })
      .on('response', (response) => response.resume().on('end', resolve))
      .on('error', reject)
      .end(body);
  });
}

/** A value as it may stand in a file. */
function spellings(value: string): string[] {
  const bytes = Buffer.from(value);
  // Whatever stands before it, three bytes of text are four characters.
  const base64 = ['', 'a', 'ab'].map((before) =>
    Buffer.concat([Buffer.from(before), bytes])
      .toString('base64')
      .slice(before.length === 0 ? 0 : 4, -4),
  );
  const hashes = ['md5', 'sha1', 'sha256'].map((name) => createHash(name).update(bytes).digest());
  return [
    value,
    [...value].reverse().join(''),
    encodeURIComponent(value),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    Buffer.from(value, 'utf16le').toString('latin1'),
    ...base64,
    ...hashes.flatMap((hash) => [hash.toString('hex'), hash.toString('base64'), hash.toString('latin1')]),
  ];
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** `file: value` for everything that is found. */
const found = (words: readonly string[]): string[] =>
  filesIn(world.lab.dataDir).flatMap((file) => {
    const text = readFileSync(file).toString('latin1');
    return words.filter((word) => text.includes(word)).map((word) => `${path.basename(file)}: ${word}`);
  });

const keys = (): string[] => readdirSync(path.join(world.lab.dataDir, 'certs', 'phones'));

describe('a phone that is forgotten while the lab runs', () => {
  it('leaves no value in any file, no row, no key; its copy opens no more; what remains is said', async () => {
    const entry = {
      id: 'nokia-01',
      match: { default: true },
      identifiers: { imei: IMEI, email: EMAIL },
      canaries: { messages: [CANARY] },
    };
    expect((await call('POST', '/api/devices', entry)).status).toBe(201);
    await call('POST', '/api/cases', { title: 'first start', deviceId: 'nokia-01' });
    await post(JSON.stringify({ imei: IMEI, note: CANARY, packed: Buffer.from(IMEI).toString('base64') }));
    const alerts = await world.lab.until(
      'leaks',
      (all) => all.filter(({ device }) => device.id === 'nokia-01').length > 2,
    );
    const [leak] = alerts.filter(({ identifier }) => identifier?.kind === 'imei') as [Alert];
    expect((await call('POST', `/api/alerts/${leak.id}/reveal`)).body).toMatchObject({ value: IMEI });
    // The registration, in clear: the search finds what is there.
    expect(found(VALUES.flatMap(spellings)).length).toBeGreaterThanOrEqual(3);
    expect(keys().length).toBeGreaterThan(0);
    const before = keys().length;
    cpSync(world.lab.dataDir, copy, { recursive: true, filter: (from) => !from.endsWith('lock') });

    const { status, body } = await call('POST', '/api/devices/nokia-01/forget', {});
    expect(status).toBe(200);
    const { removed, remains } = body as Forgetting;
    expect(removed).toMatchObject({ connections: 1, cases: 1 });
    expect(removed.alerts).toBeGreaterThan(2);
    expect(remains).toEqual([
      expect.stringMatching(/^The audit says who revealed what/),
      expect.stringMatching(/^Backups, exports and reports/),
    ]);
    expect(keys()).toHaveLength(before - 1);
    expect(found(VALUES.flatMap(spellings))).toEqual([]);
    // Not even masked: the alert's own words are in no page that is not used.
    expect(found([leak.id, '490154*'])).toEqual(['evidence.db: '.concat(leak.id)]);

    const left = (await world.lab.api('/api/alerts')) as { alerts: Alert[]; seq: number };
    expect(left.alerts.filter(({ device }) => device.id === 'nokia-01')).toEqual([]);
    expect(left.seq).toBeGreaterThanOrEqual(Math.max(...alerts.map(({ seq }) => seq)));
    expect(await world.lab.api('/api/cases')).toEqual({ cases: [] });
    expect(await world.lab.api('/api/devices')).toEqual({ devices: [] });
    expect(JSON.stringify(await world.lab.api('/api/coverage'))).not.toContain('nokia-01');

    // The database as it was, with the keys as they are.
    rmSync(path.join(copy, 'certs'), { recursive: true });
    cpSync(path.join(world.lab.dataDir, 'certs'), path.join(copy, 'certs'), { recursive: true });
    const stolen = openEvidence(copy);
    expect(stolen.alert(leak.id)).not.toBeNull();
    expect(stolen.reveal(leak.id, { who: 'thief', time: 'now' })).toMatchObject({ ok: false });
    stolen.close();
  });

  it('what it goes on sending is that of a phone nobody knows, and the end of the lab brings nothing back', async () => {
    await post(JSON.stringify({ imei: IMEI }));
    const told = await world.lab.until('a shape', (all) => all.some(({ device }) => device.id === '127.0.0.1'));
    expect(told.filter(({ device }) => device.id === '127.0.0.1').every(({ identifier }) => !identifier?.known)).toBe(
      true,
    );
    await eventually('coverage of its address', async () =>
      JSON.stringify(await world.lab.api('/api/coverage')).includes('127.0.0.1'),
    );
    const { body } = await call('POST', '/api/devices/127.0.0.1/forget', {});
    expect((body as Forgetting).removed).toMatchObject({ connections: 1 });
    expect(await world.lab.stop()).toBe(0);
    expect(found(VALUES.flatMap(spellings))).toEqual([]);
    expect(keys()).toEqual([]);
    const store = openEvidence(world.lab.dataDir);
    expect(store.alerts({}).map(({ device }) => device.id)).not.toContain('nokia-01');
    expect(store.audits().map(({ action, subject }) => `${action} ${subject}`)).toContain('forget nokia-01');
    store.close();
  });
});
