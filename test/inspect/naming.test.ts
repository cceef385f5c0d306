/** A name that stands beside its value is seen wherever it stands in the record: the cheap question never says no to it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findings, inspect } from './lab-phone.ts';

const kindsIn = (body: string): string[] =>
  findings(inspect({ body, device: null })).map(({ identifier }) => identifier.kind);

const SERIAL = 'R58N30ABCDE';
const naming = fc.constantFrom('name', 'key', 'type', 'field', 'paramName');
const filler = fc.constantFrom<[string, unknown]>(
  ['at', 1_700_000_000_000],
  ['more', { a: 'b', c: { d: 1 } }],
  ['list', [1, 'two', { three: 3 }]],
  ['text', 'of 12:30, x=y'],
);

describe('a value whose name stands beside it', () => {
  it('is found in any order of the members, with anything between them, also in an object that says its type', () => {
    const members = fc
      .tuple(
        naming,
        fc.array(filler, { maxLength: 3 }),
        fc.nat(5),
        fc.nat(5),
        fc.constantFrom(SERIAL, { stringValue: SERIAL }),
      )
      .map(([name, others, at, to, value]) => {
        const all: [string, unknown][] = [...others];
        all.splice(at % (all.length + 1), 0, [name, 'serial_number']);
        all.splice(to % (all.length + 1), 0, ['value', value]);
        return all;
      });
    const spaces = fc.constantFrom(0, 1);
    fc.assert(
      fc.property(members, spaces, (all, indent) => {
        const text = (value: unknown): string => JSON.stringify(value).replaceAll('":', indent ? '": ' : '":');
        const record = `{${all.map(([name, value]) => `${text(name)}:${indent ? ' ' : ''}${text(value)}`).join(',')}}`;
        expect(kindsIn(`{"params":[{"x":1},${record}]}`)).toEqual(['serial']);
      }),
      { numRuns: 200 },
    );
  });

  it('is none where the name stands in the next record', () => {
    expect(kindsIn(`[{"value":"${SERIAL}"},{"name":"serial_number"}]`)).toEqual([]);
  });

  it('is what its container says, where no name stands beside it', () => {
    expect(kindsIn('{"imei":{"value":"490154203237518"}}')).toEqual(['imei']);
  });
});

describe('a name directly before its value', () => {
  it.each([
    ['imei', '<imei><![CDATA[356938035643809]]></imei>'],
    ['serial', '<sn><![CDATA[R58N30ABCDE]]></sn>'],
    ['ssid', '<a/><ssid><![CDATA[VNPT_Nha_Toi]]></ssid>'],
    ['device_name', "<device_name><![CDATA[Binh's iPhone]]></device_name>"],
    ['bssid', '<wifi>\n<bssid>\n<![CDATA[f4:f2:6d:aa:bb:cc]]></bssid></wifi>'],
    ['location', '<x><lat><![CDATA[21.02851]]></lat><lng><![CDATA[105.80482]]></lng></x>'],
  ])('is seen around unescaped text in XML: %s', (kind, element) => {
    const found = findings(inspect({ body: `<?xml version="1.0"?><r>${element}</r>`, device: null }));
    expect(found.map(({ identifier }) => identifier.kind)).toEqual([kind]);
    expect(found[0]!.value).not.toContain(']');
  });

  it('is no pair of a MAC address, though its last letters are hex digits', () => {
    expect(kindsIn('os:android|mac:a4:50:46:1b:2c:3d|lang:vi')).toEqual(['wifi_mac']);
    expect(kindsIn('print AA:a4:50:46:1b:2c:3d')).toEqual([]);
    expect(kindsIn('mac:a4:50:46:1b:2c:3d:aa:bb')).toEqual([]);
  });
});
