/** The streaming contract: results do not depend on how the bytes were cut, and no bytes make the detector throw. */
import { createHash } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInspector } from '../../src/inspect/inspector.ts';
import {
  essence,
  findings,
  ICCID,
  IMEI,
  IMSI,
  inspect,
  inspectRaw,
  labFlow,
  labPhone,
  MAC,
  type Sent,
} from './lab-phone.ts';

const document = JSON.stringify({
  a: [{ b: JSON.stringify({ imei: IMEI, note: 'line\nbreak "quoted"' }) }],
  mac: MAC,
  escaped: `text\twith \u{1f600} ${IMSI} in it`,
  md5: createHash('md5').update(IMEI).digest('hex'),
  short: createHash('sha1').update(IMSI).digest('base64url').slice(0, 16),
  wrapped: Buffer.from(JSON.stringify({ iccid: ICCID })).toString('base64'),
  hex: Buffer.from(`id=${IMEI};`).toString('hex'),
  mail: 'someone.else@example.org',
  other: [35209900176148, 490154203237526, 1700000000000],
  position: { lat: 21.0301, lng: 105.8401 },
  uuid: '6fa459ea-ee8a-3ca4-894e-db77e160355e',
});
const lines = Buffer.from(document).toString('base64').replace(/.{76}/g, '$&\r\n');

const samples: Record<string, Sent> = {
  json: { body: document },
  'base64 in lines': { body: lines },
  text: {
    body: `TN:IMEI1,${IMEI},client,CID:729408,build; mac=${MAC}\n+84 91 234 56 78 x@lab.example 490154203237526 ${document}`,
  },
  form: { body: `a=1&data=${encodeURIComponent(document)}&imei=${IMEI}&b=${encodeURIComponent(lines)}` },
  multipart: {
    headers: [['Content-Type', 'multipart/form-data; boundary=xx']],
    body: `--xx\r\nContent-Disposition: form-data; name="meta"\r\n\r\n${document}\r\n--xx\r\nContent-Disposition: form-data; name="t"\r\n\r\n${IMEI}\r\n--xx--\r\n`,
  },
  'multipart without its header': {
    body: `--0123456789abc\r\nContent-Disposition: form-data; name="t"\r\n\r\n${IMEI} ${MAC}\r\n--0123456789abc--\r\n`,
  },
  gzip: { headers: [['Content-Encoding', 'gzip']], body: gzipSync(document) },
  'gzip by its magic': { body: gzipSync(document) },
  zlib: { headers: [['Content-Encoding', 'deflate']], body: deflateSync(document) },
  'raw deflate': { headers: [['Content-Encoding', 'deflate']], body: deflateRawSync(document) },
  brotli: { headers: [['Content-Encoding', 'br']], body: brotliCompressSync(document) },
  zstd: { headers: [['Content-Encoding', 'zstd']], body: zstdCompressSync(document) },
  'gzip in base64 in JSON': { body: JSON.stringify({ d: gzipSync(document).toString('base64') }) },
  'a header that lies about gzip': { headers: [['Content-Encoding', 'gzip']], body: document },
  'damaged gzip': { body: Buffer.concat([gzipSync(document).subarray(0, 200), Buffer.alloc(100, 7)]) },
  'truncated gzip': { body: gzipSync(document).subarray(0, 250) },
  'random bytes': { body: createHash('shake256', { outputLength: 5000 }).update('x').digest() },
  'text after text of 5,000 bytes': { body: `${'lorem ipsum dolor '.repeat(300)}${document}` },
  'long base64': { body: JSON.stringify({ d: Buffer.from(`${'lorem '.repeat(2000)}${document}`).toString('base64') }) },
};

