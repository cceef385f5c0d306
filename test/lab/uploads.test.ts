/** A recording over the API: masked, one at a time, bounded, and with no name on the disk. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { wifiCode } from '../../src/lab/settings.ts';
import { createUploads } from '../../src/lab/uploads.ts';
import type { UploadScan } from '../../src/sinks/live/dependencies.ts';
import { type Origin, startOrigin } from '../clients/origin.ts';
import { requireTool } from '../clients/tools.ts';
import { pcapng, recordTls } from '../scan/capture-file.ts';

const IMEI = '490154203237518';
const HOST = 'vendor.example';
const directory = mkdtempSync(path.join(tmpdir(), 'uploads-'));
let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin([HOST]);
});
afterAll(async () => {
  await origin.stop();
  rmSync(directory, { recursive: true });
});

const scanOptions = () => ({ devicesFile: null, decoders: [], homeCountry: null });
const request = {
  method: 'GET',
  url: `https://a.example/x?imei=${IMEI}`,
  httpVersion: 'HTTP/1.1',
  headers: [],
  queryString: [],
};
const har = Buffer.from(
  JSON.stringify({ log: { version: '1.2', entries: [{ startedDateTime: '2026-11-22T10:00:00.000Z', request }] } }),
);
async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 64) yield bytes.subarray(at, at + 64);
}
async function told(scan: UploadScan) {
  if (!scan.ok) return scan;
  const lines = [];
  for await (const line of scan.lines) lines.push(line);
  return lines;
}

it('says what it finds without the value, and leaves nothing behind', async () => {
  const upload = createUploads({ directory, scanOptions });
  const scan = await upload(inPieces(har));
  expect(readdirSync(directory)).toEqual([]);
  const lines = await told(scan);
  expect(lines).toContainEqual(
    expect.objectContaining({
      type: 'finding',
      entry: 0,
      finding: expect.objectContaining({
        identifier: expect.objectContaining({ kind: 'imei', masked: '490154*******18' }),
      }),
    }),
  );
  expect(Array.isArray(lines) && lines.at(-1)).toEqual({ type: 'end', entries: 1, findings: 1, more: 0 });
  expect(JSON.stringify(lines)).not.toContain(IMEI);
});

it('says once of what a phone sent that it is not recorded', async () => {
  const upload = createUploads({ directory, scanOptions });
  const sent = { ...request, method: 'POST', bodySize: 100 };
  const entries = [1, 2].map(() => ({ startedDateTime: '2026-11-22T10:00:00.000Z', request: sent }));
  const lines = await told(await upload(inPieces(Buffer.from(JSON.stringify({ log: { version: '1.2', entries } })))));
  const skipped = Array.isArray(lines) ? lines.filter(({ type }) => type === 'skipped') : [];
  expect(skipped).toEqual([
    {
      type: 'skipped',
      reason: 'request body not recorded',
      text: { key: 'unread.request-body', values: {} },
    },
  ]);
});

it('says why something was not read as a text, too, without the name that the file had here', async () => {
  const upload = createUploads({ directory, scanOptions });
  const cut = await told(await upload(inPieces(har.subarray(0, har.length - 2))));
  expect(cut).toContainEqual({
    type: 'skipped',
    reason: 'the file ends in the middle: 1 entry was read',
    text: { key: 'unread.cut-file', values: { entries: 1 } },
  });
  const other = await told(await upload(inPieces(Buffer.from('PK\u0003\u0004'))));
  expect(other).toContainEqual(expect.objectContaining({ text: { key: 'unread.zip', values: {} } }));
});

it('reads a capture, with the keys that are in it', async (context) => {
  requireTool(context, 'tshark');
  const recorded = await recordTls({
    ...{ cert: origin.certPem, key: origin.keyPem, servername: HOST },
    request: Buffer.from(`GET /x?imei=${IMEI} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`),
    answer: Buffer.from('HTTP/1.1 204 No Content\r\n\r\n'),
    place: { ip: '198.51.100.7', port: 443 },
  });
  const upload = createUploads({ directory, scanOptions });
  const lines = await told(await upload(inPieces(pcapng([recorded.conversation], recorded.secrets))));
  expect(lines).toContainEqual(expect.objectContaining({ type: 'finding', entry: 0 }));
  expect(Array.isArray(lines) && lines.at(-1)).toMatchObject({ type: 'end', entries: 1, findings: 1 });
  const closed = await told(await upload(inPieces(pcapng([recorded.conversation]))));
  expect(closed).toContainEqual(expect.objectContaining({ type: 'contact', host: HOST }));
});

it('refuses a second one meanwhile, takes the next afterwards, also when the first was left halfway', async () => {
  const upload = createUploads({ directory, scanOptions });
  const first = await upload(inPieces(har));
  expect(await upload(inPieces(har))).toMatchObject({ ok: false, status: 409 });
  if (first.ok) for await (const _ of first.lines) break;
  expect(await told(await upload(inPieces(har)))).toHaveLength(3);
});

it('refuses what is too large, and what breaks off, and is free again', async () => {
  const upload = createUploads({ directory, scanOptions, maxBytes: har.length - 1 });
  expect(await upload(inPieces(har))).toMatchObject({ ok: false, status: 413 });
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield har.subarray(0, 10);
    throw new Error('gone');
  };
  await expect(upload(broken())).rejects.toThrow('gone');
  const lines = await told(await upload(inPieces(Buffer.from('no recording at all'))));
  expect(JSON.stringify(lines)).toMatch(/"type":"(?:skipped|fault|partial)"/);
  expect(JSON.stringify(lines)).not.toContain('/dev/fd');
  expect(readdirSync(directory)).toEqual([]);
});

it('writes a Wi-Fi as phones read it, its marks escaped', () => {
  expect(wifiCode({ ssid: 'Lab;1', passphrase: 'a:b"c\\d,' })).toBe('WIFI:T:WPA;S:Lab\\;1;P:a\\:b\\"c\\\\d\\,;;');
});
