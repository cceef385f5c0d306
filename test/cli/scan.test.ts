import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { harEntry, writeHar } from '../scan/recording.ts';
import { phonehome } from './phonehome.ts';

const IMEI = '490154203237518';
let dir = '';
let har = '';
let devices = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-scan-'));
  const clean = { headers: [], postData: { text: 'nothing here' } };
  const packed = gzipSync(JSON.stringify({ device: { id: Buffer.from(IMEI).toString('base64') } })).toString('base64');
  har = writeHar(join(dir, 'phone.har'), [
    harEntry({ request: clean }),
    harEntry({ request: { ...clean, postData: { text: packed, encoding: 'base64' } } }),
    harEntry({ request: { ...clean, url: `https://stats.example/?imei=${IMEI}` } }),
    harEntry({ _fromCache: 'disk' }),
  ]);
  devices = join(dir, 'phones.yaml');
  writeFileSync(devices, `devices:\n  - id: nokia-01\n    default: true\n    identifiers:\n      imei: "${IMEI}"\n`);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const lines = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('scan', () => {
  it('--json prints one line per finding with its entry, then a summary that accounts for every entry', async () => {
    const { code, stdout } = await phonehome(['scan', har, '--json', '--devices', devices]);
    const [...all] = lines(stdout);
    const summary = all.pop();
    expect(all.map((line) => [line.type, line.file, line.entry])).toEqual([
      ['finding', har, 1],
      ['finding', har, 2],
    ]);
    expect(all[0]).toMatchObject({
      identifier: { kind: 'imei', known: true, confidence: 'certain', masked: expect.not.stringContaining(IMEI) },
      evidence: { direction: 'request', where: 'body', decoding: expect.arrayContaining(['gzip', 'base64']) },
      flow: { method: 'POST', encrypted: false },
      destination: { host: 'zzhc.vnet.cn', location: { country: 'CN' }, owner: { name: 'China Telecom' } },
    });
    expect(summary).toMatchObject({
      type: 'summary',
      files: 1,
      entries: 3,
      findings: 2,
      kinds: { imei: 2 },
      skippedEntries: 1,
      skipped: [{ reason: 'from the cache: nothing was sent', count: 1 }],
    });
    expect(stdout).not.toContain(IMEI);
    expect(code).toBe(0);
  });

  it('shows values with --reveal only', async () => {
    const { stdout } = await phonehome(['scan', har, '--json', '--reveal', '--devices', devices]);
    expect(lines(stdout)[0]).toMatchObject({ identifier: { value: IMEI } });
  });

  it('recognises shapes without any registered phone', async () => {
    const { stdout } = await phonehome(['scan', har, '--json']);
    expect(lines(stdout).filter((line) => line.type === 'finding')).toContainEqual(
      expect.objectContaining({ entry: 2, identifier: expect.objectContaining({ kind: 'imei', known: false }) }),
    );
  });

  it('prints a table for people, masked, with what was skipped', async () => {
    const { stdout } = await phonehome(['scan', har, '--devices', devices]);
    expect(stdout).toMatch(/imei +490154\*+\d* .*CN China Telecom zzhc\.vnet\.cn/);
    expect(stdout).toContain('Not read, 1×: from the cache');
    expect(stdout).toContain('2 findings (2 different) in 3 entries of 1 file.');
    expect(stdout).not.toContain(IMEI);
  });

  it('speaks Vietnamese to people, and to programs as ever', async () => {
    const { stdout } = await phonehome(['scan', har, '--devices', devices, '--lang', 'vi']);
    expect(stdout).toMatch(/^mức +loại +giá trị +vị trí +cách viết +đến/);
    expect(stdout).toContain('Không đọc được, 1×: ');
    expect(stdout).toContain('2 phát hiện (2 khác nhau) trong 3 mục của 1 tệp.');
    expect(stdout).toContain('Những gì đã rời khỏi điện thoại: số IMEI.');
    const [said, inEnglish] = await Promise.all([
      phonehome(['scan', har, '--json', '--devices', devices, '--lang', 'vi']),
      phonehome(['scan', har, '--json', '--devices', devices]),
    ]);
    expect(said.stdout).toBe(inEnglish.stdout);
  });

  it('says in Vietnamese what was searched in part, and to programs in English', async () => {
    let text = `imei=${IMEI}`;
    for (let i = 0; i < 8; i++) text = Buffer.from(text).toString('base64');
    const request = {
      method: 'POST',
      url: 'http://a.example/',
      headers: [],
      postData: { mimeType: 'text/plain', text },
    };
    const file = join(dir, 'deep.har');
    writeFileSync(file, JSON.stringify({ log: { entries: [{ request, response: { status: 200, headers: [] } }] } }));
    const [said, forPrograms] = await Promise.all([
      phonehome(['scan', file, '--lang', 'vi', '--html', `${file}.html`]),
      phonehome(['scan', file, '--lang', 'vi', '--json']),
    ]);
    expect(said.stdout).toMatch(
      /^1 mục chỉ tìm được một phần: base64 nằm trong hơn 4 lớp nên không được xem bên trong$/m,
    );
    expect(readFileSync(`${file}.html`, 'utf8')).toMatch(/class="caveat">Quốc gia là nơi .*đó là ước tính/);
    expect(forPrograms.stdout).toContain(
      '"partiallyScanned":{"base64 inside more than 4 layers was not looked into":1}',
    );
  });

  it('says in Vietnamese what was not recorded and what was not read', async () => {
    const request = { method: 'POST', url: 'http://a.example/', headers: [], bodySize: 9 };
    const file = join(dir, 'not-recorded.har');
    const entries = [{ request, response: { status: 200, headers: [], content: { size: 5 } } }, { request: {} }];
    writeFileSync(file, JSON.stringify({ log: { entries } }));
    const { stdout } = await phonehome(['scan', file, '--lang', 'vi']);
    expect(stdout).toMatch(/^Không đọc được, 1×: không có yêu cầu \(/m);
    expect(stdout).toMatch(/^1 mục: phần thân của yêu cầu không được ghi lại$/m);
    expect(stdout).toMatch(/^1 mục: phần thân của trả lời không được ghi lại$/m);
    writeFileSync(file, 'no recording');
    const none = await phonehome(['scan', file, '--lang', 'vi']);
    expect(none.stderr).toContain('không phải HAR, bản bắt gói tin hay NDJSON');
  });

  it('of which nothing could be read says no more than that', async () => {
    const file = join(dir, 'notes.txt');
    writeFileSync(file, 'hello\n');
    const { code, stdout } = await phonehome(['scan', file]);
    expect(code).toBe(1);
    expect(stdout).toContain('Nothing of this could be read, as said above: what the phone sent is not known.');
    expect(stdout).not.toContain('was found in what could be read');
  });

  it('a file name with orders for the terminal in it is shown without them, read or not', async () => {
    const named = join(dir, 'x\u001b]0;pwned\u0007a.har');
    copyFileSync(har, named);
    for (const file of [named, `${named}-that-is-not-there`]) {
      const { stdout, stderr } = await phonehome(['scan', file, har]);
      expect(`${stdout}${stderr}`).toContain('pwned');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(`${stdout}${stderr}`).not.toMatch(/[\u001b\u0007]/);
    }
  });

  it('the name of a server with orders for the terminal in it is shown without them, in the sentence too', async () => {
    const host = 'a\u001b]0;pwned\u0007.example';
    const flow = { id: '1', client: { ip: '10.77.0.2', port: 1 }, destination: { host, port: 80, ip: null } };
    const about = { deviceId: null, arrival: 'transparent', treatment: 'intercept', engine: 'wire', hello: null };
    const file = join(dir, 'named.ndjson');
    const lines = [
      { type: 'flow-opened', time: 1, flow: { ...flow, ...about, encrypted: false, intercepted: true } },
      {
        type: 'raw-bytes',
        flowId: '1',
        time: 1,
        direction: 'request',
        bytes: Buffer.from(`imei=${IMEI}`).toString('base64'),
      },
      { type: 'flow-closed', flowId: '1', time: 1, reason: 'ended', detail: null, bytesUp: 20, bytesDown: 0 },
    ];
    writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    const { stdout } = await phonehome(['scan', file, '--devices', devices]);
    expect(stdout).toContain('What left the phone: IMEI.');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stdout).not.toMatch(/[\u001b\u0007]/);
  });

  it('--html writes one page that loads nothing and escapes what came from the recording', async () => {
    const hostile = `https://stats.example/?imei=${IMEI}&<script>alert(1)</script>`;
    const file = writeHar(join(dir, 'hostile<b>.har'), [harEntry({ request: { url: hostile, headers: [] } })]);
    const page = join(dir, 'findings.html');
    expect((await phonehome(['scan', file, '--devices', devices, '--html', page])).code).toBe(0);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<b>imei</b> <code>490154');
    expect(html).toContain('stats.example');
    expect(html).toContain('an estimate');
    // The licence of the countries asks for this one link; it is followed by a person or not at all.
    const source = '<a href="https://db-ip.com">IP Geolocation by DB-IP</a>';
    expect(html).toContain(source);
    expect(html.replace(source, '')).not.toMatch(/<script|hostile<b>|src=|href=/);
    expect(html).not.toContain(IMEI);
  });

  it.each([
    ['low', 3],
    ['critical', 0],
  ])('--fail-on %s of high findings ends with exit code %i', async (level, expected) => {
    const file = writeHar(join(dir, 'tls.har'), [
      harEntry({ request: { url: `https://stats.example/?imei=${IMEI}`, headers: [] } }),
    ]);
    expect((await phonehome(['scan', file, '--devices', devices, '--fail-on', level])).code).toBe(expected);
  });

  it('of nothing readable fails and says why', async () => {
    const file = join(dir, 'picture.png');
    writeFileSync(file, Buffer.from([0x89, 0x50, 0x4e, 0x47]));
    const { code, stderr } = await phonehome(['scan', file]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('nothing could be read: neither HAR')]);
  });

  it('of a file that is not there fails with one line', async () => {
    expect(await phonehome(['scan', join(dir, 'none.har')])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^phonehome: there is no .*none\.har: check the path\n$/m),
    });
  });
});
