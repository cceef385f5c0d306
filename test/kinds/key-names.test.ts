/** Which key names hint at what: real names from reports, written as apps write them. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hintsFor, isKeyName, keyNames, namesOther } from '../../src/kinds/key-names.ts';

const says = (key: string): string =>
  hintsFor(key)
    .map((hint) => `${hint.kind}:${hint.group}${hint.hashed ? '#' : ''}`)
    .join(' ');

const anyCodeUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code));

describe('key names', () => {
  it.each([
    ['IMEI1', 'imei:strong'],
    ['x-imei', 'imei:strong'],
    ['deviceInfo[imei]', 'imei:strong'],
    ['primaryImei2', 'imei:strong'],
    ['imeimd5', 'imei:strong#'],
    ['idmd5', 'imei:weak#'],
    ['SIM1LTEIMSI', 'imsi:strong'],
    ['sim_serial_number', 'iccid:strong'],
    ['LINE_1_NUMBER', 'phone_number:strong'],
    ['externalId', 'phone_number:weak'],
    ['macsha1', 'wifi_mac:strong#'],
    ['andorid_id', 'android_id:strong'],
    ['gps_adid', 'advertising_id:strong'],
    ['oaid', 'vendor_id:strong'],
    ['sha256_email', 'email:strong#'],
    ['geo.lat', 'location:latitude'],
    ['gps_longitude', 'location:longitude'],
    ['SIM1CELLID', 'cell:cell'],
    ['mcc_mnc', 'cell:network'],
    ['connected_wifi', 'ssid:strong bssid:strong'],
    ['search_word', 'browsing:strong'],
  ])('%s says %s', (key, expected) => {
    expect(says(key)).toBe(expected);
  });

  it.each(['flat', 'platform', 'request_id', 'name_of_thing_sn', 'imeiish', '', 'x'.repeat(81)])(
    '%s says nothing',
    (key) => {
      expect(hintsFor(key)).toEqual([]);
      expect(isKeyName(key)).toBe(false);
    },
  );

  it('lets a name of one kind speak against all others, a weak name against none', () => {
    expect(namesOther('imsi', 'imei')).toBe(true);
    expect(namesOther('device_id', 'imsi')).toBe(false);
    expect(namesOther('anything', 'imei')).toBe(false);
    expect(namesOther(null, 'imei')).toBe(false);
  });

  it('gives every name a source', () => {
    const data = parse(readFileSync(new URL('../../src/kinds/key-names.yaml', import.meta.url), 'utf8')) as Record<
      string,
      Record<string, Record<string, string>>
    >;
    for (const [kind, groups] of Object.entries(data)) {
      for (const [group, names] of Object.entries(groups)) {
        for (const [name, source] of Object.entries(names)) {
          expect(typeof source, `${kind} ${group} ${name}`).toBe('string');
          expect(source.length).toBeGreaterThan(3);
        }
      }
    }
    expect(keyNames().size).toBeGreaterThan(300);
  });

  it('never throws and answers twice alike, whatever the key', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 120, unit: anyCodeUnit }), (key) => {
        expect(hintsFor(key)).toEqual(hintsFor(key));
      }),
    );
  });
});