describe.each(Object.entries(samples))('%s', (_name, sent) => {
  const whole = inspect(sent);

  it('gives the same byte by byte as whole', () => {
    expect(essence(inspect({ ...sent, cuts: 1 }))).toEqual(essence(whole));
  });

  it('gives the same for any cutting', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000), { maxLength: 12 }), (cuts) => {
        expect(essence(inspect({ ...sent, cuts }))).toEqual(essence(whole));
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same for any cutting without a registered phone', () => {
    const shapes = essence(inspect({ ...sent, device: null }));
    fc.assert(
      fc.property(fc.array(fc.nat(20_000), { maxLength: 8 }), (cuts) => {
        expect(essence(inspect({ ...sent, device: null, cuts }))).toEqual(shapes);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a connection that no reader understands', () => {
  const protocol = Buffer.concat([
    Buffer.from([0, 0, 1, 44, 2, 0xff]),
    Buffer.from(`login ${IMEI}\0${MAC}\0`),
    createHash('sha1').update(IMSI).digest(),
    Buffer.from(IMEI, 'utf16le'),
    gzipSync(document),
    Buffer.alloc(700, 1),
    deflateSync(document),
    Buffer.from(document),
    Buffer.from(Buffer.from(` ${ICCID} `).map((byte) => byte ^ 0x33)),
  ]);

  it('gives the same for any cutting', () => {
    const whole = essence(inspectRaw(protocol, []));
    expect(whole.length).toBeGreaterThan(8);
    expect(essence(inspectRaw(protocol, 1))).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { maxLength: 12 }), (cuts) => {
        expect(essence(inspectRaw(protocol, cuts))).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it('tells of a registered value as soon as its last byte is there', () => {
    const inspector = createInspector({ deviceFor: () => labPhone });
    inspector.push(labFlow('f'));
    const push = (text: string): number =>
      inspector.push({ type: 'raw-bytes', flowId: 'f', direction: 'request', time: 0, bytes: Buffer.from(text) })
        .length;
    // What follows would decide whether it is an IMEISV; a comma does.
    expect([push('\0\x01hello 4901542'), push('0323751'), push('8,'), push('more')]).toEqual([0, 0, 1, 0]);
  });
});

describe('any bytes', () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }),
    fc.string({ unit: 'binary', maxLength: 2000 }).map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(text)),
    // Readable pieces and noise in turn: what makes readers change their mind.
    fc
      .array(
        fc.oneof(
          fc.constantFrom(
            document,
            lines,
            IMEI,
            '{"',
            '\\u',
            '%',
            '&a=',
            '\r\n--xx',
            '=',
            '"',
            '[',
            gzipSync(document).toString('latin1'),
          ),
          fc.string({ maxLength: 40 }),
          fc.base64String({ maxLength: 90 }),
        ),
        { maxLength: 12 },
      )
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
  );
  const head = fc.record({
    type: fc.constantFrom(
      'application/json',
      'multipart/form-data; boundary=xx',
      'application/x-www-form-urlencoded',
      'text/plain',
    ),
    coding: fc.constantFrom('gzip', 'br', 'zstd', 'deflate', 'identity', 'gzip, br', 'unknown'),
  });

  it('never throw, and are read alike for any cutting', () => {
    fc.assert(
      fc.property(
        anything,
        head,
        fc.array(fc.nat(3000), { maxLength: 6 }),
        ({ buffer, byteOffset, length }, { type, coding }, cuts) => {
          const body = Buffer.from(buffer, byteOffset, length);
          const headers: [string, string][] = [
            ['Content-Type', type],
            ['Content-Encoding', coding],
          ];
          expect(essence(inspect({ headers, body, cuts }))).toEqual(essence(inspect({ headers, body })));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('never throw in a request head', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (target, value) => {
          inspect({
            target,
            headers: [
              ['Cookie', value],
              ['Authorization', `Basic ${value}`],
              ['X-Any', value],
            ],
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('finds a value split at every byte', () => {
  const body = Buffer.from(`before ${IMEI} after`);
  for (let cut = 1; cut < body.length; cut++) {
    expect(findings(inspect({ body, cuts: [cut] })).map((finding) => finding.value)).toEqual([IMEI]);
  }
});
