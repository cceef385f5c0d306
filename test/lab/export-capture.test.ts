/** Packets in a package: recorded by dumpcap, opened by tshark with nothing but the file. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEvidence } from '../../src/lab/evidence.ts';
import { exportCase } from '../../src/lab/export-case.ts';
import { type Origin, startOrigin } from '../clients/origin.ts';
import { run } from '../clients/process.ts';
import { describeWith, toolPath } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { type PackedCase, packedCase } from './packed-case.ts';

const HOST = 'api.account.xiaomi.com';
const IMEI = '490154203237518';

describeWith(['curl', 'dumpcap', 'editcap', 'mergecap', 'tshark'], 'packets of a case', () => {
  let origin: Origin;
  let given: PackedCase;
  let dir: string;
  beforeAll(async () => {
    origin = await startOrigin([HOST]);
    given = packedCase();
    dir = mkdtempSync(path.join(tmpdir(), 'export-capture-'));
  });
  afterAll(async () => {
    await origin.stop();
    given.end();
    rmSync(dir, { recursive: true });
  });

  it('open decrypted in tshark; those of before the case, and keys of other sessions, are not in it', async () => {
    const capture = path.join(given.data, 'capture');
    mkdirSync(capture, { mode: 0o700 });
    const file = path.join(capture, 'lan_00001_20261130000000.pcapng');
    const keys = path.join(capture, 'tls-keys.log');
    writeFileSync(path.join(dir, 'ca.pem'), origin.caPem);
    writeFileSync(keys, `CLIENT_RANDOM ${'ab'.repeat(32)} ${'cd'.repeat(48)}\n`);
    const dumpcap = spawn(toolPath('dumpcap'), ['-i', 'lo', '-f', `tcp port ${origin.tlsPort}`, '-w', file]);
    let said = '';
    dumpcap.stderr.on('data', (part: Buffer) => {
      said += part;
    });
    const ended = new Promise((resolve) => dumpcap.once('close', resolve));
    await eventually('dumpcap capturing', () => said.includes('File: '));
    const openedAt = new Date(Date.now() - 60_000).toISOString();
    const to = ['--connect-to', `${HOST}:443:127.0.0.1:${origin.tlsPort}`, '--cacert', path.join(dir, 'ca.pem')];
    const args = [
      '--silent',
      '--fail',
      '--http1.1',
      '--noproxy',
      '*',
      ...to,
      '--data',
      `imei=${IMEI}`,
      `https://${HOST}/up`,
    ];
    expect((await run(toolPath('curl'), args, { env: { SSLKEYLOGFILE: keys } })).code).toBe(0);
    const tshark = async (from: string, ...rest: string[]): Promise<string> =>
      (await run(toolPath('tshark'), ['-n', '-r', from, ...rest])).stdout.toString();
    await eventually('the end of the connection in the file', async () =>
      (await tshark(file, '-Y', 'tcp.flags.fin == 1')).trim(),
    );
    dumpcap.kill('SIGINT');
    await ended;
    const store = openEvidence(given.data);
    const about = { title: 'Packets', deviceId: null, label: null, marks: [] };
    store.putCase({ ...about, id: 'now', openedAt, closedAt: new Date(Date.now() + 60_000).toISOString() });
    store.putCase({
      ...about,
      id: 'before',
      openedAt: '2026-01-01T00:00:00.000Z',
      closedAt: '2026-01-02T00:00:00.000Z',
    });
    store.close();

    const unpacked = async (id: string): Promise<string> => {
      const out = given.out(`${id}.zip`);
      await exportCase(given.options(out, { id, simulated: false }), () => {});
      const packets = path.join(dir, `${id}.pcapng`);
      writeFileSync(packets, unzipSync(readFileSync(out))['capture.pcapng'] ?? '');
      return packets;
    };
    const now = await unpacked('now');
    const request = [
      '-d',
      `tcp.port==${origin.tlsPort},tls`,
      '-Y',
      'http.request',
      '-T',
      'fields',
      '-e',
      'http.request.uri',
      '-e',
      'urlencoded-form.value',
    ];
    expect((await tshark(now, ...request)).trim()).toBe(`/up\t${IMEI}`);
    expect(readFileSync(now).includes('ab'.repeat(32))).toBe(false);
    expect((await tshark(await unpacked('before'))).trim()).toBe('');
  });
});
