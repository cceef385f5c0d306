/** Bytes opened for people: every layer, its fields, and the value marked in each of them. */
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { MOST_BYTES, openBytes } from '../../src/inspect/opened.ts';

const IMEI = '490154203237518';
const open = (bytes: Buffer | string, contentType = '', encoding = '', values = [IMEI]) =>
  openBytes(Buffer.from(bytes), { contentType, encoding, values });
/** Names from the outermost to the innermost layer that holds the value as a field or in its text. */
function wayTo(layers: ReturnType<typeof open>): string[] {
  const at = layers.findLastIndex(
    ({ marks, fields }) => marks.length > 0 || fields.some((one) => one.marks.length > 0),
  );
  const way: string[] = [];
  for (let place: number | null = at; place !== null && place >= 0; place = layers[place]?.parent ?? null)
    way.unshift([layers[place]?.name, layers[place]?.at].filter(Boolean).join(' '));
  return way;
}
const json = (value: unknown) => JSON.stringify(value);
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the way to a value', () => {
  it.each<[string, Buffer | string, string, string, string[]]>([
    ['plain text', `id=${IMEI}`, 'text/plain', '', ['body']],
    ['JSON', json({ a: [{ imei: IMEI }] }), 'application/json', '', ['body']],
    ['gzip that the head names', gzipSync(json({ imei: IMEI })), 'application/json', 'gzip', ['body', 'gzip']],
    ['gzip that no head names', gzipSync(json({ imei: IMEI })), '', '', ['body', 'gzip']],
    ['brotli', brotliCompressSync(json({ imei: IMEI })), '', 'br', ['body', 'br']],
    ['two codings', brotliCompressSync(gzipSync(json({ imei: IMEI }))), '', 'gzip, br', ['body', 'br', 'gzip']],
    ['zstd', zstdCompressSync(json({ imei: IMEI })), '', '', ['body', 'zstd']],
    ['base64 in JSON', json({ d: base64(json({ imei: IMEI })) }), '', '', ['body', 'base64 $.d']],
    ['base64 as the body', base64(json({ imei: IMEI })), 'application/encrypted-json', '', ['body', 'base64']],
    ['JSON in a form', `data=${encodeURIComponent(json({ imei: IMEI }))}`, '', '', ['body', 'text data']],
    [
      'a part of a multipart body',
      `--x\r\nContent-Disposition: form-data; name="f"\r\nContent-Type: application/json\r\n\r\n${json({ imei: IMEI })}\r\n--x--\r\n`,
      'multipart/form-data; boundary=x',
      '',
      ['body', 'part f'],
    ],
    [
      'a file of a ZIP archive',
      Buffer.from(zipSync({ 'a.json': Buffer.from(json({ imei: IMEI })) })),
      '',
      '',
      ['body', 'zip a.json'],
    ],
    ['hex', json({ h: Buffer.from(`{"i":"${IMEI}"}`).toString('hex') }), '', '', ['body', 'hex $.h']],
    ['protobuf', Buffer.concat([Buffer.from([0x0a, 15]), Buffer.from(IMEI), Buffer.from([0x10, 1])]), '', '', ['body']],
  ])('%s', (_, bytes, type, encoding, way) => {
    expect(wayTo(open(bytes, type, encoding))).toEqual(way);
  });

  it('names fields as the detector does, and says where in them it stands', () => {
    expect(open(json({ a: [{ 'b c': `x${IMEI}` }] }))[0]?.fields).toEqual([
      { path: '$.a[0]["b c"]', value: `x${IMEI}`, isText: true, marks: [[1, 16]] },
    ]);
    expect(open(`{"a":1}\n{"imei":"${IMEI}"}\n`)[0]?.fields.map(({ path }) => path)).toEqual(['[0]$.a', '[1]$.imei']);
    const [body] = open(Buffer.concat([Buffer.from([0x0a, 15]), Buffer.from(IMEI), Buffer.from([0x10, 1])]));
    expect(body?.fields.map(({ path, value }) => [path, value])).toEqual([
      ['field 1', IMEI],
      ['field 2', '1'],
    ]);
  });

  it('marks each place once, in any case', () => {
    expect(open('AABBCCDD aabbccdd', '', '', ['aabbccdd', 'bbccddxx', 'AABB'])[0]?.marks).toEqual([
      [0, 8],
      [9, 17],
    ]);
  });
});

describe('bounds', () => {
  it('opens a bomb as far as a megabyte, and says that there is more', () => {
    const [, inner] = open(gzipSync(Buffer.alloc(64 << 20, 0x61)));
    expect([inner?.bytes, inner?.cut]).toEqual([MOST_BYTES, true]);
  });

  it('ends with layers that never end', () => {
    let text = json({ imei: IMEI });
    for (let i = 0; i < 30; i++) text = json({ d: base64(text) });
    expect(open(text).length).toBeLessThan(12);
  });

  it('takes any bytes and any head', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.string(),
        fc.constantFrom('', 'gzip', 'br', 'zstd', 'x'),
        (bytes, type, coding) => {
          const layers = openBytes(Buffer.from(bytes), { contentType: type, encoding: coding, values: ['aaaa'] });
          expect(layers[0]).toMatchObject({ parent: null, name: 'body', bytes: bytes.length });
          for (const [index, { parent }] of layers.entries()) expect(parent ?? -1).toBeLessThan(index);
        },
      ),
      { numRuns: 300 },
    );
  });
});
