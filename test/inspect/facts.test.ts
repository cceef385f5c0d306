/** What a person reads is one finding per fact: a contact's name and number, a latitude and a longitude. */
import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/model/device.ts';
import { essence, findings, inspect, inspectRaw, labPhone, type Sent } from './lab-phone.ts';

const NAME = 'Canary Nguyen';
const NUMBER = '+84987654321';
const FORM: [string, string][] = [['Content-Type', 'application/x-www-form-urlencoded']];
const PARTS: [string, string][] = [['Content-Type', 'multipart/form-data; boundary=xYzZy']];
const part = (name: string, value: string): string =>
  `--xYzZy\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

const told = (sent: Sent): string[] =>
  findings(inspect(sent)).map(({ identifier, evidence }) => `${identifier.kind} ${evidence.path}`);
const json = (value: unknown): Sent => ({ body: JSON.stringify(value) });

describe('the name and the number of a planted contact are one finding', () => {
  it.each<[string, Sent, string]>([
    ['in JSON', json({ contacts: [{ name: NAME, phone: NUMBER }] }), '$.contacts[0].name'],
    ['number first', json({ contacts: [{ phone: NUMBER, name: NAME }] }), '$.contacts[0].phone'],
    [
      'with the number further in',
      json({ contacts: [{ displayName: NAME, numbers: [{ type: 'mobile', value: '+84 987 654 321' }] }] }),
      '$.contacts[0].displayName',
    ],
    ['in a form', { body: 'name=Canary+Nguyen&phone=%2B84987654321', headers: FORM }, 'name'],
    ['in a query', { target: '/?name=Canary%20Nguyen&phone=%2B84987654321' }, 'name'],
    ['in lines', { body: `name,phone\n${NAME},${NUMBER}\n` }, 'null'],
    ['in a vCard', { body: `BEGIN:VCARD\nVERSION:3.0\nFN:${NAME}\nTEL;TYPE=CELL:${NUMBER}\nEND:VCARD\n` }, 'FN'],
    ['in parts', { body: `${part('name', NAME)}${part('phone', NUMBER)}--xYzZy--`, headers: PARTS }, 'part:name'],
  ])('%s', (_where, sent, path) => {
    expect(told(sent)).toEqual([`contact ${path}`]);
    expect(essence(inspect({ ...sent, cuts: 1 }))).toEqual(essence(inspect(sent)));
  });

  it('which says where the other part stands', () => {
    const [finding] = findings(inspect(json({ contacts: [{ name: NAME, phone: NUMBER }] })));
    expect(finding?.identifier.reasoning).toContain('$.contacts[0].phone');
  });

  it('and a second place is a finding of its own', () => {
    const one = { name: NAME, phone: NUMBER };
    expect(told(json({ a: [one], b: [one] }))).toEqual(['contact $.a[0].name', 'contact $.b[0].name']);
    expect(told(json({ a: { name: NAME }, b: { phone: NUMBER } }))).toEqual(['contact $.a.name', 'contact $.b.phone']);
    expect(told({ ...json({ name: NAME }), target: '/?phone=%2B84987654321' })).toEqual([
      'contact phone',
      'contact $.name',
    ]);
  });

  it('and two contacts are two', () => {
    const device: Device = {
      ...labPhone,
      id: 'two-contacts',
      canaries: {
        ...labPhone.canaries,
        contacts: [
          { name: NAME, phone: NUMBER },
          { name: 'Second Canary', phone: '+84987650000' },
        ],
      },
    };
    const sent = json([
      { name: NAME, phone: NUMBER },
      { name: 'Second Canary', phone: '+84987650000' },
    ]);
    expect(told({ ...sent, device, options: { limits: {} } })).toEqual(['contact $[0].name', 'contact $[1].name']);
  });

  it('in a stream each is told as it comes', () => {
    expect(findings(inspectRaw(Buffer.from(`${NAME} ${NUMBER}`), 5)).map(({ value }) => value)).toEqual([NAME, NUMBER]);
  });
});

describe('a latitude and a longitude are one finding', () => {
  const pairs = [
    'lat=21.0278;lon=105.8342',
    'lat=21.0278, lon=105.8342',
    'lat:21.0278 lon:105.8342',
    'lat=21.0278|lon=105.8342',
  ];
  const places: [string, (pair: string) => Sent][] = [
    ['a body', (pair) => ({ body: pair })],
    ['a text', (pair) => ({ body: `report of today: ${pair} end` })],
    ['a header', (pair) => ({ headers: [['X-Geo', pair]] })],
    ['a parameter', (pair) => ({ target: `/?a=1&g=${encodeURIComponent(pair)}` })],
    ['a field of a form', (pair) => ({ body: `a=1&g=${encodeURIComponent(pair)}`, headers: FORM })],
    ['a JSON string', (pair) => json({ a: 1, g: pair })],
  ];
  for (const [where, send] of places)
    it.each(pairs)(`in ${where}: %s`, (pair) => {
      for (const device of [labPhone, null])
        expect(
          findings(inspect({ ...send(pair), device })).map(({ identifier, value }) => `${identifier.kind} ${value}`),
        ).toEqual(['location 21.0278,105.8342']);
    });

  it.each<[string, Sent]>([
    ['parts', { body: `${part('lat', '21.0278')}${part('lon', '105.8342')}--xYzZy--`, headers: PARTS }],
    ['a declared form with semicolons', { body: 'lat=21.0278;lon=105.8342', headers: FORM }],
    ['a form', { body: 'lat=21.0278&lon=105.8342', headers: FORM }],
    [
      'two fields of a head',
      {
        headers: [
          ['X-Latitude', '21.0278'],
          ['X-Other', 'b'],
          ['X-Longitude', '105.8342'],
        ],
      },
    ],
    ['JSON', json({ lat: 21.0278, far: 'y'.repeat(500), lon: 105.8342 })],
  ])('in %s', (_where, sent) => {
    for (const device of [labPhone, null])
      expect(findings(inspect({ ...sent, device })).map(({ identifier }) => identifier.kind)).toEqual(['location']);
  });
});
