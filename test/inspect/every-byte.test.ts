/** Every byte that a phone sends is searched for registered values, whatever it stands for: names, heads, what is between parts. */
import { crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createInspector } from '../../src/inspect/inspector.ts';
import type { Device } from '../../src/model/device.ts';
import { byteByByte, flow, read } from '../readers/reading.ts';
import { findings, IMEI, inspect, labPhone } from './lab-phone.ts';

/** Kinds and values found in what a phone sends over one connection. */
function found(sent: Buffer, cut: (bytes: Buffer) => Buffer[] = (bytes) => [bytes], device = labPhone): string[] {
  const inspector = createInspector({ deviceFor: () => device });
  const events = [{ type: 'flow-opened' as const, flow, time: 0 }, ...read([['request', sent]], { cut })];
  const all = events.flatMap((event) => findings(inspector.push(event)));
  return [...new Set(all.filter(({ identifier }) => identifier.known).map(({ value }) => value))];
}

function request(fields: string, body: Buffer | string = '', line = 'POST /up HTTP/1.1'): Buffer {
  const bytes = Buffer.from(body);
  const length = bytes.length > 0 ? `Content-Length: ${bytes.length}\r\n` : '';
  return Buffer.concat([Buffer.from(`${line}\r\nHost: vendor.example\r\n${fields}${length}\r\n`), bytes]);
}

const BOUNDARY = 'Content-Type: multipart/form-data; boundary=xYzZy\r\n';
const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n';
const part = (head: string, content = 'x'): string => `--xYzZy\r\n${head}\r\n\r\n${content}\r\n`;
const NAMED = part('Content-Disposition: form-data; name="a"');
const END = '--xYzZy--\r\n';

/** RFC 1952 2.3: optional fields before the data. */
function gzip(flags: number, extra: Buffer): Buffer {
  const plain = gzipSync('nothing in here');
  plain[3] = flags;
  return Buffer.concat([plain.subarray(0, 10), extra, plain.subarray(10)]);
}

const u16 = (value: number): Buffer => Buffer.from([value, 0]);
const zero = (text: string): Buffer => Buffer.from(`${text}\0`);
const counted = (text: string): Buffer => Buffer.concat([u16(Buffer.byteLength(text)), Buffer.from(text)]);

/** APPNOTE.TXT 4.3: one file, with its directory. */
function zip({ name = 'a.txt', extra = '', comment = '', archive = '' }): Buffer {
  const content = Buffer.from('nothing in here');
  const packed = deflateRawSync(content);
  const sizes = Buffer.alloc(18);
  sizes.writeUInt16LE(8, 0);
  sizes.writeUInt32LE(crc32(content), 6);
  sizes.writeUInt32LE(packed.length, 10);
  sizes.writeUInt32LE(content.length, 14);
  const lengths = (of: string[]): Buffer => Buffer.concat(of.map((text) => u16(Buffer.byteLength(text))));
  const local = Buffer.concat([
    Buffer.from('PK\x03\x04\x14\0\0\0', 'latin1'),
    sizes,
    lengths([name, extra]),
    Buffer.from(name + extra),
    packed,
  ]);
  const directory = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\0\x14\0\0\0', 'latin1'),
    sizes,
    lengths([name, '', comment]),
    Buffer.alloc(12),
    Buffer.from(name + comment),
  ]);
  const end = Buffer.alloc(20);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end, counted(archive)]);
}

const NAME = 'Nguyễn Thị Ngân';
const FILE = 'Content-Type: application/octet-stream\r\n';

