/** Shapes beyond their vectors: registered positions and cells, records of private content, and any text at all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Run, Shape } from '../../src/kinds/kind.ts';
import { luhnDigit, passesLuhn } from '../../src/kinds/parts/luhn.ts';
import { networkLength } from '../../src/kinds/parts/networks.ts';
import { geohash } from '../../src/kinds/parts/position.ts';
import { registry } from '../../src/kinds/registry.ts';
import type { Kind } from '../../src/model/identifier.ts';
import { labDevice } from './lab-device.ts';
import { offerRuns } from './offer-runs.ts';

function shapeOf(name: Kind): Shape {
  const shape = registry.find((one) => one.kind === name)?.shape;
  if (!shape) throw new Error(`${name} has no shape`);
  return shape;
}

describe('shapes that know the phone', () => {
  const device = labDevice();
  it('counts a position within the radius as registered, one outside of it not', () => {
    const near = offerRuns('{"lat":21.0301,"lng":105.8401}', shapeOf('location'), device);
    expect(near).toMatchObject([{ known: true, confidence: 'certain' }]);
    const far = offerRuns('{"lat":21.3301,"lng":105.8401}', shapeOf('location'), device);
    expect(far).toMatchObject([{ confidence: 'likely' }]);
    expect(far[0]?.known).toBeUndefined();
  });

  it('knows the registered cell by its name even when it is short, and its area must agree', () => {
    const short = labDevice({ cell: [{ mcc: 242, mnc: 1, lac: 4321, cid: 1234 }] });
    expect(offerRuns('{"lac":4321,"cid":1234}', shapeOf('cell'), short)).toMatchObject([{ known: true }]);
    expect(offerRuns('{"lac":999,"cid":1234}', shapeOf('cell'), short)[0]?.known).toBeUndefined();
  });

  it('knows a Wi-Fi name too short to be searched for', () => {
    const short = labDevice({ ssid: ['abc'] });
    expect(offerRuns('{"ssid":"abc"}', shapeOf('ssid'), short)).toMatchObject([{ known: true, confidence: 'certain' }]);
  });

  it('reads a national number by the country of the phone', () => {
    expect(offerRuns('mobile=0912000001', shapeOf('phone_number'), device)).toMatchObject([{ value: '+84912000001' }]);
    expect(offerRuns('mobile=0112000001', shapeOf('phone_number'), device)).toEqual([]);
  });

  it('knows the address the lab gave the phone', () => {
    expect(offerRuns('local_ip=10.77.0.2', shapeOf('local_ip'), device)).toMatchObject([{ known: true }]);
  });
});

describe('records of private content', () => {
  const person = (i: number): string => `{"displayName":"Person ${i}","phones":[{"number":"+8491200000${i}"}]}`;
  it('tells a list of people from a profile', () => {
    expect(
      offerRuns(`[{"name":"A","phone":"+84912000001"},{"name":"B","phone":"+84912000002"}]`, shapeOf('contact')),
    ).toHaveLength(2);
    expect(offerRuns(person(1), shapeOf('contact'))).toEqual([]);
  });

  it('reports a number in a message or call as that, not as the phone’s own', () => {
    const sms = '{"address":"+84912000001","body":"hello there","date":1763805600000,"type":1}';
    const call = '{"number":"+84912000001","duration":7,"date":1763805600000,"type":1}';
    expect(offerRuns(sms, shapeOf('phone_number'))).toEqual([]);
    expect(offerRuns(call, shapeOf('phone_number'))).toEqual([]);
    expect(offerRuns(sms, shapeOf('message')).length).toBeGreaterThan(0);
    expect(offerRuns(call, shapeOf('call_log')).length).toBeGreaterThan(0);
  });

  it('reads the telephone line of vCard 2.1, 3.0 and 4.0, folded into JSON as well', () => {
    for (const line of ['TEL;CELL:+84912000001', 'TEL;TYPE=cell:+84912000001', 'item1.TEL:+84912000001']) {
      expect(
        offerRuns(`BEGIN:VCARD\r\nFN:A B\r\n${line}\r\nEND:VCARD`, shapeOf('contact')).length,
        line,
      ).toBeGreaterThan(0);
    }
    expect(
      offerRuns('{"v":"BEGIN:VCARD\\nFN:A\\nTEL:+84912000001\\nEND:VCARD"}', shapeOf('contact')).length,
    ).toBeGreaterThan(0);
  });
});

describe('check digits and registries', () => {
  it('agrees with published examples', () => {
    expect(passesLuhn('490154203237518')).toBe(true); // 3GPP TS 23.003 annex B
    expect(passesLuhn('79927398713')).toBe(true); // ISO/IEC 7812-1, the usual example
    expect(luhnDigit('A0000000002329', 16)).toBe('9');
    expect(geohash({ lat: 57.64911, lon: 10.40744 }, 11)).toBe('u4pruydqqvj'); // geohash.org
  });

  it('knows two- and three-digit networks and the test network', () => {
    expect(networkLength('001010123456789')).toBe(5);
    expect(networkLength('452040123456789')).toBe(5);
    expect(networkLength('310410123456789')).toBe(6);
    expect(networkLength('199990123456789')).toBeNull();
  });
});

describe('any text at all', () => {
  const keys = fc.constantFrom(
    null,
    'imei',
    'device_id',
    'lat',
    'lng',
    'cid',
    'ssid',
    'url',
    'body',
    'phone',
    'mac',
    'q',
    'packages',
    'candidate',
  );
  const alphabet = fc.constantFrom(...'0123456789abcdefABCDEF:.-+@ ,;"\'{}[]<>=/\\\n%\u00e9TELVCARDnumber'.split(''));
  const text = fc.oneof(
    fc.string({ maxLength: 300, unit: alphabet }),
    fc.string({ maxLength: 200, unit: fc.nat(255).map((code) => String.fromCharCode(code)) }),
  );

  it('never makes a shape throw, and every verdict lies within the text and keeps its value to itself', () => {
    const device = labDevice();
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(), keys, fc.boolean(), (body, a, b, key, known) => {
        const [start, end] = [a % (body.length + 1), b % (body.length + 1)].sort((x, y) => x - y) as [number, number];
        const run: Run = known ? { text: body, start, end, key, device } : { text: body, start, end, key };
        for (const { shape } of registry) {
          const verdict = shape?.judge(run) ?? null;
          if (!verdict) continue;
          expect(verdict.start).toBeGreaterThanOrEqual(0);
          expect(verdict.end).toBeGreaterThan(verdict.start);
          expect(verdict.end).toBeLessThanOrEqual(body.length);
          if (verdict.value.length > 4) expect(verdict.reasoning).not.toContain(verdict.value);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('takes no longer per character of a hostile window than of a short one', () => {
    const hostile = [
      '"a":1,',
      '{"',
      'a.',
      'com.a',
      '1 ',
      '+1',
      '<a b=',
      "phone's ",
      'A,1234567,\n',
      '1.00,',
      'a@',
      ':',
      '%',
    ];
    for (const { kind, shape } of registry) {
      for (const piece of hostile) {
        const cost = (length: number): number => {
          const body = piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
          const run: Run = {
            text: body,
            start: Math.floor(length / 2),
            end: Math.floor(length / 2) + 12,
            key: 'packages',
          };
          const began = process.cpuUsage();
          for (let i = 0; i < 20; i++) shape?.judge({ ...run, key: i % 2 ? 'lat' : 'number' });
          const { user } = process.cpuUsage(began);
          return user;
        };
        cost(1000);
        // Quadratic would be 64 times as much; a machine under load may be several times slower.
        expect(cost(8000), `${kind} ${piece}`).toBeLessThan(cost(1000) * 30 + 100_000);
      }
    }
  });
});
