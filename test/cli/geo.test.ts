/** Databases of places exchanged while the lab runs: the next connection is placed by the new one, a refused file changes nothing. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { describeWith } from '../clients/tools.ts';
import { ANY_PHONE, type LabProcess, startLab } from '../e2e/lab-process.ts';
import { writeMmdb } from '../enrich/mmdb-writer.ts';
import { phonehome, startCommand } from './phonehome.ts';

const IMEI = '490154203237518';
const SERVER = '42.62.48.10';
const countries = (server: string, date: string) =>
  writeMmdb(
    (
      [
        ['193.0.6.0/24', 'NL'],
        ['200.160.2.0/24', 'BR'],
        ['42.62.48.0/24', server],
      ] as const
    ).map(([cidr, country]) => [cidr, { country: { iso_code: country } }]),
    4,
    Date.parse(date) / 1000,
  );

let data = '';
beforeEach(() => {
  data = mkdtempSync(path.join(tmpdir(), 'geo-cli-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));
const given = (name: string, content: Buffer): string => {
  const file = path.join(data, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
};

describe('geo', () => {
  it('update, while the lab runs, places the next connection by the new file; rollback by the old ones', async () => {
    const server = http.createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const map = [{ host: 'vendor.example', port: 80, dial: `127.0.0.1:${port}`, address: SERVER }];
    const lab = await startLab({
      dataDir: given('lab/any', Buffer.alloc(0)).replace(/\/any$/, ''),
      devices: ANY_PHONE,
      args: ['--upstream-map', given('map.json', Buffer.from(JSON.stringify(map)))],
    });
    try {
      const command = (...words: string[]) => phonehome(['geo', ...words, '--data', path.join(data, 'lab')]);
      const countryAt = async (place: string) => {
        await leak(lab, place);
        const { destination } = await alertAt(lab, `$.${place}`);
        return (destination as NonNullable<Alert['destination']>).location;
      };
      expect(await countryAt('before')).toMatchObject({ country: 'CN' });

      const updated = await command('update', given('new/mine-2026-11.mmdb', countries('VN', '2026-11-01')));
      expect([updated.code, updated.stderr]).toEqual([0, '']);
      expect(updated.stdout).toMatch(/mine\.mmdb answers from now on/);
      const after = await countryAt('after');
      expect(after).toMatchObject({ country: 'VN', confidence: 'disputed' });
      expect(after.votes[0]).toEqual({ source: 'mine.mmdb 2026-11-01', country: 'VN' });

      const refused = await command('update', given('old/mine.mmdb', countries('LA', '2026-03-01')));
      expect(refused.stderr).toMatch(/^phonehome: mine\.mmdb is of 2026-03-01, older than [^\n]+--older[^\n]+\n$/);
      expect(refused.code).toBe(1);
      expect(await countryAt('refused')).toMatchObject({ country: 'VN' });

      const shown = await command('status', '--json');
      expect(JSON.parse(shown.stdout.split('\n')[0] ?? '')).toMatchObject({ name: 'mine.mmdb', date: '2026-11-01' });
      expect((await command('rollback')).stdout).toContain('mine.mmdb');
      expect(await countryAt('rolled_back')).toMatchObject({ country: 'CN', confidence: 'agreed' });
    } finally {
      await lab.stop();
      server.close();
    }
  });

  it('update takes a folder where no lab runs, show says what answers, and what does not exist is one line', async () => {
    given('folder/a/one.mmdb', countries('VN', '2026-11-01'));
    const run = (...words: string[]) => phonehome(['geo', ...words, '--data', path.join(data, 'lab')]);
    expect((await run('update', path.join(data, 'folder'))).code).toBe(0);
    expect((await run('show')).stdout).toMatch(/^one\.mmdb +country +2026-11-01/m);
    const { code, stderr } = await run('update', path.join(data, 'nowhere.mmdb'));
    expect(stderr).toMatch(/^phonehome: [^\n]+nowhere\.mmdb does not exist: give a \.mmdb file[^\n]+\n$/);
    expect(code).toBe(1);
  });
});

describeWith(['root', 'namespaces', 'unshare', 'mount'], 'geo update on a disk that fills meanwhile', () => {
  it('ends with one line, and the databases are as before', async () => {
    const noise = Array.from({ length: 4000 }, (_, i) => `${1 + (i >> 8)}.${i & 255}.0.0/16`);
    const large = writeMmdb(
      [
        ...noise.map((cidr): [string, { country: string }] => [cidr, { country: 'VN' }]),
        ['193.0.6.0/24', { country: 'NL' }],
      ],
      4,
    );
    const file = given('large.mmdb', large);
    const lab = path.join(data, 'lab');
    mkdirSync(lab);
    const bin = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');
    const script = `mount -t tmpfs -o size=64k,mode=700 tmpfs ${lab}; "$@" || echo "ended with $?"; find ${lab} -type f`;
    const command = [process.execPath, bin, 'geo', 'update', file, '--data', lab];
    const { stdout, stderr } = await startCommand('unshare', ['--mount', 'sh', '-ec', script, 'sh', ...command]).ended;
    expect(stderr).toMatch(
      /^phonehome: no space left in [^\n]+: free some, then do it again; the databases are as before\n$/,
    );
    expect(stdout).toBe('ended with 1\n');
    expect(readdirSync(lab)).toEqual([]);
  });
});

async function leak(lab: LabProcess, place: string): Promise<void> {
  const body = JSON.stringify({ [place]: IMEI });
  const { host, port } = lab.ready.proxy;
  const headers = { Host: 'vendor.example', 'Content-Type': 'application/json', 'Content-Length': body.length };
  await new Promise((resolve, reject) => {
    http
      .request({ host, port, method: 'POST', path: 'http://vendor.example/report', headers, agent: false }, (answer) =>
        answer.resume().once('end', resolve),
      )
      .once('error', reject)
      .end(body);
  });
}

async function alertAt(lab: LabProcess, place: string): Promise<Alert> {
  const isIt = ({ evidence }: Alert): boolean => evidence?.path === place;
  return (await lab.until(`an alert at ${place}`, (alerts) => alerts.some(isIt))).find(isIt) as Alert;
}
