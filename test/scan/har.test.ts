import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingReaders } from '../../src/lab/recording-readers.ts';
import { readEntry } from '../../src/scan/har/entry.ts';
import { type Exchange, exchangeIn, harEntry, readAll, writeHar } from './recording.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-har-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function readOne(entry: object): Promise<Exchange & { missing: string[] }> {
  const [recorded] = await readAll(writeHar(join(dir, 'one.har'), [entry]));
  if (recorded?.type !== 'entry') throw new Error(`not an entry: ${JSON.stringify(recorded)}`);
  return { ...exchangeIn(recorded.events), missing: recorded.missing };
}

describe('a HAR entry', () => {
  it('becomes a flow with request, headers, address and time', async () => {
    const exchange = await readOne(harEntry());
    expect(exchange).toMatchObject({
      method: 'POST',
      url: 'http://zzhc.vnet.cn/report?a=1',
      protocol: 'http/1.1',
      ip: '42.62.48.10',
      encrypted: false,
      status: 200,
    });
    expect(exchange.headers).toContainEqual(['X-Imei', '490154203237518']);
  });

  it.each([
    ['text', { text: 'imei=490154203237518' }, 'imei=490154203237518'],
    ['text beyond ASCII, as UTF-8', { text: 'Nguyễn' }, Buffer.from('Nguyễn').toString('latin1')],
    ['base64', { text: Buffer.from([0, 1, 255]).toString('base64'), encoding: 'base64' }, '\u0000\u0001\u00ff'],
    ['one byte per character', { text: gzipSync('imei').toString('latin1') }, gzipSync('imei').toString('latin1')],
    [
      'form fields only',
      { mimeType: 'application/x-www-form-urlencoded', params: [{ name: 'i m', value: '4&9' }] },
      'i%20m=4%269',
    ],
    [
      'multipart fields only',
      { mimeType: 'multipart/form-data; boundary=b', params: [{ name: 'imei', value: '1' }] },
      '--b\r\nContent-Disposition: form-data; name="imei"\r\n\r\n1\r\n--b--\r\n',
    ],
  ])('gives the request body recorded as %s', async (_how, postData, expected) => {
    expect((await readOne(harEntry({ request: { postData } }))).body).toBe(expected);
  });

  it.each([
    ['42.62.48.10', '42.62.48.10'],
    ['42.62.48.10:443', '42.62.48.10'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['', null],
    ['unknown', null],
  ])('of a server at "%s" has the address %s', async (serverIPAddress, expected) => {
    expect((await readOne(harEntry({ serverIPAddress }))).ip).toBe(expected);
  });

  it.each([
    ['HTTP/1.1', 'http/1.1'],
    ['h2', 'h2'],
    ['HTTP/2', 'h2'],
    ['http/2.0', 'h2'],
    ['h3', 'h3'],
    ['', 'http/1.1'],
  ])('of "%s" has the protocol %s', async (httpVersion, expected) => {
    expect((await readOne(harEntry({ request: { httpVersion } }))).protocol).toBe(expected);
  });

  it('keeps cookies that were recorded apart from the headers', async () => {
    const { headers } = await readOne(
      harEntry({ request: { headers: [], cookies: [{ name: 'deviceId', value: 'l6IQUjLsyHVvA6Ap' }] } }),
    );
    expect(headers).toEqual([['Cookie', 'deviceId=l6IQUjLsyHVvA6Ap']]);
  });

  it('drops pseudo headers, and a content encoding that the recorder already undid', async () => {
    const headers = [
      { name: ':authority', value: 'zzhc.vnet.cn' },
      { name: 'Content-Encoding', value: 'gzip' },
      { name: 'X-A', value: '1' },
    ];
    expect((await readOne(harEntry({ request: { headers, postData: { text: '{}' } } }))).headers).toEqual([
      ['X-A', '1'],
    ]);
    const packed = { text: gzipSync('{}').toString('base64'), encoding: 'base64' };
    expect((await readOne(harEntry({ request: { headers, postData: packed } }))).headers).toContainEqual([
      'Content-Encoding',
      'gzip',
    ]);
  });

  it('gives response bodies and WebSocket messages', async () => {
    const { responseBody, messages, encrypted } = await readOne(
      harEntry({
        request: { url: 'wss://push.example/ws' },
        response: { content: { size: 2, text: 'ok' } },
        _webSocketMessages: [
          { type: 'send', time: 1, opcode: 1, data: 'imei' },
          { type: 'receive', time: 2, opcode: 2, data: Buffer.from([255]).toString('base64') },
        ],
      }),
    );
    expect([responseBody, encrypted]).toEqual(['ok', true]);
    expect(messages).toEqual(['request text imei', 'response binary \u00ff']);
  });

  it('says which bodies the recorder did not keep', async () => {
    const { missing } = await readOne(harEntry({ request: { bodySize: 500 }, response: { content: { size: 9 } } }));
    expect(missing).toEqual(['request body not recorded', 'response body not recorded']);
  });

  it.each([
    ['inlined data', { request: { url: 'data:text/plain,x' } }, 'data: is no request on the network'],
    ['a browser extension', { request: { url: 'chrome-extension://abc/x.js' } }, 'chrome-extension: is no request'],
    ['the cache', { _fromCache: 'disk' }, 'from the cache: nothing was sent'],
    ['no valid address', { request: { url: 'http://' } }, 'no valid URL'],
  ])('from %s is skipped with the reason', async (_what, change, reason) => {
    const [recorded] = await readAll(writeHar(join(dir, 'skip.har'), [harEntry(change)]));
    expect(recorded).toMatchObject({ type: 'skipped', entry: 0, reason: expect.stringContaining(reason) });
  });

  it.each([
    ['status', { response: { status: { toString: 'x', valueOf: 'x' } } }],
    ['size', { response: { status: 200, content: { size: { toString: 'x', valueOf: 'x' } } } }],
    ['HTTP version', { request: { httpVersion: [{ toString: 'x', valueOf: 'x' }] } }],
  ])('is read when its %s is an object that cannot become text', (_field, change) => {
    expect(() => readEntry(harEntry(change) as never, 'f')).not.toThrow();
  });

  it('never throws, whatever stands in the file', () => {
    const junk = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue(),
        fc.record({ request: tie('request'), response: tie('response') }, { requiredKeys: [] }),
      ),
      request: fc.record(
        {
          url: fc.oneof(fc.webUrl(), fc.jsonValue()),
          headers: fc.jsonValue(),
          cookies: fc.jsonValue(),
          postData: fc.oneof(
            fc.jsonValue(),
            fc.record({ text: fc.jsonValue(), encoding: fc.jsonValue(), params: fc.jsonValue() }),
          ),
        },
        { requiredKeys: [] },
      ),
      response: fc.record(
        { status: fc.jsonValue(), headers: fc.jsonValue(), content: fc.jsonValue() },
        { requiredKeys: [] },
      ),
    })).value;
    fc.assert(
      fc.property(junk, (entry) => {
        expect(() => readEntry(entry as never, 'f')).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

describe('a HAR file', () => {
  it('counts entries as they stand in log.entries, skipped ones included', async () => {
    const file = writeHar(join(dir, 'count.har'), [harEntry(), harEntry({ _fromCache: 'memory' }), harEntry()]);
    expect((await readAll(file)).map((each) => [each.type, 'entry' in each && each.entry])).toEqual([
      ['entry', 0],
      ['skipped', 1],
      ['entry', 2],
    ]);
  });

  it('with a byte order mark, with pages before the entries and with anything after them is read', async () => {
    const file = join(dir, 'order.har');
    writeFileSync(
      file,
      `\ufeff${JSON.stringify({ log: { pages: [{ entries: [{ no: 'entry' }] }], entries: [harEntry()], comment: 'x' }, more: [1] })}`,
    );
    expect((await readAll(file)).map((each) => each.type)).toEqual(['entry']);
  });

  it.each([
    [
      'ends in the middle',
      (text: string) => text.slice(0, -20),
      ['entry', 'the file ends in the middle: 1 entry was read'],
    ],
    [
      'is broken after an entry',
      (text: string) => text.replace(/,(?=\{"startedDateTime":"second")/, ',]'),
      ['broken JSON after 1 entry: the rest was not read'],
    ],
  ])('that %s gives the entries before, and says what is lost', async (_how, cut, reasons) => {
    const file = join(dir, 'cut.har');
    writeFileSync(
      file,
      cut(JSON.stringify({ log: { entries: [harEntry(), { ...harEntry(), startedDateTime: 'second' }] } })),
    );
    expect((await readAll(file)).map((each) => (each.type === 'skipped' ? each.reason : each.type))).toEqual([
      'entry',
      ...reasons,
    ]);
  });

  it('without entries says that it is none', async () => {
    const file = join(dir, 'other.har');
    writeFileSync(file, '{"entries":[1]}');
    expect(await readAll(file)).toMatchObject([{ type: 'skipped', reason: expect.stringContaining('no log.entries') }]);
  });

  it('of 60 MB is read with one entry in memory at a time', async () => {
    const entries = Array.from({ length: 600 }, (_, index) =>
      harEntry({ request: { postData: { text: `${index} ${'x'.repeat(100_000)}` } } }),
    );
    const file = writeHar(join(dir, 'large.har'), entries);
    entries.length = 0;
    globalThis.gc?.();
    const { readRecordings } = await import('../../src/scan/recordings.ts');
    let count = 0;
    let held = 0;
    for await (const recorded of readRecordings([file], recordingReaders)) {
      if (recorded.type !== 'entry') continue;
      count++;
      held = Math.max(
        held,
        recorded.events.reduce((sum, event) => sum + (event.type === 'body-chunk' ? event.bytes.length : 0), 0),
      );
    }
    expect(count).toBe(600);
    expect(held).toBeLessThan(110_000);
  });
});
