/** What several values of one record are together: a position by its two numbers, at any distance, in any form of number. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDegrees } from '../../src/kinds/parts/degrees.ts';
import { essence, findings, inspect, type Sent } from './lab-phone.ts';

const found = (sent: Sent): string[] =>
  findings(inspect(sent))
    .filter(({ identifier }) => identifier.kind === 'location')
    .map(({ identifier, evidence, value }) => `${identifier.confidence} ${value} ${evidence.path}`);
const pad = 'QmFzZTY0'.repeat(200);
const field = (number: number, wire: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | wire]), bytes]);
const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};
const varint = (value: bigint): Buffer => {
  const out: number[] = [];
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    out.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    if (rest <= 127n) return Buffer.from(out);
  }
};
const text = field(9, 2, Buffer.from('\x0bhello world'));

describe('the place registered for the phone, within its radius', () => {
  it.each<[string, Sent]>([
    ['far apart in one object', { body: JSON.stringify({ g: { lat: 21.0281, pad, lon: 105.8351 } }) }],
    ['under silent names', { body: '{"job":21.0278123,"pay":3,"work":105.8342456}' }],
    ['longitude first, under silent names', { body: '{"x":105.8342456,"y":21.0278123}' }],
    ['as texts with decimal commas', { body: '{"lat":"21,0278","lon":"105,8342"}' }],
    ['with exponents', { body: '{"a":2.102781E1,"b":1.058342E2}' }],
    ['as E6 integers under silent names', { body: '{"a":21027812,"b":105834245}' }],
    ['as E7 integers in a query', { target: '/p?x=210278123&y=1058342456' }],
    ['in fields of a form', { body: 'n=1&a=21.02781&z=Hanoi&b=105.83424' }],
    [
      'in two fields of a head',
      {
        headers: [
          ['X-Lat', '21.02781'],
          ['X-Y', '1'],
          ['X-Lon', '105.83424'],
        ],
      },
    ],
    ['in cookies', { headers: [['Cookie', 'a=21.02781; q=7; b=105.83424']] }],
    ['with letters of the hemisphere', { body: '{"p":"21.0278° N","q":"105.8342° E"}' }],
    ['in degrees, minutes and seconds', { body: `{"p":"21°1'40.1\\"N","q":"105°50'3.1\\"E"}` }],
    ['near each other in free text', { body: 'fix ok\nA 21.02781\nB 105.83424\n' }],
    [
      'as doubles of a message',
      { body: Buffer.concat([field(1, 1, double(21.0281)), field(2, 1, double(105.8342)), text]) },
    ],
    [
      'as zigzag integers of a message',
      { body: Buffer.concat([field(1, 0, varint(2n * 210278123n)), field(2, 0, varint(2n * 1058342456n)), text]) },
    ],
    [
      'in a message inside a message',
      {
        body: Buffer.concat([
          text,
          field(3, 2, Buffer.concat([Buffer.from([18]), field(1, 1, double(21.0281)), field(2, 1, double(105.8342))])),
        ]),
      },
    ],
  ])('is found %s, once', (_, sent) => {
    expect(found(sent)).toEqual([expect.stringMatching(/^certain 21\.\d+,105\.\d+ /)]);
  });

  it('is no single number, nor two of different objects, nor one outside of the radius', () => {
    for (const body of [
      '{"price":21.0278}',
      '{"lon":105.8342}',
      '{"a":{"x":21.0278},"b":{"y":1}}',
      '{"a":21.0278,"b":107.8342}',
      '{"a":21.02,"b":105.83}',
      '{"width":21.0278,"height":21.0278}',
    ])
      expect(found({ body }), body).toEqual([]);
  });

  it('counts south and west with their signs', () => {
    const identifiers = { location: [{ lat: -33.8688, lon: -70.6483, radius_m: 500 }] };
    const device = { id: 'south', model: null, match: { ip: null, mac: null, default: true }, identifiers, salts: [] };
    const phone = { ...device, canaries: { contacts: [], messages: [], photos: [] } };
    for (const body of [
      '{"a":-33.8689,"b":-70.6482}',
      '{"a":"33.8689 S","b":"70.6482 W"}',
      '{"a":-338689000,"b":-706482000}',
    ])
      expect(found({ body, device: phone }), body).toHaveLength(1);
    expect(found({ body: '{"a":33.8689,"b":70.6482}', device: phone })).toEqual([]);
  });
});

describe('a position nobody registered', () => {
  const unknown = (body: string): string[] => found({ body, device: null });

  it('is a named latitude and a named longitude of one object, told once, by the latitude', () => {
    expect(unknown(JSON.stringify({ latitude: 21.0285, pad, longitude: 105.8 }))).toEqual([
      'likely 21.0285,105.8 $.latitude',
    ]);
    expect(unknown('[{"lat":1.5001,"lng":2.5001},{"lat":1.6001,"lng":2.6001}]')).toHaveLength(2);
    expect(unknown('{"lat":"21.0278 N","lon":"105.8342 W"}')).toEqual(['likely 21.0278,-105.8342 $.lat']);
  });

  it('is not two halves of different objects, nor a rough pair, nor of a shop', () => {
    for (const body of [
      '{"a":{"lat":21.0285},"b":{"lon":105.8}}',
      '{"lat":21,"lon":105}',
      '{"lat":0.0,"lon":0.0}',
      '{"store":{"lat":21.0285,"lon":105.8}}',
    ])
      expect(unknown(body), body).toEqual([]);
  });
});

it('records give the same for any cutting', () => {
  const body = JSON.stringify(
    Array.from({ length: 60 }, (_, n) => ({ lat: 21 + n / 1e4, n, pad: pad.slice(0, 20 * n), lon: 105.8342 })),
  );
  const whole = essence(inspect({ body }));
  fc.assert(
    fc.property(fc.array(fc.nat(body.length), { maxLength: 12 }), (cuts) => {
      expect(essence(inspect({ body, cuts }))).toEqual(whole);
    }),
    { numRuns: 30 },
  );
});

it('degrees are read in every form, and nothing else is', () => {
  const read = (written: string): number | null => parseDegrees(written)?.value ?? null;
  expect(['21.5', '+21,5', '2.15E1', '21.5 N', 'N21.5', "21°30'N", '21° 30′ 0″ N'].map(read)).toEqual(
    Array(7).fill(21.5),
  );
  expect(['21.5 S', 'W 21.5', "21°30'S"].map(read)).toEqual([-21.5, -21.5, -21.5]);
  expect(['', 'N', '21.5.1', '2026-11-22', '1e999', "21°70'N", '1234.5', 'SEND', 'E'].map(read)).toEqual(
    Array(9).fill(null),
  );
  fc.assert(fc.property(fc.string({ maxLength: 60 }), (any) => void parseDegrees(any)));
});
