/** How registered values are written: each spelling that a report or a standard has, and none of a value that says nobody. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IdentifierKind, Spelling } from '../../src/kinds/kind.ts';
import { registry } from '../../src/kinds/registry.ts';
import type { Device, TextIdentifierKind } from '../../src/model/device.ts';
import type { Kind } from '../../src/model/identifier.ts';
import { labDevice } from './lab-device.ts';

function kindOf(name: Kind): IdentifierKind {
  const kind = registry.find((one) => one.kind === name);
  if (!kind) throw new Error(`${name} is not in the registry`);
  return kind;
}
const texts = (name: Kind, device: Device = labDevice()): string[] =>
  kindOf(name)
    .spell(device)
    .map(({ text }) => text);
const anyCodeUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code));
const without: Device['identifiers'] = Object.fromEntries(
  Object.keys(labDevice().identifiers).map((kind) => [kind, undefined]),
);

describe('spellings of registered values', () => {
  it.each<[Kind, string]>([
    ['imei', '490154203237518'],
    ['imei', '49015420323751'],
    ['imei', '49-015420-323751-8'],
    ['imei', '490154 20 323751 8'],
    ['imsi', '001010123456789'],
    ['imsi', '001-01-0123456789'],
    ['imsi', 'suci-0-001-01-0-0-0-0123456789'],
    ['iccid', '89001000000000000002'],
    ['iccid', '8900100000000000000'],
    ['iccid', '98000100000000000020'],
    ['iccid', '8900 1000 0000 0000 0002'],
    ['serial', 'LABSERIAL0001'],
    ['wifi_mac', '02:00:5e:10:00:01'],
    ['wifi_mac', '02-00-5e-10-00-01'],
    ['wifi_mac', '02005e100001'],
    ['wifi_mac', '0200.5e10.0001'],
    ['wifi_mac', '2:0:5e:10:0:1'],
    ['wifi_mac', ':5eff:fe10:1'],
    ['bluetooth_mac', '0200.5e10.0002'],
    ['bssid', '021122334455'],
    ['phone_number', '+84912345678'],
    ['phone_number', '0084912345678'],
    ['phone_number', '84912345678'],
    ['phone_number', '0912345678'],
    ['phone_number', '+84 912 345 678'],
    ['phone_number', '+84-912-345-678'],
    ['phone_number', '0912.345.678'],
    ['android_id', '9774d56d682e549c'],
    ['android_id', '10913582462901572764'],
    ['android_id', '-7533161610807978852'],
    ['advertising_id', '384000008cf011bdb23e10b96e40000d'],
    ['vendor_id', '6d92078a82464ba4ae5b76104861e7dc'],
    ['email', 'lab@example.com'],
    ['location', '21.027800,105.834200'],
    ['location', '21.03,105.83'],
    ['location', '105.83,21.02'],
    ['location', '105.8342000 21.0278000'],
    ['location', '210278000,1058342000'],
    ['cell', '7509000'],
    ['cell', '729408'],
    ['cell', '54f24004d200729408'],
    ['cell', '54f24000729408'],
    ['cell', '54420000729408'],
    ['ssid', 'LabWiFi'],
    ['device_name', 'Annas-Nokia'],
    ['contact', 'Canary Nguyễn'.normalize('NFC')],
    ['contact', 'Canary Nguyễn'.normalize('NFD')],
    ['contact', 'Canary Nguyen'],
    ['contact', '0987654321'],
    ['message', 'purple elephant seventeen'],
  ])('%s is also searched as %s', (kind, text) => {
    expect(texts(kind)).toContain(text);
  });

  it('derives the UUIDs that apps make of the Android ID', () => {
    const md5 = createHash('md5').update('9774d56d682e549c').digest();
    md5[6] = ((md5[6] ?? 0) & 0x0f) | 0x30;
    md5[8] = ((md5[8] ?? 0) & 0x3f) | 0x80;
    const spelled = texts('android_id').map((text) => text.replaceAll('-', ''));
    expect(spelled).toContain(md5.toString('hex'));
    // "9774d56d682e549c".hashCode() in Java is negative: the upper half is sign-extended.
    expect(spelled.filter((text) => /^(?:ffffffff|00000000)/.test(text)).length).toBeGreaterThan(0);
  });

  it('spells a MEID in hexadecimal, in decimal and as pseudo ESN', () => {
    const spelled = texts('imei', labDevice({ imei: ['A0000000002329'] }));
    expect(spelled).toContain('A00000000023299');
    // Eight hex digits as ten decimal ones, six as eight (3GPP2 S.R0048 3.1).
    expect(spelled).toContain('268435456000009001');
    expect(spelled.some((text) => /^80[0-9A-F]{6}$/.test(text))).toBe(true);
  });

  it('lets a cell alone be searched only when nothing else is written so', () => {
    const spelled = kindOf('cell').spell(labDevice({ cell: [{ mcc: 242, mnc: 1, lac: 4321, cid: 1234 }] }));
    expect(spelled.map(({ text }) => text)).not.toContain('1234');
    expect(spelled.map(({ text }) => text)).toContain('4321-1234');
    expect(spelled.every(({ bounded }) => bounded)).toBe(true);
  });

  it('searches no coordinate alone: a price has as many digits', () => {
    expect(texts('location').filter((text) => !/[ ,;]/.test(text))).toEqual([expect.stringMatching(/^[0-9b-z]{7}$/)]);
  });

  it('bounds whatever is short enough to be met by accident', () => {
    for (const kind of registry) {
      for (const { text, bounded, label } of kind.spell(labDevice({ serial: ['AB12CD'], ssid: ['Home5'] }))) {
        if (text.length < 8 && label !== 'geohash, 150 metres') expect(bounded, `${kind.kind} ${text}`).toBe(true);
      }
    }
  });

  it('searches no model name, no common network name and no text of a few letters', () => {
    expect(texts('device_name', labDevice({ device_name: ['Nokia 7 Plus'] }))).toEqual([]);
    expect(texts('ssid', labDevice({ ssid: ['guest', 'wifi', 'abc'] }))).toEqual([]);
    expect(texts('message', labDevice({}, { messages: ['hello'] }))).toEqual([]);
    expect(texts('serial', labDevice({ serial: ['1234'] }))).toEqual([]);
  });

  it('stays within what one phone may cost', () => {
    const spelled = registry.flatMap((kind) => kind.spell(labDevice()));
    expect(spelled.length).toBeLessThan(300);
    expect(spelled.filter(({ hashed }) => hashed).length).toBeLessThan(50);
  });
});

describe('values that stand for nobody', () => {
  const placeholders: [TextIdentifierKind, string][] = [
    ['imei', '000000000000000'],
    ['imei', '11111111111111'],
    ['imei', '358240051111110'],
    ['imsi', '310260000000000'],
    ['iccid', '00000000000000000000'],
    ['iccid', '89014103211118510720'],
    ['serial', 'unknown'],
    ['serial', '0123456789ABCDEF'],
    ['wifi_mac', '02:00:00:00:00:00'],
    ['wifi_mac', '00:00:00:00:00:00'],
    ['wifi_mac', 'ff:ff:ff:ff:ff:ff'],
    ['bluetooth_mac', '02-00-00-00-00-00'],
    ['bssid', '020000000000'],
    ['phone_number', '+15555215554'],
    ['android_id', '0000000000000000'],
    ['advertising_id', '00000000-0000-0000-0000-000000000000'],
    ['vendor_id', '00000000-0000-0000-0000-000000000000'],
    ['ssid', '<unknown ssid>'],
    ['email', 'user@example.com'],
    ['device_name', 'localhost'],
  ];
  it.each(placeholders)('%s %s is never searched for', (kind, value) => {
    expect(kindOf(kind).isPlaceholder?.(value)).toBe(true);
    expect(kindOf(kind).spell(labDevice({ ...without, [kind]: [value] }))).toEqual([]);
  });

  it('spells no lab value away', () => {
    for (const kind of registry) {
      const registered = kind.kind in labDevice().identifiers;
      if (registered) expect(kind.spell(labDevice()).length, kind.kind).toBeGreaterThan(0);
    }
  });

  it('whatever is registered, no spelling is a placeholder, empty, or longer than what it spells by much', () => {
    const anything = fc.oneof(
      fc.string({ maxLength: 40, unit: 'grapheme' }),
      fc.stringMatching(/^[0-9a-f:-]{0,40}$/),
      fc.stringMatching(/^[0-9+ ]{0,24}$/),
      fc.constantFrom(...placeholders.map(([, value]) => value)),
    );
    const kinds: TextIdentifierKind[] = [...new Set(placeholders.map(([kind]) => kind))].concat('email', 'device_name');
    fc.assert(
      fc.property(fc.constantFrom(...kinds), anything, (kind, value) => {
        for (const { text } of kindOf(kind).spell(labDevice({ ...without, [kind]: [value] })) as Spelling[]) {
          expect(text).not.toBe('');
          expect(kindOf(kind).isPlaceholder?.(text)).toBe(false);
          expect(text.length).toBeLessThan(value.length * 3 + 40);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('nothing an operator types makes spelling throw', () => {
    const text = fc.string({ maxLength: 60, unit: anyCodeUnit });
    fc.assert(
      fc.property(text, text, fc.double(), fc.integer(), (a, b, degrees, cell) => {
        const device = labDevice(
          {
            ...Object.fromEntries(Object.keys(without).map((kind) => [kind, [a, b]])),
            location: [{ lat: degrees, lon: -degrees, radius_m: 10 }],
            cell: [{ mcc: cell, mnc: 1, lac: cell, cid: cell }],
          },
          { contacts: [{ name: a, phone: b }], messages: [a, b] },
        );
        for (const kind of registry) expect(() => kind.spell(device)).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});