const PLACES: Record<string, Buffer> = {
  'the method': request('', '', `${`X${IMEI}`} / HTTP/1.1`),
  'a head line without a colon': request(`${IMEI}\r\n`),
  'a head line without a colon, among words': request(`device ${IMEI} here\r\n`),
  'the name of a header': request(`X-${IMEI}: 1\r\n`),
  'a folded line': request(`X-A: 1\r\n ${IMEI}\r\n`),
  'the name of a cookie': request(`Cookie: a=1; ${IMEI}=1\r\n`),
  'a cookie without a value': request(`Cookie: a=1; ${IMEI}\r\n`),
  'the escaped name of a cookie': request(`Cookie: a=1; imei%3A${IMEI}=1; b=%20\r\n`),
  'the name of a parameter': request('', '', `GET /?${IMEI}=1 HTTP/1.1`),
  'a parameter without a value': request('', '', `GET /?a&${IMEI}&b HTTP/1.1`),
  'a fragment of the target': request('', '', `GET /a#${IMEI} HTTP/1.1`),
  'the login of the target': request('', '', `GET http://u:${IMEI}@vendor.example/ HTTP/1.1`),
  'the name of a form field': request(FORM, `a=1&${IMEI}=1&b=2`),
  'a long name of a form field': request(FORM, `a=1&${'n'.repeat(300)}${IMEI}=1&b=2`),
  'a form field without a value': request(FORM, `a=1&${IMEI}&b=2`),
  'the escaped name of a form field': request(FORM, `a=1&x%5B${IMEI}%5D=1`),
  'a JSON key': request('Content-Type: application/json\r\n', `{"${IMEI}":1}`),
  'the preamble of a multipart': request(BOUNDARY, `for ${IMEI}\r\n${NAMED}${END}`),
  'the epilogue of a multipart': request(BOUNDARY, `${NAMED}${END}of ${IMEI}\r\n`),
  'the rest of a boundary line': request(BOUNDARY, `--xYzZy ${IMEI}\r\nContent-Type: text/plain\r\n\r\nx\r\n${END}`),
  'behind the last boundary': request(BOUNDARY, `${NAMED}--xYzZy--${IMEI}\r\n`),
  'the name of a part': request(BOUNDARY, part(`Content-Disposition: form-data; name="${IMEI}"`) + END),
  'the file name of an upload': request(
    BOUNDARY,
    part(`Content-Disposition: form-data; name="log"; filename="log-${IMEI}.zip"`) + END,
  ),
  'the escaped file name of an upload': request(
    BOUNDARY,
    part(`Content-Disposition: form-data; name="log"; filename*=UTF-8''imei%3A${IMEI}.zip`) + END,
  ),
  'a field of a part': request(BOUNDARY, part(`X-Device: ${IMEI}`) + END),
  'a line without a colon of a part': request(BOUNDARY, part(IMEI) + END),
  'a part whose head does not end': request(BOUNDARY, `--xYzZy\r\nX-Device: ${IMEI}`),
  'a part with a very long head': request(BOUNDARY, part(`X-Pad: ${'p'.repeat(9000)}\r\nX-Device: ${IMEI}`) + END),
  'the boundary itself': request(
    `Content-Type: multipart/form-data; boundary=b-${IMEI}\r\n`,
    `--b-${IMEI}\r\n\r\nx\r\n--b-${IMEI}--`,
  ),
  'a boundary that no header names': request('', `--b-${IMEI}\r\nX-A: 1\r\n\r\nx\r\n--b-${IMEI}--\r\n`),
  'the name in a gzip': request(FILE, gzip(8, zero(`log-${IMEI}.txt`))),
  'the comment of a gzip': request(FILE, gzip(16, zero(`of ${IMEI}`))),
  'the extra field of a gzip': request(FILE, gzip(4, counted(`ID${IMEI}`))),
  'the name in a gzip that is the coding': request('Content-Encoding: gzip\r\n', gzip(8, zero(`log-${IMEI}.txt`))),
  'the name in a gzip inside other bytes': request(
    FILE,
    Buffer.concat([Buffer.from([0, 1, 2, 3]), gzip(8, zero(`log-${IMEI}.txt`))]),
  ),
  'the name of a file in a zip': request(FILE, zip({ name: `log-${IMEI}.txt` })),
  'the extra field of a file in a zip': request(FILE, zip({ extra: `id\x0f\0${IMEI}` })),
  'the comment of a file in a zip': request(FILE, zip({ comment: `of ${IMEI}` })),
  'the comment of a zip': request(FILE, zip({ archive: `of ${IMEI}` })),
  'what stands behind a zip': request(FILE, Buffer.concat([zip({}), Buffer.from(IMEI)])),
  'the name of a chunk extension': Buffer.from(
    `POST /up HTTP/1.1\r\nHost: vendor.example\r\nTransfer-Encoding: chunked\r\n\r\n1;id=${IMEI}\r\nx\r\n0\r\n\r\n`,
  ),
  'the name of a trailer': Buffer.from(
    `POST /up HTTP/1.1\r\nHost: vendor.example\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-${IMEI}: 1\r\n\r\n`,
  ),
};

