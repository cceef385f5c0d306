/** What a scan says of recorded traffic: every finding, each with where it went and who probably sent it. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createScanner } from '../../src/lab/scanner.ts';
import type { ScanFinding } from '../../src/model/scan.ts';
import { harEntry, readAll, writeHar } from './recording.ts';

const IMEI = '490154203237518';
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-findings-'));
  writeFileSync(
    join(dir, 'phones.yaml'),
    `devices:\n  - id: a\n    default: true\n    identifiers: { imei: "${IMEI}" }\n`,
  );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function scan(entries: object[]): Promise<ScanFinding[]> {
  const found: ScanFinding[] = [];
  const scanner = await createScanner({
    devicesFile: join(dir, 'phones.yaml'),
    decoders: [],
    homeCountry: null,
    onFinding: (finding) => found.push(finding),
    onPartial: () => {},
  });
  for (const recorded of await readAll(writeHar(join(dir, 'a.har'), entries)))
    if (recorded.type === 'entry' || recorded.type === 'part')
      for (const event of recorded.events) await scanner.push(event);
  await scanner.stop();
  return found;
}

const sending = (url: string, ...headers: [string, string][]) =>
  harEntry({ request: { url, headers: headers.map(([name, value]) => ({ name, value })) } });

it('names the package, the SDK or the library behind each finding, as live alerts do', async () => {
  const url = `http://vendor.example/?imei=${IMEI}`;
  const found = await scan([
    sending(url, ['X-Requested-With', 'com.example.shop'], ['Client-SDK', 'android4.33.0']),
    sending(url, ['User-Agent', 'okhttp/4.12.0']),
    sending(url, ['User-Agent', 'unheard-of']),
  ]);
  expect(found.map(({ attribution }) => attribution)).toMatchObject([
    {
      name: 'Adjust in com.example.shop',
      reason: 'the field x-requested-with names com.example.shop; the field client-sdk is one that Adjust sends.',
      evidence: 'header:x-requested-with, header:client-sdk',
    },
    expect.objectContaining({ name: 'an app using OkHttp 4.12.0', evidence: 'header:user-agent' }),
    null,
  ]);
});

it('never repeats an identifier that stands in such a header', async () => {
  const found = await scan([sending('http://vendor.example/', ['X-Requested-With', `com.example.i${IMEI}`])]);
  expect(found).toHaveLength(1);
  expect(JSON.stringify(found.map(({ value: _value, ...shown }) => shown))).not.toContain(IMEI);
});

it('tells every finding: repeats, and more values and receivers than live alerts keep apart', async () => {
  const entries = Array.from({ length: 120 }, (_, i) =>
    sending(`http://v${i % 60}.example/?imei=${IMEI}&mac=${mac(i)}`),
  );
  const found = await scan(entries);
  expect(found.filter(({ identifier }) => identifier.kind === 'imei')).toHaveLength(120);
  expect(found.filter(({ identifier }) => identifier.kind === 'wifi_mac').map(({ value }) => value)).toEqual(
    entries.map((_, i) => mac(i)),
  );
  expect(found.map(({ destination }) => destination?.host)).toEqual(
    entries.flatMap((_, i) => [`v${i % 60}.example`, `v${i % 60}.example`]),
  );
});

it('looks for the digests of every one of twenty phones', async () => {
  const phones = Array.from({ length: 20 }, (_, i) => ({
    id: `phone-${i}`,
    match: {},
    identifiers: {
      ...{ serial: `LABSERIAL${i + 1000}`, android_id: `9774d56d682e5${(i + 256).toString(16)}` },
      ...{ wifi_mac: mac(i), bluetooth_mac: mac(i + 20), bssid: mac(i + 40), email: `lab${i}@example.com` },
      location: [{ lat: 21.0278 + i / 100, lon: 105.8342 + i / 100, radius_m: 500 }],
    },
  }));
  writeFileSync(join(dir, 'phones.yaml'), JSON.stringify({ devices: phones }));
  const digest = (text: string) => createHash('sha3-256').update(text).digest('base64url').slice(0, 20);
  const urls = [0, 7, 19].map((i) => `http://vendor.example/${digest(`lab${i}@example.com`)}`);
  const found = await scan(urls.map((url) => sending(url)));
  expect(found.map(({ identifier, value }) => [identifier.kind, identifier.known, value])).toEqual(
    [0, 7, 19].map((i) => ['email', true, `lab${i}@example.com`]),
  );
});

const mac = (i: number): string => `02:11:22:33:44:${(i + 16).toString(16)}`;
