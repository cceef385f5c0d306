/** One finding opened again from the wire: layer by layer, and masked unless it may be shown. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openBytes } from '../../src/inspect/opened.ts';
import { mimeBase64 } from '../../src/replay/cases/nokia-7-plus.ts';
import { exampleOf, unfoldedExample } from '../../src/report/example.ts';
import { leak } from './lab-record.ts';

const IMEI = '490154203237518';
const JSON_TEXT = JSON.stringify({
  MODEL: 'TA-1046',
  IMEI1: IMEI,
  '89001000000000000002': 'x',
  data: { imsi: '001010123456789' },
});
const alertOf = (decoding: string[], path = '$.IMEI1') => {
  const { identifier, evidence } = leak();
  return { identifier, evidence: evidence && { ...evidence, decoding, path } };
};

describe('an example', () => {
  it('is opened layer by layer; of its content nothing is told but names of fields and the masked value', () => {
    const body = Buffer.from(mimeBase64(JSON_TEXT));
    expect(exampleOf(alertOf(['base64', 'json']), body, false)).toEqual({
      layers: [
        { name: null, bytes: body.length, text: null },
        { name: 'base64', bytes: JSON_TEXT.length, text: null },
        {
          name: 'json',
          bytes: JSON_TEXT.length,
          text: '{"MODEL": …, "IMEI1": "490154*******18", "…": …, "data": …}',
        },
      ],
      rest: [],
    });
  });

  it('shows what stood there where it may', () => {
    const body = Buffer.from(mimeBase64(JSON_TEXT));
    const texts = exampleOf(alertOf(['base64', 'json']), body, true)?.layers.map(({ text }) => text);
    expect(texts).toEqual([body.toString(), JSON_TEXT, JSON_TEXT]);
  });

  it('goes through a field of JSON and through compression', () => {
    const outer = JSON.stringify({ list: [{ blob: gzipSync(JSON_TEXT).toString('base64') }] });
    const layers = exampleOf(alertOf(['json:$.list[0].blob', 'base64', 'gzip', 'json']), Buffer.from(outer), false);
    expect(layers?.layers.map(({ name }) => name)).toEqual([null, 'json:$.list[0].blob', 'base64', 'gzip', 'json']);
  });

  it('of a value put together of several shows the part that stands there', () => {
    const masked = '452-4-**********00';
    const { identifier, evidence } = alertOf(['json'], '$.CELLID');
    const alert = { identifier: identifier && { ...identifier, masked }, evidence };
    const textOf = (cell: string) =>
      exampleOf(alert, Buffer.from(JSON.stringify({ CELLID: cell })), false)?.layers.at(-1)?.text;
    expect(textOf('7509000')).toBe('{"CELLID": "*****00"}');
    expect(textOf('7509001')).toBeUndefined();
    expect(textOf('100')).toBeUndefined();
  });

  it.each([
    ['another message of the connection', ['json'], JSON_TEXT.replace(IMEI, '356938035643809')],
    ['no JSON', ['json'], 'hello'],
    ['a layer that is not known here', ['protobuf', 'json'], JSON_TEXT],
    ['nothing to open', [], JSON_TEXT],
    ['damaged gzip', ['gzip', 'json'], 'xxxx'],
    ['JSON that is deep', ['json'], `${'['.repeat(200_000)}`],
  ])('of %s there is none', (_name, decoding, body) => {
    expect(exampleOf(alertOf(decoding), Buffer.from(body), false)).toBeNull();
  });

  it('does not unpack a bomb', () => {
    expect(exampleOf(alertOf(['gzip', 'json']), gzipSync(Buffer.alloc(50_000_000)), false)).toBeNull();
  });
});

describe('an example by structure', () => {
  const HEAD = { encoding: '', values: [] };
  const boundary = 'multipart/form-data; boundary=xYzZy';
  const part = `--xYzZy\r\nContent-Disposition: form-data; name="imei"\r\n\r\n${IMEI}\r\n--xYzZy--\r\n`;
  const field = (tag: number, text: string) =>
    Buffer.concat([Buffer.from([(tag << 3) | 2, text.length]), Buffer.from(text)]);
  const proto = Buffer.concat([field(1, 'TA-1046'), field(2, IMEI), field(3, 'somebody@example.com')]);
  const nested = Buffer.from(
    `v=1&blob=${encodeURIComponent(Buffer.from(JSON_TEXT).toString('base64'))}&mail=somebody%40example.com`,
  );

  it.each<[string, string, Buffer, string, string[], string]>([
    [
      'a form',
      '',
      Buffer.from(`model=TA-1046&imei=${IMEI}&mail=somebody%40example.com`),
      'imei',
      [],
      'model=…  imei=490154*******18  mail=…',
    ],
    ['a part of several', boundary, Buffer.from(part), 'imei', ['part:imei'], '490154*******18'],
    ['protobuf', 'application/x-protobuf', proto, 'field 2', [], 'field 1=…  field 2=490154*******18  field 3=…'],
    [
      'JSON in base64 in a form',
      '',
      nested,
      '$.IMEI1',
      ['base64:blob'],
      '$.MODEL=…  $.IMEI1=490154*******18  …=…  $.data.imsi=…',
    ],
    [
      'a compressed form',
      '',
      gzipSync(`imei=${IMEI}&mail=somebody%40example.com`),
      'imei',
      ['gzip'],
      'imei=490154*******18  mail=…',
    ],
  ])(
    'of %s goes from what was sent to the value, and tells nothing else',
    (_what, contentType, body, path, names, last) => {
      const opened = openBytes(body, { ...HEAD, contentType });
      const masked = unfoldedExample(alertOf([], path), opened, false);
      expect(masked?.layers.map(({ name }) => name)).toEqual([null, ...names]);
      expect(masked?.layers.at(-1)?.text).toBe(last);
      expect(JSON.stringify(masked)).not.toMatch(/somebody|TA-1046|490154203/);
      expect(unfoldedExample(alertOf([], path), opened, true)?.layers[0]?.bytes).toBe(body.length);
      expect(unfoldedExample(alertOf([], `${path}x`), opened, false)).toBeNull();
    },
  );
});
