/** `alerts` and `flows`: what is stored is printed, then the command ends, with a lab and without one. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { readOrCreateKey } from '../../src/sinks/evidence/key-file.ts';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import { labFlowRecord, labRecord } from '../sinks/lab-alert.ts';
import { openCommands } from './commands.ts';
import { startFakeLab, TOKEN } from './fake-lab.ts';
import { labAlert } from './lab-alert.ts';
import { BIN, startCommand } from './phonehome.ts';

const phonehome = openCommands();
let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'phonehome-records-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

function record(alerts: number, flows: number): void {
  const paths = pathsIn(data);
  const store = openSqliteStore({ file: paths.evidence, key: readOrCreateKey(paths.evidenceKey) });
  for (let seq = 1; seq <= alerts; seq++) store.putAlert(labRecord(seq));
  store.putFlows(
    Array.from({ length: flows }, (_, index) => labFlowRecord(`flow-${index}`, 1000, { simulated: index === 0 })),
  );
  store.close();
}
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe('without a lab', () => {
  it('alerts prints every stored one in order, over many pages, or those after a number', async () => {
    record(2100, 0);
    const all = await phonehome(['alerts', '--data', data, '--json']);
    expect(all.code).toBe(0);
    const seqs = lines(all.stdout).map((line) => (JSON.parse(line) as { alert: { seq: number } }).alert.seq);
    expect(seqs).toEqual(Array.from({ length: 2100 }, (_, index) => index + 1));
    const late = await phonehome(['alerts', '--data', data, '--since', '2098']);
    expect(lines(late.stdout)).toHaveLength(2);
    expect(late.stdout).toContain('imei 490154*******18');
    const none = await phonehome(['alerts', '--data', data, '--severity', 'critical', '--device', 'nobody']);
    expect([none.code, none.stdout]).toEqual([0, '']);
  });

  it('flows prints each once, also when hundreds opened at the same moment, and marks what is simulated', async () => {
    record(0, 700);
    const all = await phonehome(['flows', '--data', data, '--json']);
    const ids = lines(all.stdout).map((line) => (JSON.parse(line) as { id: string }).id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(700);
    record(0, 1);
    const one = await phonehome(['flows', '--data', data, '--host', 'vnet']);
    expect(one.stdout).toContain('zzhc.vnet.cn:443');
    expect(one.stdout).toContain('[simulated]');
    expect((await phonehome(['flows', '--data', data, '--host', 'nowhere'])).stdout).toBe('');
    const said = await phonehome(['flows', '--data', data, '--host', 'vnet', '--lang', 'vi']);
    expect(said.stdout).toMatch(/\d+ yêu cầu .*gửi \d+, nhận \d+/);
    expect(said.stdout).toContain('đã kết thúc');
    expect(said.stdout).not.toMatch(/request|finding| up,|ended/);
  });

  it('says in one line that nothing was recorded yet', async () => {
    const { code, stdout, stderr } = await phonehome(['alerts', '--data', data]);
    expect([code, stdout, lines(stderr).length]).toEqual([1, '', 1]);
    expect(stderr).toContain('holds no traffic yet');
  });
});

it('a lab elsewhere is asked, and the command ends', async () => {
  const lab = await startFakeLab({ alerts: [1, 2, 3].map((seq) => labAlert({ seq })) });
  const ran = await phonehome(['alerts', '--url', lab.url, '--since', '1'], { env: { PHONEHOME_TOKEN: TOKEN } });
  await lab.stop();
  expect([ran.code, lines(ran.stdout).length]).toEqual([0, 2]);
});

it('what another server answers is no empty list', async () => {
  const other = createServer((_request, response) => response.end('{"status":"ok"}'));
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  for (const command of [['alerts'], ['why', 'api.example.com']]) {
    const ran = await phonehome([...command, '--url', url], { env: { PHONEHOME_TOKEN: TOKEN } });
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(/^phonehome: what answered is no lab of this version [^\n]+\n$/);
  }
  other.close();
});

it('reading a directory that holds no lab makes nothing there, and a store is its owner’s alone', async () => {
  const none = join(data, 'mistyped');
  for (const command of [['case', 'list'], ['case', 'show'], ['report', '--out', join(data, 'x.html')], ['verify']]) {
    const ran = await phonehome([...command, '--data', none]);
    expect([command, ran.code, ran.stderr]).toEqual([command, 1, expect.stringContaining('holds no traffic yet')]);
  }
  expect(existsSync(none)).toBe(false);
  expect((await phonehome(['case', 'new', 'Before the lab ran', '--data', none])).code).toBe(0);
  for (const name of ['.', 'certs']) expect(statSync(join(none, name)).mode & 0o077, name).toBe(0);
});

it('output that a full disk did not take is a failure', async () => {
  record(1, 0);
  const script = 'exec "$0" "$@" > /dev/full';
  const asked = [process.execPath, BIN, 'alerts', '--data', data, '--json'];
  const { code, stderr } = await startCommand('sh', ['-c', script, ...asked]).ended;
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^phonehome: [^\n]*space[^\n]*\n$/)]);
});
