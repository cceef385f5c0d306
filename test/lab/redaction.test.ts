/** The redacted twin: whatever the encoding, the detector finds nothing in it, and the same value has the same pseudonym. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDevicesFile } from '../../src/devices/store.ts';
import { createTextTest } from '../../src/inspect/text-test.ts';
import { exportCase } from '../../src/lab/export-case.ts';
import { verifyPackage } from '../../src/lab/package-check.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import { phonehome } from '../e2e/lab-process.ts';
import { IMEI } from '../sinks/lab-alert.ts';
import { type PackedCase, packedCase, post } from './packed-case.ts';

const EMAIL = 'lab@example.com';
const ANDROID = '9774d56d682e549c';
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const hash = (name: string, text: string): string => createHash(name).update(text).digest('hex');

/** How a phone may say it; `body`, `headers`, `target`. */
const SAID: Record<string, { body?: Buffer; headers?: [string, string][]; target?: string }> = {
  json: {
    body: json({ imei: IMEI, mail: EMAIL, nested: { id: ANDROID } }),
    headers: [['content-type', 'application/json']],
  },
  form: { body: Buffer.from(`imei=${IMEI}&mail=${encodeURIComponent(EMAIL)}`) },
  query: { target: `/x?imei=${IMEI}&m=${encodeURIComponent(EMAIL)}` },
  path: { target: `/device/${IMEI}/status` },
  header: {
    headers: [
      ['X-Imei', IMEI],
      ['Cookie', `id=${ANDROID}; mail=${EMAIL}`],
    ],
  },
  'base64 of JSON': { body: Buffer.from(json({ imei: IMEI }).toString('base64')) },
  'base64 in JSON in base64': {
    body: Buffer.from(json({ data: json({ imei: IMEI }).toString('base64') }).toString('base64url')),
  },
  'base64 of gzip of JSON': { body: json({ data: gzipSync(json({ imei: IMEI })).toString('base64') }) },
  'hex of JSON': { body: json({ data: json({ imei: IMEI }).toString('hex') }) },
  gzip: { body: gzipSync(json({ imei: IMEI })), headers: [['content-encoding', 'gzip']] },
  brotli: { body: brotliCompressSync(json({ imei: IMEI })), headers: [['content-encoding', 'br']] },
  zstd: { body: zstdCompressSync(json({ imei: IMEI })), headers: [['content-encoding', 'zstd']] },
  deflate: { body: deflateSync(json({ imei: IMEI })), headers: [['content-encoding', 'deflate']] },
  'gzip that no header tells': { body: gzipSync(`imei=${IMEI}`) },
  'percent twice': { body: Buffer.from(`data=${encodeURIComponent(encodeURIComponent(EMAIL))}`) },
  'escapes of JSON': { body: Buffer.from(`{"mail":"lab\\u0040example.com","text":"purple elephant seventeen"}`) },
  md5: { body: json({ h: hash('md5', IMEI), s: hash('sha256', EMAIL) }) },
  'base64 of a hash': { body: json({ h: createHash('sha256').update(IMEI).digest('base64') }) },
  'upper-case hash of upper-case hex': { body: json({ h: hash('sha1', ANDROID.toUpperCase()).toUpperCase() }) },
  'UTF-16': { body: Buffer.from(`id ${IMEI} id`, 'utf16le') },
  protobuf: { body: Buffer.concat([Buffer.from([0x0a, 15]), Buffer.from(IMEI), Buffer.from([0x12, 3, 1, 2, 3])]) },
  reversed: { body: json({ x: [...IMEI].reverse().join('') }) },
  'an unregistered IMEI': { body: json({ imei: '356938035643809' }) },
  'base64 in lines': {
    body: Buffer.from(
      (
        json({ imei: IMEI, more: 'x'.repeat(90) })
          .toString('base64')
          .match(/.{1,76}/g) ?? []
      ).join('\n'),
    ),
  },
  'zip in multipart': {
    body: Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="f"; filename="a.zip"\r\n\r\n'),
      zipSync({ 'a.json': json({ imei: IMEI, text: 'purple elephant seventeen' }) }),
      Buffer.from('\r\n--b--\r\n'),
    ]),
    headers: [['content-type', 'multipart/form-data; boundary=b']],
  },
  'a network and a message that nobody registered': {
    body: json({ ssid: 'Cafe am Eck', messages: [{ address: '+84987654321', body: 'see you at noon in the park' }] }),
  },
  'a payload that nobody can read, in a query': {
    target: `/x?type=report&info=${createHash('sha512').update('a').digest('base64url')}${createHash('sha512').update('b').digest('base64url')}`,
  },
  'a body that nobody can read': {
    body: Buffer.concat([...'abcdefghijklmnop'].map((one) => createHash('sha512').update(one).digest())),
    headers: [['content-type', 'application/octet-stream']],
  },
  'a bare number': { body: Buffer.from(`{"imei": ${IMEI}, "list":[1,${IMEI}]}`) },
  'a position': { body: json({ lat: 21.0278123, lon: 105.8342456 }) },
  multipart: {
    body: Buffer.from(`--b\r\nContent-Disposition: form-data; name="imei"\r\n\r\n${IMEI}\r\n--b--\r\n`),
    headers: [['content-type', 'multipart/form-data; boundary=b']],
  },
};

let given: PackedCase;
let file: string;
let zip: Record<string, Uint8Array>;
let entries: {
  request: { url: string; headers: { name: string; value: string }[]; postData?: { text: string } };
  comment?: string;
  connection: string;
}[];
const text = (name: string): string => Buffer.from(zip[name] ?? []).toString();

