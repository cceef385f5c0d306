/** A recording of a phone's traffic through the real lab: one file per test run, opened by tshark with no setting. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeWith, NETWORK } from '../clients/tools.ts';
import { type GatewayLab, startGatewayLab } from './gateway-lab.ts';

const CN = '42.62.48.10';
const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');

describeWith([...NETWORK, 'curl', 'dumpcap', 'editcap', 'mergecap', 'tshark'], 'a recording', () => {
  let lab: GatewayLab;
  beforeAll(async () => {
    lab = await startGatewayLab({
      addresses: [CN],
      names: ['before.example.com', 'during.example.com'],
      devices:
        'devices:\n  - id: phone-1\n    match: { mac: "02:00:5e:10:00:01" }\n    identifiers: { imei: "490154203237518" }\n',
      args: ['--capture', '--capture-size', '50'],
    });
  });
  afterAll(() => lab?.end());

  const ask = (host: string, ...how: string[]): string =>
    lab.curl(...how, '--resolve', `${host}:443:${CN}`, `https://${host}/secret-of-${host}`);
  const recorded = (): number => {
    const directory = path.join(lab.dataDir, 'capture');
    const files = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.pcapng')) : [];
    return files.reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);
  };
  const tshark = (file: string, ...args: string[]): string =>
    execFileSync('tshark', ['-n', '-r', file, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const phonehome = (...args: string[]) =>
    lab.net.spawn('gateway', [process.execPath, BIN, ...args, '--data', lab.dataDir]);

  it('of a test run is one file that tshark decrypts with no setting, with its own sessions only', async () => {
    await vi.waitFor(() => expect(recorded()).toBeGreaterThan(0), { timeout: 60_000 });
    expect(ask('before.example.com')).toContain('/secret-of-before');
    const { id } = lab.api('POST', '/api/cases', { title: 'recorded', deviceId: 'phone-1' }) as { id: string };
    expect(ask('during.example.com', '--http1.1')).toContain('/secret-of-during');
    expect(ask('during.example.com', '--http2')).toContain('/secret-of-during');
    const file = path.join(lab.dataDir, 'run.pcapng');
    await vi.waitFor(
      () => {
        const done = phonehome('case', 'capture', file, id, '--json');
        expect(done.stderr).toBe('');
        expect(JSON.parse(done.stdout)).toMatchObject({ type: 'capture', case: id, sessions: 2 });
        // The keys of a session are on disk at once, its last packets when the recorder next writes.
        const asked = tshark(file, '-Y', 'http2.headers.path', '-T', 'fields', '-e', 'http2.headers.path');
        expect(asked.trim()).toBe('/secret-of-during.example.com');
      },
      { timeout: 90_000, interval: 1000 },
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(tshark(file, '-Y', 'http.request', '-T', 'fields', '-e', 'http.host', '-e', 'http.request.uri').trim()).toBe(
      'during.example.com\t/secret-of-during.example.com',
    );
    expect(tshark(file, '-Y', 'tls.handshake.extensions_server_name == "before.example.com"')).toBe('');
  });

  it('leaves keys that their owner alone can read', () => {
    const keys = path.join(lab.dataDir, 'capture', 'tls-keys.log');
    expect(statSync(keys).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(keys)).mode & 0o777).toBe(0o700);
    // Both legs: the phone's and the server's.
    const randoms = new Set(
      readFileSync(keys, 'latin1')
        .split('\n')
        .map((line) => line.split(' ')[1]),
    );
    expect(randoms.size).toBeGreaterThanOrEqual(6);
  });
});
