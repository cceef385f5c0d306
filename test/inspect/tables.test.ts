/** Values whose names stand in another line or list: found under them, and told once. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { essence, findings, IMEI, inspect, type Sent } from './lab-phone.ts';

const OTHER = '356938035643809';
const GAID = '38400000-8cf0-41bd-b23e-10b96e40000d';

/** A row of them, each with its names. */
const TABLES: readonly (readonly [what: string, write: (name: string, value: string) => Sent])[] = [
  ['comma-separated', (name, value) => ({ body: `time,os,${name},lang\n1690000000,android,${value},vi\n` })],
  ['quoted', (name, value) => ({ body: `"time","os","${name}"\r\n"1690000000","a ""b"", c","${value}"\r\n` })],
  ['semicolons', (name, value) => ({ body: `time;${name};lang\n1690000000;${value};vi` })],
  ['tabs', (name, value) => ({ body: `time\t${name}\tlang\n1690000000\t\tvi\n1690000001\t${value}\tvi\n` })],
  ['bars', (name, value) => ({ body: `time|${name}\n1690000000|${value}\n` })],
  ['gzip', (name, value) => ({ body: gzipSync(`time,${name}\n1690000000,${value}\n`) })],
  [
    'in a field of a form',
    (name, value) => ({ body: `v=1&csv=${encodeURIComponent(`time,${name}\n1690000000,${value}\n`)}` }),
  ],
  ['in a string', (name, value) => ({ body: JSON.stringify({ csv: `time,${name}\n1690000000,${value}\n` }) })],
  [
    'columns and rows',
    (name, value) => ({ body: JSON.stringify({ columns: ['time', name, 'lang'], rows: [[1690000000, value, 'vi']] }) }),
  ],
  [
    'columns with types',
    (name, value) => ({
      body: JSON.stringify(
        {
          columns: [
            { name: 'time', type: 'int' },
            { name, type: 'string' },
          ],
          rows: [[1690000000, value]],
        },
        null,
        2,
      ),
    }),
  ],
  ['names and values', (name, value) => ({ body: JSON.stringify({ keys: ['os', name], values: ['android', value] }) })],
  [
    'a header as first row',
    (name, value) => ({
      body: JSON.stringify([
        ['time', 'os', name],
        [1690000000, 'android', value],
      ]),
    }),
  ],
  [
    'pairs',
    (name, value) => ({
      body: JSON.stringify([
        ['os', 'android'],
        [name, value],
      ]),
    }),
  ],
  ['names and values in turn', (name, value) => ({ body: JSON.stringify(['os', 'android', name, value]) })],
  [
    'an INSERT',
    (name, value) => ({
      body: `INSERT INTO devices (time, \`${name}\`, lang) VALUES (1690000000, '${value}', 'it''s')`,
    }),
  ],
  [
    'an INSERT in a string',
    (name, value) => ({
      body: JSON.stringify({ sql: `insert into t ("os", "${name}") values ('android', '${value}');` }),
    }),
  ],
];

describe('a value is found under the name of its column', () => {
  it.each(TABLES)('%s', (_what, write) => {
    for (const [name, value, kind] of [
      ['imei', OTHER, 'imei'],
      ['gaid', GAID, 'advertising_id'],
      ['serial', 'R58M12ABCDE', 'serial'],
    ] as const) {
      const sure = findings(inspect({ ...write(name, value), device: null })).filter(
        ({ identifier }) => identifier.confidence !== 'possible',
      );
      expect(sure.map(({ identifier, value }) => `${identifier.kind} ${value}`)).toEqual([`${kind} ${value}`]);
    }
    expect(findings(inspect(write('imei', IMEI))).filter(({ identifier }) => identifier.known)).toHaveLength(1);
  });

  it('latitude and longitude of one row are one position', () => {
    for (const body of [
      'time,lat,lon\n1,21.0285,105.8542\n',
      'INSERT INTO fix (t, lat, lon) VALUES (1, 21.0285, 105.8542)',
    ]) {
      const found = findings(inspect({ body, device: null }));
      expect(found.map(({ identifier, value }) => `${identifier.confidence} ${value}`)).toEqual([
        'likely 21.0285,105.8542',
      ]);
    }
  });

  it.each<[string, unknown]>([
    ['degrees and minutes with blanks (geocaching)', { p: 'N21 01.710 E105 51.252' }],
    ['degrees, minutes and seconds with colons', { p: '21:01:42.60N 105:51:15.12E' }],
    [
      'types of MongoDB, longitude first',
      { coordinates: [{ $numberDouble: '105.8542' }, { $numberDouble: '21.0285' }] },
    ],
    ['types of MongoDB, named', { lat: { $numberDouble: '21.0285' }, lon: { $numberDouble: '105.8542' } }],
  ])('a position in a value: %s', (_what, body) => {
    const found = findings(inspect({ body: JSON.stringify(body), device: null }));
    expect(found.map(({ identifier, value }) => `${identifier.confidence} ${value}`)).toEqual([
      'likely 21.0285,105.8542',
    ]);
  });

  it('the same however it is cut, and in a table that is longer than any buffer', () => {
    const rows = Array.from({ length: 2000 }, (_, at) => `${at},row ${at},vi`);
    rows[1500] = `1500,${OTHER},vi`;
    const body = `time,imei,lang\n${rows.join('\n')}\n`;
    const whole = essence(inspect({ body, device: null }));
    expect(whole).toHaveLength(1);
    expect(whole[0]).toContain(OTHER);
    for (const cuts of [1000, 4093, [14, 15, 16]])
      expect(essence(inspect({ body, device: null, cuts }))).toEqual(whole);
  });

  it('with its row and column as the place', () => {
    const [found] = findings(inspect({ body: `time,imei\n1,x\n2,${OTHER}\n`, device: null }));
    expect(found?.evidence).toMatchObject({ path: '[1].imei', decoding: ['table'] });
  });
});

describe('no table', () => {
  it.each<[string, string]>([
    ['prose that begins with names', 'serial, imei and email are fields.\nABCDEF123456, of course, is nothing.\n'],
    ['a row of another length', 'time,serial,lang\nABCDEF123456,x\n'],
    ['two names beside each other', 'ssid,lang\n'],
    ['rows of another length', JSON.stringify({ columns: ['a', 'serial'], rows: [['x', 'y', 'ABCDEF123456']] })],
    ['a list of words', JSON.stringify({ tags: ['serial', 'number', 'imei', 'email'] })],
    ['numbers after a list of names', JSON.stringify({ columns: ['time', 'value'], rows: [[1, 356938035643]] })],
  ])('%s', (_what, body) => {
    expect(
      findings(inspect({ body, device: null })).filter(({ identifier }) => identifier.confidence !== 'possible'),
    ).toEqual([]);
  });
});