beforeAll(async () => {
  const said = Object.entries(SAID).map(([name, { body = Buffer.alloc(0), headers = [], target = '/x' }], index) => {
    const id = `said-${index}`;
    const answer: FlowEvent[] = [
      { type: 'response-head', flowId: id, exchange: 1, time: 1, status: 200, headers: [['X-Echo', EMAIL]] },
      {
        type: 'body-chunk',
        flowId: id,
        exchange: 1,
        direction: 'response',
        time: 1,
        bytes: Buffer.from(`you are ${IMEI}`),
      },
      { type: 'body-end', flowId: id, exchange: 1, direction: 'response', time: 1, trailers: [], complete: true },
    ];
    return { id, events: [...post(id, body, [['X-Case', name], ...headers], target), ...answer] };
  });
  given = packedCase(said);
  file = given.out('redacted.zip');
  await exportCase(given.options(file, { redact: true }), () => {});
  zip = unzipSync(readFileSync(file));
  entries = (JSON.parse(text('flows.har')) as { log: { entries: typeof entries } }).log.entries;
});
afterAll(() => given.end());

describe('a redacted package', () => {
  it('holds nothing that `scan` finds with the phone registered', async () => {
    const har = given.out('flows.har');
    const lines = given.out('alerts.ndjson');
    writeFileSync(har, zip['flows.har'] ?? '');
    writeFileSync(lines, zip['alerts.ndjson'] ?? '');
    const devices = path.join(given.data, 'devices.yaml');
    const { stdout, stderr } = await phonehome(['scan', har, '--json', '--devices', devices]);
    const found = stdout.split('\n').filter((line) => line.includes('"type":"finding"'));
    expect(found, stderr).toEqual([]);
    const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { entries: number };
    expect(summary.entries).toBe(Object.keys(SAID).length + 2);
    // The same scan finds something in the twin that is not redacted.
    const clear = given.out('clear.zip');
    await exportCase(given.options(clear), () => {});
    writeFileSync(har, unzipSync(readFileSync(clear))['flows.har'] ?? '');
    const before = await phonehome(['scan', har, '--json', '--devices', devices]);
    expect(before.stdout.split('\n').filter((line) => line.includes('"type":"finding"')).length).toBeGreaterThan(20);
  });

  it('holds no registered value in any of its files', () => {
    const [device = null] = readDevicesFile(path.join(given.data, 'devices.yaml')).devices;
    const test = createTextTest(device);
    for (const [name, bytes] of Object.entries(zip)) {
      if (name === 'report.pdf') continue;
      // The coast lines of the map are numbers in which any digits stand.
      const lines = Buffer.from(bytes)
        .toString()
        .replace(/<svg.*?<\/svg>/gs, '')
        .split('\n');
      expect(
        lines.filter((line) => test.tells(line)),
        name,
      ).toEqual([]);
      expect(lines.join('\n'), name).not.toMatch(/490154\*|10\.77\.0\.2|purple elephant/);
    }
  });

  it('has the same pseudonym for the same value in all files, and says which is which sort of thing', () => {
    const { devices } = JSON.parse(text('devices.json')) as { devices: { identifiers: Record<string, string[]> }[] };
    const [imei = ''] = devices[0]?.identifiers.imei ?? [];
    expect(imei).toMatch(/^redacted-imei-[a-z]{8}$/);
    const alerts = text('alerts.ndjson').trim().split('\n');
    for (const line of alerts)
      expect((JSON.parse(line) as { identifier: { masked: string } }).identifier.masked).toBe(imei);
    expect(text('eve.json')).toContain(`value:${imei}`);
    // In the example that was opened again, too.
    expect(text('report.html')).toContain(`{&#34;IMEI1&#34;: &#34;${imei}&#34;}`);
    const of = (name: string) => entries.find(({ request }) => request.headers.some(({ value }) => value === name));
    expect(of('json')?.request.postData?.text).toContain(`"imei":"${imei}"`);
    expect(of('query')?.request.url).toContain(`imei=${imei}`);
    const outer = Buffer.from(of('base64 in JSON in base64')?.request.postData?.text ?? '', 'base64url').toString();
    const { data } = JSON.parse(outer) as { data: string };
    expect(JSON.parse(Buffer.from(data, 'base64').toString())).toEqual({ imei });
    expect(JSON.parse(of('a bare number')?.request.postData?.text ?? '')).toEqual({ imei, list: [1, imei] });
    expect(of('md5')?.request.postData?.text).toContain(`"h":"${imei}-md5"`);
    const [android = ''] = devices[0]?.identifiers.android_id ?? [];
    expect(JSON.parse(of('json')?.request.postData?.text ?? '')).toMatchObject({ nested: { id: android } });
    expect(of('a position')?.request.postData?.text).not.toMatch(/21\.02|105\.83/);
  });

  it('keeps what needs not be left out, and says what was', () => {
    const left = entries
      .filter(({ comment }) => comment?.includes('left out'))
      .map(({ request }) => request.headers.find(({ name }) => name === 'X-Case')?.value);
    // Nobody can say what is in it.
    expect(left).toEqual(['a body that nobody can read']);
    expect(text('README.txt')).toContain('1 bodies, heads or messages that could not be made free of identifiers');
  });

  it('is verified: intact, with the links of the chain and nothing that opens it', async () => {
    expect(await verifyPackage(file)).toMatchObject({ isIntact: true, rows: 0 });
    expect((await verifyPackage(file)).records).toBeGreaterThan(20);
    expect(text('chain.ndjson')).not.toContain('"salt"');
    expect(text('README.txt')).toContain('REDACTED');
    expect(Object.keys(zip)).not.toContain('capture.pcapng');
  });
});
