/** The Wiko case with the lab's stand-in for the vendor's key: opened live, listed by the API, and opaque without it. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { closeReport, stsText } from '../../src/replay/wiko-report.ts';
import { phonehome, startLab } from './lab-process.ts';

let dataDir = '';
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'decoders-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

const key = (): string => path.join(dataDir, 'replay', 'wiko-sts.key.pem');
const places = (alerts: Alert[]): unknown[] =>
  alerts
    .filter((alert) => alert.device.id === 'replay.wiko-sts' && alert.identifier)
    .map(({ identifier, evidence }) => [identifier?.kind, evidence?.path, evidence?.decoding])
    .sort();

describe('wiko-sts', () => {
  it('with the key shows IMEI, cell and serial number inside RSA inside base64url, and nothing opaque', async () => {
    const lab = await startLab({ dataDir, args: ['--decoder', key()] });
    try {
      expect(await lab.api('/api/decoders')).toEqual({
        decoders: [{ name: 'rsa', description: 'RSA-1024 private key from wiko-sts.key.pem' }],
      });
      const played = await phonehome(['replay', 'wiko-sts', '--data', dataDir, '--json']);
      expect(JSON.parse(played.stdout)).toMatchObject({ case: 'wiko-sts', seen: 'imei, serial, cell', ok: true });
      expect(places(lab.alerts())).toEqual([
        ['cell', 'repinfo:CID', ['base64url', 'rsa']],
        ['imei', 'repinfo:IMEI1', ['base64url', 'rsa']],
        ['serial', 'repinfo', ['base64url', 'rsa']],
      ]);
    } finally {
      await lab.stop();
    }
  });

  it('without it stays opaque, with no invented IMEI', async () => {
    const lab = await startLab({ dataDir });
    try {
      const played = await phonehome(['replay', 'wiko-sts', '--data', dataDir, '--json']);
      expect(JSON.parse(played.stdout)).toMatchObject({ seen: 'opaque', ok: true });
      expect(places(lab.alerts())).toEqual([['opaque', 'repinfo', ['base64url']]]);
    } finally {
      await lab.stop();
    }
  });

  it('is opened by scan too, from a recording', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const repinfo = closeReport(stsText, publicKey.export({ type: 'spki', format: 'pem' }) as string);
    const url = `http://eservice.tinno.com/eservice/stsReport?reptype=report&repinfo=${repinfo}`;
    const file = (name: string): string => path.join(dataDir, name);
    await writeFile(file('wiko.har'), JSON.stringify({ log: { entries: [{ request: { method: 'GET', url } }] } }));
    await writeFile(file('vendor.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const kinds = async (...args: string[]): Promise<string[]> => {
      const { stdout } = await phonehome(['scan', file('wiko.har'), '--json', ...args]);
      const lines = stdout
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text) as { type: string; identifier?: { kind: string } });
      return lines.flatMap(({ identifier }) => identifier?.kind ?? []);
    };
    expect(await kinds()).toEqual(['opaque']);
    expect(await kinds('--decoder', file('vendor.pem'))).toContain('imei');
  });

  it('is not started with a decoder that cannot be used: one line says why', async () => {
    const ran = await phonehome(['start', '--data', dataDir, '--decoder', '/nowhere/key.pem']);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toBe('phonehome: --decoder /nowhere/key.pem cannot be read (ENOENT): check the path\n');
  });
});
