/** One finding opened again from the wire: layer by layer, and masked unless it may be shown. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { mimeBase64 } from '../../src/replay/cases/nokia-7-plus.ts';
import { exampleOf } from '../../src/report/example.ts';
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
    expect(exampleOf(alertOf(['base64', 'json']), body, false)).toEqual([
      { name: null, bytes: body.length, text: null },
      { name: 'base64', bytes: JSON_TEXT.length, text: null },
      {
        name: 'json',
        bytes: JSON_TEXT.length,
        text: '{"MODEL": …, "IMEI1": "490154*******18", "…": …, "data": …}',
      },
    ]);
  });

  it('shows what stood there where it may', () => {
    const body = Buffer.from(mimeBase64(JSON_TEXT));
    const texts = exampleOf(alertOf(['base64', 'json']), body, true)?.map(({ text }) => text);
    expect(texts).toEqual([body.toString(), JSON_TEXT, JSON_TEXT]);
  });

  it('goes through a field of JSON and through compression', () => {
    const outer = JSON.stringify({ list: [{ blob: gzipSync(JSON_TEXT).toString('base64') }] });
    const layers = exampleOf(alertOf(['json:$.list[0].blob', 'base64', 'gzip', 'json']), Buffer.from(outer), false);
    expect(layers?.map(({ name }) => name)).toEqual([null, 'json:$.list[0].blob', 'base64', 'gzip', 'json']);
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
