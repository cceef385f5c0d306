/** Which key names hint at what: real names from reports, written as apps write them. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hintsFor, isForeign, isKeyName, keyNames, namesOther } from '../../src/kinds/key-names.ts';

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

  it.each([
    ['id', ['device', 'context'], 'imei:weak android_id:weak advertising_id:weak vendor_id:weak udid:weak'],
    ['ifa', ['device'], 'advertising_id:strong'],
    ['ifa', [], 'advertising_id:fair'],
    ['mt_ifa', [], 'advertising_id:fair'],
    ['value', ['$gpsAdId', 'attributes'], 'advertising_id:strong'],
    ['macAddress', ['wifiAccessPoints'], 'bssid:strong'],
    ['macAddress', ['wifi'], 'wifi_mac:strong'],
    ['mac', ['router'], 'bssid:strong'],
    ['address', ['bluetooth'], 'bluetooth_mac:strong'],
    ['number', ['phone'], 'phone_number:strong'],
    ['imeis', [], 'imei:strong'],
    ['macAddresses', [], 'wifi_mac:strong'],
    ['lat', ['geo', 'user'], 'location:latitude'],
    ['ssid', ['b'], 'ssid:strong'],
  ])('%s within %j says %s', (key, within, expected) => {
    expect(
      hintsFor({ key, within })
        .map((hint) => `${hint.kind}:${hint.group}`)
        .join(' '),
    ).toBe(expected);
  });

  it.each([
    ['macAddress', ['bluetoothBeacons']],
    ['shop_lat', []],
    ['og:latitude', ['cd[OpenGraph]']],
    ['telephone', ['contactPoint', 'cd[JSON-LD]']],
    ['lat', ['location', 'restaurant']],
  ])('%s within %j speaks of something else than the phone', (key, within) => {
    expect(isForeign({ key, within })).toBe(true);
    expect(hintsFor({ key, within })).toEqual([]);
  });

  it('a name that only looks like one of a shop is the phone’s', () => {
    for (const key of ['lat', 'workshop_lat', 'storage_serial', 'beaconed_mac']) expect(isForeign({ key })).toBe(false);
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
