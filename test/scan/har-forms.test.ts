/** The ways in which recorders write the parts of a request beside the one that HAR 1.2 has for each. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlowEvent } from '../../src/model/flow.ts';
import { exchangeIn, harEntry, readAll, writeHar } from './recording.ts';

const IMEI = '490154203237518';
const JSON_BODY = `{"imei":"${IMEI}"}`;
const BINARY = Buffer.from([0x0a, 0x02, 0xff, 0xfe, 0x80]);

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-forms-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function eventsOf(change: Parameters<typeof harEntry>[0]): Promise<FlowEvent[]> {
  const [recorded] = await readAll(writeHar(join(dir, 'one.har'), [harEntry(change)]));
  if (recorded?.type !== 'entry') throw new Error(`not an entry: ${JSON.stringify(recorded)}`);
  return recorded.events;
}
const request = async (change: object) => exchangeIn(await eventsOf({ request: { headers: [], ...change } }));

it('shows name and password of an address as the header that sends them', async () => {
  const basic = `Basic ${Buffer.from(`phone:${IMEI}`).toString('base64')}`;
  const url = `http://phone:${IMEI}@v.example/a`;
  expect((await request({ url })).headers).toContainEqual(['Authorization', basic]);
  const said = [{ name: 'authorization', value: 'Bearer x' }];
  expect((await request({ url, headers: said })).headers).not.toContainEqual(['Authorization', basic]);
});

describe('a body', () => {
  const base64 = Buffer.from(JSON_BODY).toString('base64');
  it.each([
    ['postData as a text', { postData: JSON_BODY }],
    ['postData.text as an object', { postData: { mimeType: 'application/json', text: { imei: IMEI } } }],
    ['postData as the body itself', { postData: { imei: IMEI } }],
    ['_content, encoding behind', { _content: { text: base64, size: 26, encoding: 'base64' } }],
    ['_content as text', { _content: { text: JSON_BODY, size: 26 } }],
    ['content', { content: { text: JSON_BODY, mimeType: 'application/json' } }],
    ['body as a text', { body: JSON_BODY }],
    ['body as an object', { body: { imei: IMEI } }],
    ["Node's Buffer", { postData: { text: { type: 'Buffer', data: [...Buffer.from(JSON_BODY)] } } }],
    ['a list of bytes', { postData: { text: [...Buffer.from(JSON_BODY)] } }],
    ['hexadecimal', { postData: { text: Buffer.from(JSON_BODY).toString('hex'), encoding: 'hex' } }],
    ['two places', { postData: { text: JSON_BODY }, _content: { text: JSON_BODY } }],
  ])('under %s comes out once', async (_where, change) => {
    const { body } = await request(change);
    expect(body).toBe(JSON_BODY);
  });

  it('whose content type stands beside it alone is read by it', async () => {
    const { headers } = await request({ postData: { mimeType: 'multipart/form-data; boundary=b', text: '--b--' } });
    expect(headers).toEqual([['Content-Type', 'multipart/form-data; boundary=b']]);
    const own = { headers: [{ name: 'Content-type', value: 'text/plain' }], postData: { mimeType: 'a/b', text: 'x' } };
    expect((await request(own)).headers).toEqual([['Content-type', 'text/plain']]);
  });

  it('beside fields that its text does not hold is followed by them', async () => {
    const events = await eventsOf({
      request: {
        postData: {
          mimeType: 'application/x-www-form-urlencoded',
          text: 'a=1&b=x%2By',
          params: [
            { name: 'a', value: '1' },
            { name: 'b', value: 'x+y' },
            { name: 'imei', value: IMEI },
          ],
        },
      },
    });
    const bodies = events.flatMap((event) =>
      event.type === 'body-chunk' && event.direction === 'request' ? [[event.exchange, event.bytes.toString()]] : [],
    );
    expect(bodies).toEqual([
      [1, 'a=1&b=x%2By'],
      [2, `imei=${IMEI}`],
    ]);
  });

  it('of fields with files keeps their names and types', async () => {
    const { body } = await request({
      postData: {
        mimeType: 'multipart/form-data; boundary=b',
        params: [
          {
            name: 'log',
            fileName: `${IMEI}.bin`,
            contentType: 'application/octet-stream',
            value: BINARY.toString('latin1'),
          },
        ],
      },
    });
    expect(body).toBe(
      `--b\r\nContent-Disposition: form-data; name="log"; filename="${IMEI}.bin"\r\nContent-Type: application/octet-stream\r\n\r\n${BINARY.toString('latin1')}\r\n--b--\r\n`,
    );
  });

  it('of fields as an object is a form', async () => {
    expect((await request({ postData: { params: { imei: IMEI } } })).body).toBe(`imei=${IMEI}`);
  });

  it('that HTTP Toolkit left out is named with its reason', async () => {
    const change = { bodySize: 9_000_000, _requestBodyStatus: 'discarded:too-large' };
    const [recorded] = await readAll(writeHar(join(dir, 'left.har'), [harEntry({ request: change })]));
    expect(recorded).toMatchObject({ missing: ['request body not recorded (discarded:too-large)'] });
  });

  const NOT_KEPT = 'request body not recorded';
  const IN_PART = 'only a part of the request body recorded';
  const NO_FILE = 'the content of an uploaded file is not recorded';
  const length = (value: string): object => ({ headers: [{ name: 'Content-Length', value }] });
  const file = { name: 'photo', fileName: 'a.jpg', contentType: 'image/jpeg' };
  it.each([
    ['only its size is kept', { postData: { mimeType: 'image/jpeg', size: 200 } }, NOT_KEPT],
    ['neither text nor fields are kept', { postData: { mimeType: 'image/jpeg', comment: 'binary' } }, NOT_KEPT],
    ['only its length is kept, in the head', { ...length('500') }, NOT_KEPT],
    ['the text is cut', { bodySize: 50_000, postData: { text: JSON_BODY } }, IN_PART],
    ['the parts of files were left out of the text', { ...length('50000'), postData: { text: '--b--' } }, IN_PART],
    ['files have a name only', { postData: { mimeType: 'multipart/form-data', params: [file] } }, NO_FILE],
  ])('of which %s is named as not recorded', async (_, change, said) => {
    const entry = harEntry({ request: { headers: [], ...change } });
    const [recorded] = await readAll(writeHar(join(dir, 'unkept.har'), [entry]));
    expect(recorded).toMatchObject({ missing: [said] });
  });

  it.each([
    ['its line breaks are written otherwise', { bodySize: 12, postData: { text: 'a=1\nb=2\nc=' } }],
    [
      'a coding was undone',
      { bodySize: 90, headers: [{ name: 'Content-Encoding', value: 'gzip' }], postData: { text: 'a' } },
    ],
    ['it is empty', { bodySize: 0, postData: { mimeType: 'text/plain' } }],
    ['its size is not known', { bodySize: -1, postData: { text: JSON_BODY } }],
    ['it is kept as base64', { bodySize: 26, postData: { text: base64, encoding: 'base64' } }],
    ['its letters take more than a byte', { bodySize: 6, postData: { text: 'điệ' } }],
  ])('is not called cut when %s', async (_, change) => {
    const [recorded] = await readAll(
      writeHar(join(dir, 'whole.har'), [harEntry({ request: { headers: [], ...change } })]),
    );
    expect(recorded).toMatchObject({ missing: [] });
  });

  it('of which the recorder lost bytes is named', async () => {
    const [recorded] = await readAll(
      writeHar(join(dir, 'lost.har'), [harEntry({ request: { postData: { text: 'a\ufffdb' } } })]),
    );
    expect(recorded).toMatchObject({ missing: ['request body not text: the recorder lost bytes of it'] });
  });

  it('that is still packed keeps the header that says so; one that was unpacked loses it', async () => {
    const headers = [{ name: 'Content-Encoding', value: 'br' }];
    const names = async (postData: object) => (await request({ headers, postData })).headers.map(([name]) => name);
    expect(await names({ text: BINARY.toString('base64'), encoding: 'base64' })).toEqual(['Content-Encoding']);
    expect(await names({ text: JSON_BODY })).toEqual([]);
  });

  it('of gRPC is read inside, as a live one', async () => {
    const packed = gzipSync(JSON_BODY);
    const frame = Buffer.concat([Buffer.from([1, 0, 0, 0, packed.length]), packed]);
    const events = await eventsOf({
      request: {
        url: 'https://a.example/pkg.Service/Send',
        headers: [
          { name: 'content-type', value: 'application/grpc' },
          { name: 'grpc-encoding', value: 'gzip' },
        ],
        postData: { mimeType: 'application/grpc', text: frame.toString('base64'), encoding: 'base64' },
      },
    });
    const messages = events.filter((event) => event.type === 'message');
    expect(Buffer.concat(messages.map(({ bytes }) => bytes)).toString()).toBe(JSON_BODY);
    expect(messages[0]).toMatchObject({ protocol: 'grpc', label: '/pkg.Service/Send', direction: 'request' });
  });
});

describe('headers', () => {
  it.each([
    ['an object', { 'X-Imei': IMEI, Accept: ['a', 'b'] }],
    [
      'pairs',
      [
        ['X-Imei', IMEI],
        ['Accept', 'a'],
        ['Accept', 'b'],
      ],
    ],
    ['lines', [`X-Imei: ${IMEI}`, 'Accept: a', 'Accept:b']],
    ['one text', `X-Imei: ${IMEI}\r\nAccept: a\r\nAccept: b\r\n`],
    [
      'key and value',
      [
        { key: 'X-Imei', val: IMEI },
        { key: 'Accept', value: ['a', 'b'] },
      ],
    ],
    [
      'numbers',
      [
        { name: 'X-Imei', value: Number(IMEI) },
        { Name: 'Accept', Value: 'a' },
        { name: 'Accept', value: 'b' },
      ],
    ],
  ])('as %s are read', async (_how, headers) => {
    expect((await request({ headers })).headers).toEqual([
      ['X-Imei', IMEI],
      ['Accept', 'a'],
      ['Accept', 'b'],
    ]);
  });

  it('beyond ASCII come as on the wire', async () => {
    const { headers } = await request({ headers: [{ name: 'X-Name', value: 'Nguyễn' }] });
    expect(headers).toEqual([['X-Name', Buffer.from('Nguyễn').toString('latin1')]]);
  });

  it('that leave out a cookie which is recorded apart get it', async () => {
    const { headers } = await request({
      headers: [{ name: 'Cookie', value: 'a=1' }],
      cookies: [
        { name: 'a', value: '1' },
        { name: 'imei', value: IMEI },
      ],
    });
    expect(headers).toEqual([
      ['Cookie', 'a=1'],
      ['Cookie', `imei=${IMEI}`],
    ]);
  });

  it('name the host that the address leaves out', async () => {
    const { url } = await request({ url: '/x?a=1', headers: [{ name: 'Host', value: 'a.example' }] });
    expect(url).toBe('http://a.example/x?a=1');
  });
});

describe('parameters', () => {
  it.each([
    ['only in queryString', 'https://a.example/x', [{ name: 'imei', value: IMEI }], `/x?imei=${IMEI}`],
    ['as an object', 'https://a.example/x', { imei: IMEI }, `/x?imei=${IMEI}`],
    ['beside others', 'https://a.example/x?a=1', { a: '1', imei: IMEI }, `/x?a=1&imei=${IMEI}`],
    ['in both places, decoded', 'https://a.example/x?q=a%2520b+c', [{ name: 'q', value: 'a b c' }], '/x?q=a%2520b+c'],
  ])('that stand %s are in the target once', async (_where, url, queryString, target) => {
    const events = await eventsOf({ request: { url, queryString } });
    expect(events.find((event) => event.type === 'request-head')).toMatchObject({ target });
  });
});

describe('an exchange', () => {
  it.each([
    ['http://a.example:8081/x', 8081],
    ['http://a.example/x', 80],
    ['https://a.example/x', 443],
  ])('with %s goes to port %i', async (url, port) => {
    const [opened] = await eventsOf({ request: { url } });
    expect(opened).toMatchObject({ type: 'flow-opened', flow: { destination: { host: 'a.example', port } } });
  });

  it('whose answer has no status had none', async () => {
    const events = await eventsOf({ response: { status: 0, headers: [], content: {} } });
    expect(events.filter(({ type }) => type === 'response-head')).toEqual([]);
  });
});

describe('messages of a WebSocket', () => {
  const socket = { url: 'wss://a.example/s', method: 'GET', headers: [] };
  const base64 = BINARY.toString('base64');
  it.each([
    ['beside the request', { _webSocketMessages: [{ type: 'send', opcode: 1, data: JSON_BODY }] }, `text ${JSON_BODY}`],
    [
      'in the response',
      { response: { status: 101, headers: [], _webSocketMessages: [{ type: 'send', data: JSON_BODY }] } },
      `text ${JSON_BODY}`,
    ],
    [
      'with a direction of its own',
      { _webSocketMessages: [{ direction: 'outgoing', payload: JSON_BODY }] },
      `text ${JSON_BODY}`,
    ],
    [
      'with an opcode as text',
      { _webSocketMessages: [{ type: 'request', opcode: '1', data: JSON_BODY }] },
      `text ${JSON_BODY}`,
    ],
    ['in an object', { _webSocketMessages: { messages: [{ type: 'send', data: JSON_BODY }] } }, `text ${JSON_BODY}`],
    ['as an object', { _webSocketMessages: [{ type: 'send', data: { imei: IMEI } }] }, `text ${JSON_BODY}`],
    [
      'as base64',
      { _webSocketMessages: [{ type: 'send', opcode: 2, data: base64 }] },
      `binary ${BINARY.toString('latin1')}`,
    ],
    [
      'as bytes',
      { _webSocketMessages: [{ type: 'send', opcode: 2, data: BINARY.toString('latin1') }] },
      `binary ${BINARY.toString('latin1')}`,
    ],
    [
      'declared as base64',
      { _webSocketMessages: [{ type: 'send', opcode: 1, data: base64, encoding: 'base64' }] },
      `text ${BINARY.toString('latin1')}`,
    ],
  ])('%s are read', async (_where, change, expected) => {
    const { messages } = exchangeIn(await eventsOf({ request: socket, ...change }));
    expect(messages).toEqual([`request ${expected}`]);
  });

  it('in two places come once', async () => {
    const list = [{ type: 'send', data: 'a' }];
    const events = await eventsOf({ request: { ...socket, _webSocketMessages: list }, _webSocketMessages: list });
    expect(exchangeIn(events).messages).toEqual(['request text a']);
  });

  it('follow the upgrade, as on a live connection, and keep their own times', async () => {
    const events = await eventsOf({
      request: socket,
      response: { status: 101 },
      _webSocketMessages: [{ type: 'receive', time: 1558730482.5071473, opcode: 1, data: 'x' }],
    });
    expect(events.map(({ type }) => type)).toEqual([
      'flow-opened',
      'request-head',
      'body-end',
      'response-head',
      'body-end',
      'upgraded',
      'message',
      'flow-closed',
    ]);
    expect(events.find((event) => event.type === 'message')).toMatchObject({
      time: 1558730482507,
      direction: 'response',
    });
  });

  it('of MQTT are read inside', async () => {
    const topic = `phones/${IMEI}`;
    const publish = Buffer.concat([Buffer.from([0x30, topic.length + 3, 0, topic.length]), Buffer.from(`${topic}x`)]);
    const events = await eventsOf({
      request: socket,
      response: { status: 101, headers: [{ name: 'Sec-WebSocket-Protocol', value: 'mqtt' }] },
      _webSocketMessages: [{ type: 'send', opcode: 2, data: publish.toString('base64') }],
    });
    expect(events).toContainEqual(expect.objectContaining({ type: 'message', protocol: 'mqtt', label: topic }));
  });
});

describe('a file', () => {
  const entry = JSON.stringify(harEntry());
  const write = (name: string, text: string): string => {
    const file = join(dir, name);
    writeFileSync(file, text);
    return file;
  };
  it.each([
    ['a list of entries', 'list.json', `[${entry},${entry}]`],
    ['entries without a log around them', 'entries.json', `{"version":"1.2","entries":[${entry},${entry}]}`],
    ['the same, over several lines', 'pretty.json', `{\n"version":"1.2",\n"entries":[\n${entry},\n${entry}]}`],
    ['two HARs one after the other', 'two.har', `{"log":{"entries":[${entry}]}}\n{"log":{"entries":[${entry}]}}\n`],
    ['one HAR per line', 'lines.json', `{"log":{"entries":[${entry}]}}\n{"log":{"entries":[${entry}]}}\n`],
    ['one entry per line', 'entry-lines.ndjson', `${entry}\n${entry}\n`],
    ['one entry per line, in a list', 'list-lines.json', `[\n${entry},\n${entry}\n]\n`],
    ['text sequences (RFC 7464)', 'seq.json', `\u001e${entry}\n\u001e${entry}\n`],
    ['commas too many', 'commas.har', `{"log":{"entries":[${entry.slice(0, -1)},},${entry},],},}`],
    [
      'NaN, Infinity and undefined',
      'nan.har',
      `{"log":{"entries":[${entry.slice(0, -1)},"time":NaN},${entry.slice(0, -1)},"a":-Infinity,"b":undefined}]}}`,
    ],
    ['a line break in a text', 'control.har', `{"log":{"entries":[${entry.slice(0, -1)},"comment":"a\nb"},${entry}]}}`],
  ])('of %s is read', async (_what, name, text) => {
    const all = await readAll(write(name, text));
    expect(all.map((each) => each.type)).toEqual(['entry', 'entry']);
  });

  it('that ends in the middle of an entry gives what is there of it', async () => {
    const body = JSON.stringify(harEntry({ request: { postData: { text: `imei=${IMEI}` } } }));
    const cut = `{"log":{"entries":[${entry},${body.slice(0, body.indexOf('"response"') + 20)}`;
    const [, second, last] = await readAll(write('cut.har', cut));
    expect(second).toMatchObject({ type: 'entry', partial: 'the file ends within the entry: what is there was read' });
    expect(second?.type === 'entry' && exchangeIn(second.events).body).toBe(`imei=${IMEI}`);
    expect(last).toMatchObject({ type: 'skipped', reason: 'the file ends in the middle: 1 entry was read' });
  });

  it('with entries that are none reads the others', async () => {
    const odd = [null, 1, 'x', [], {}, { request: null }, { request: { url: 5 } }];
    const all = await readAll(write('odd.har', JSON.stringify({ log: { entries: [...odd, harEntry()] } })));
    // What is no object is passed over by the cutter: it holds nothing.
    expect(all.map((each) => (each.type === 'skipped' ? each.reason : each.type))).toEqual([
      'neither "url" nor a flow event\'s "type"',
      'neither "url" nor a flow event\'s "type"',
      'no request',
      'entry',
    ]);
  });

  it('with tunnels and refused connections shows whom they were for', async () => {
    const tunnel = harEntry({ request: { method: 'CONNECT', url: 'vendor.example:443' } });
    const refused = { hostname: 'pinned.example', cause: 'cert-rejected', startedDateTime: '2026-11-22T10:00:00Z' };
    const all = await readAll(
      write('closed.har', JSON.stringify({ log: { entries: [tunnel], _tlsErrors: [refused] } })),
    );
    expect(all).toMatchObject([
      { contact: { host: 'vendor.example' }, missing: [expect.stringContaining('tunnel')] },
      { contact: { host: 'pinned.example' }, missing: [expect.stringContaining('cert-rejected')] },
    ]);
  });
});
