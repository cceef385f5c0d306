/** What a finding says about itself: where, through which layers, under which digest. One row per thing worth explaining. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { findings, ICCID, IMEI, IMSI, inspect, MAC, type Sent, summary } from './lab-phone.ts';

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const H = (value: string): string => createHash('sha1').update(value).digest('base64url').slice(0, 16);
const nokia = JSON.stringify({ IMEI1: IMEI, MACID: MAC, SIM1ICCID: ICCID, SIM1LTEIMSI: IMSI });

const rows: [name: string, sent: Sent, expected: string[]][] = [
  [
    'base64 in 76-character lines of JSON (Nokia 7 Plus)',
    { body: base64(nokia).replace(/.{76}/g, '$&\r\n'), headers: [['Content-Type', 'application/encrypted-json']] },
    [
      'imei body $.IMEI1 [base64,json]',
      'wifi_mac body $.MACID [base64,json]',
      'iccid body $.SIM1ICCID [base64,json]',
      'imsi body $.SIM1LTEIMSI [base64,json]',
    ],
  ],
  [
    'a CSV with a prefix in a parameter (Wiko, in clear)',
    { target: `/eservice/stsReport?repinfo=TN:IMEI1,${IMEI},client,WIKO,CID:729408,build,LABSERIAL0001` },
    ['imei query repinfo:IMEI1 []', 'cell query repinfo:CID []', 'serial query repinfo []'],
  ],
  [
    'truncated SHA-1 in a path and a parameter (Xiaomi)',
    { target: `/pass/activate/dev/${H(IMEI)}/activating?imsi=${H(IMSI)}` },
    ['imei path [4] [] sha1[:16 base64url]', 'imsi query imsi [] sha1[:16 base64url]'],
  ],
  [
    'the same in a cookie',
    { headers: [['Cookie', `a=b; deviceId=${H(IMEI)}`]] },
    ['imei cookie cookie:deviceId [] sha1[:16 base64url]'],
  ],
  [
    'a number with its plus escaped',
    { target: '/user@id?externalId=%2B84912345678' },
    ['phone_number query externalId []'],
  ],
  [
    'base64 of gzip of JSON in a form (Mint Browser)',
    { body: `crc=1&data_list=${encodeURIComponent(base64(gzipSync(nokia)))}` },
    [
      'imei body $.IMEI1 [form:data_list,base64,gzip,json]',
      'wifi_mac body $.MACID [form:data_list,base64,gzip,json]',
      'iccid body $.SIM1ICCID [form:data_list,base64,gzip,json]',
      'imsi body $.SIM1LTEIMSI [form:data_list,base64,gzip,json]',
    ],
  ],
  [
    'a protobuf body whose first field is a long text, by its media type',
    {
      headers: [['Content-Type', 'application/x-protobuf']],
      body: Buffer.concat([
        Buffer.from([0x0a, 80]),
        Buffer.alloc(80, 'word '),
        Buffer.from([0x1a, 17, 0x0a, 15]),
        Buffer.from(IMEI),
      ]),
    },
    ['imei body field 3.1 [protobuf]'],
  ],
  [
    'base64 in a JSON string inside gzip',
    {
      headers: [['Content-Encoding', 'gzip']],
      body: gzipSync(JSON.stringify({ data: [{ id: base64(`id is ${IMEI} ok`) }] })),
    },
    ['imei body $.data[0].id [gzip,json:$.data[0].id,base64]'],
  ],
  [
    'the second of two gzip members',
    { body: Buffer.concat([gzipSync('the first says nothing'), gzipSync(`imei=${IMEI}`)]) },
    ['imei body imei [gzip,form]'],
  ],
  [
    'gzip with a line break behind it',
    { body: Buffer.concat([gzipSync(`imei=${IMEI}`), Buffer.from('\r\n')]), headers: [['Content-Encoding', 'gzip']] },
    ['imei body imei [gzip,form]'],
  ],
  [
    'JSON in a JSON string',
    { body: JSON.stringify({ a: JSON.stringify({ b: [1, IMEI] }) }) },
    ['imei body $.b[1] [json:$.a,json]'],
  ],
  ['a digit escaped in JSON', { body: `{"a":"\\u0034901\\u00354203237518"}` }, ['imei body $.a [json]']],
  [
    'MD5 in upper case',
    { target: `/?h=${createHash('md5').update(IMEI).digest('hex').toUpperCase()}` },
    ['imei query h [] md5 hex'],
  ],
  [
    'a part of a multipart body',
    {
      headers: [['Content-Type', 'multipart/form-data; boundary=b']],
      body: `--b\r\nContent-Disposition: form-data; name="meta"\r\n\r\n${IMEI}\r\n--b--\r\n`,
    },
    ['imei body part:meta [multipart]'],
  ],
  [
    'basic authentication',
    { headers: [['Authorization', `Basic ${base64(`${IMEI}:x`)}`]] },
    ['imei header header:Authorization [basic]'],
  ],
  ['a header', { headers: [['X-Imei', IMEI]] }, ['imei header header:X-Imei []']],
  [
    'JSON in a header',
    { headers: [['X-Data', JSON.stringify({ id: IMEI })]] },
    ['imei header header:X-Data:$.id [json]'],
  ],
  ['XML', { body: `<?xml version="1.0"?><r><imei>${IMEI}</imei></r>` }, ['imei body imei []']],
  [
    'base64 that does not begin at a word',
    { body: `x=1 ${base64(`--${IMEI}--`).slice(1)}` },
    ['imei body null [base64]'],
  ],
];

describe('a finding explains itself', () => {
  it.each(rows)('%s', (_name, sent, expected) => {
    expect(summary(inspect(sent)).sort()).toEqual([...expected].sort());
  });

  it('points at the bytes, masks the value and keeps what stood there', () => {
    const body = JSON.stringify({ a: 'x'.repeat(500), imei: IMEI });
    const [finding] = findings(inspect({ body }));
    expect(body.slice(finding!.evidence.offset)).toMatch(new RegExp(`^${IMEI}`));
    expect(finding!.identifier.masked).not.toContain(IMEI.slice(6, 13));
    expect(finding!.value).toBe(IMEI);
    expect(finding!.window.includes(IMEI)).toBe(true);
    expect(finding!.window.length).toBeLessThanOrEqual(512);
  });

  it('says the same value in the same place once', () => {
    expect(summary(inspect({ body: `imei=${IMEI} imei=${IMEI} imei=${IMEI}` }))).toEqual(['imei body imei []']);
  });

  it('reports a registered value as known however it is grouped', () => {
    const [finding] = findings(inspect({ body: 'IMEI: 49-015420-323751-8 of this phone' }));
    expect(finding!.identifier).toMatchObject({ kind: 'imei', known: true, confidence: 'certain' });
  });
});
