/** Made-up phones with all kinds of values, each with its own; the same in every run. No value belongs to anybody. */
import { createHash } from 'node:crypto';
import type { Device } from '../src/model/device.ts';
import { labPhone } from '../test/inspect/lab-phone.ts';

const hex = (seed: string, length: number): string => createHash('sha512').update(seed).digest('hex').slice(0, length);
const digits = (seed: string, length: number): string =>
  BigInt(`0x${hex(seed, 64)}`)
    .toString()
    .padStart(length, '7')
    .slice(-length);
const uuid = (seed: string): string => hex(seed, 32).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
const mac = (seed: string): string => `02${hex(seed, 10).replace(/../g, ':$&')}`;

function withLuhn(number: string): string {
  let sum = 0;
  for (const [index, digit] of [...number].reverse().entries()) {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return number + ((10 - (sum % 10)) % 10);
}

/** One registration that holds the values of so many phones, as a scan searches for all phones of a file at once. */
export function manyPhones(count: number): Device {
  const each = <T>(make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
  return {
    ...labPhone,
    id: `${count}-phones`,
    identifiers: {
      imei: each((i) => withLuhn(`35${digits(`imei${i}`, 12)}`)),
      imsi: each((i) => `00101${digits(`imsi${i}`, 10)}`),
      iccid: each((i) => withLuhn(`8900100${digits(`iccid${i}`, 12)}`)),
      serial: each((i) => `LAB${hex(`serial${i}`, 9).toUpperCase()}`),
      wifi_mac: each((i) => mac(`wifi${i}`)),
      bluetooth_mac: each((i) => mac(`bluetooth${i}`)),
      phone_number: each((i) => `+8491${digits(`number${i}`, 7)}`),
      android_id: each((i) => hex(`android${i}`, 16)),
      advertising_id: each((i) => uuid(`advertising${i}`)),
      vendor_id: each((i) => uuid(`vendor${i}`)),
      email: each((i) => `lab.${hex(`mail${i}`, 6)}@example.com`),
      location: each((i) => ({
        lat: 21 + Number(`0.${digits(`lat${i}`, 4)}`),
        lon: 105 + Number(`0.${digits(`lon${i}`, 4)}`),
        radius_m: 500,
      })),
      cell: each((i) => ({ mcc: 1, mnc: 1, lac: 1234 + i, cid: 7_509_000 + i * 977 })),
      ssid: each((i) => `Lab-${hex(`ssid${i}`, 6)}`),
      bssid: each((i) => mac(`bssid${i}`)),
    },
    canaries: {
      contacts: each((i) => ({ name: `Canary ${hex(`name${i}`, 6)}`, phone: `+8498${digits(`contact${i}`, 7)}` })),
      messages: each((i) => `purple elephant ${hex(`message${i}`, 8)}`),
      photos: [],
    },
  };
}