describe('a registered value is found in', () => {
  for (const [place, sent] of Object.entries(PLACES))
    it(place, () => {
      expect(found(sent)).toEqual([IMEI]);
      expect(found(sent, byteByByte)).toEqual([IMEI]);
    });
});

it('a registered value behind 64 KB of bytes in no known structure is told where it stands, however it was cut', () => {
  const body = Buffer.concat([Buffer.alloc(65_530, 0xf5), Buffer.from(` ${IMEI} `), Buffer.alloc(4000, 0xf5)]);
  for (const cuts of [[], [60_000], [30_000, 65_537, 66_000], 7000]) {
    const all = findings(inspect({ body, cuts, headers: [['Content-Type', 'application/octet-stream']] }));
    expect(all.map(({ evidence }) => evidence.offset)).toEqual([65_531]);
  }
});

describe('a planted contact of a script beyond Latin is found as', () => {
  const contact: Device = {
    ...labPhone,
    id: 'lab-phone-names',
    canaries: { contacts: [{ name: NAME, phone: '+84987654321' }], messages: [], photos: [] },
  };
  const places: Record<string, Buffer> = {
    'the name of a parameter': request('', '', `GET /?${encodeURIComponent(NAME)}=1 HTTP/1.1`),
    'the name of a form field': request(FORM, `a=1&${encodeURIComponent(NAME)}=1`),
    'the name of a part': request(BOUNDARY, part(`Content-Disposition: form-data; name="${NAME}"`) + END),
    'the name of a cookie': request(`Cookie: ${NAME}=1\r\n`),
    'a JSON key': request('Content-Type: application/json\r\n', `{"${NAME}":1}`),
    'the name of a file in a zip': request(FILE, zip({ name: `${NAME}.vcf` })),
  };
  for (const [place, sent] of Object.entries(places))
    it(place, () => expect(found(sent, byteByByte, contact)).toHaveLength(1));
});

it('searches the server that a request is for when its Host field names another', () => {
  const inspector = createInspector({ deviceFor: () => labPhone });
  const about = { flowId: flow.id, exchange: 1, time: 0, protocol: 'h2', method: 'GET', target: '/', scheme: 'https' };
  inspector.push({ type: 'flow-opened', flow, time: 0 });
  const headers: [string, string][] = [['Host', 'vendor.example']];
  const head = { type: 'request-head' as const, ...about, authority: `${IMEI}.t.example`, headers };
  expect(findings(inspector.push(head)).map(({ value }) => value)).toEqual([IMEI]);
});

describe('a stream of zlib', () => {
  const text = `{"report":"of today","imei":"${IMEI}"}`;
  const around = [Buffer.from([0, 1, 0xff, 0xfe, 0x80]), Buffer.from([0xff, 0x80, 0, 7])] as const;
  const windows = [9, 10, 11, 12, 13, 14, 15];
  // Of the four grades that a header may name, 2 to 5 are the second.
  const all = windows.flatMap((windowBits) => [1, 3, 6, 9].map((level) => ({ windowBits, level })));

  it.each(all)('is opened alone and inside other bytes: %o', (options) => {
    const stream = deflateSync(text, options);
    expect(findings(inspect({ body: stream })).map(({ value }) => value)).toEqual([IMEI]);
    for (const cuts of [[], 1, 7]) {
      const body = Buffer.concat([around[0], stream, around[1]]);
      expect(findings(inspect({ body, cuts })).map(({ value }) => value)).toEqual([IMEI]);
    }
  });
});
