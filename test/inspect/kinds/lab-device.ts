/** A phone with one value of every kind: lab values, and values that stand for nobody. */
import type { Device } from '../../../src/model/device.ts';

export function labDevice(
  changes: Partial<Device['identifiers']> = {},
  canaries: Partial<Device['canaries']> = {},
): Device {
  return {
    id: 'lab',
    model: 'Nokia 7 Plus',
    match: { ip: '10.77.0.2', mac: null, default: true },
    identifiers: {
      imei: ['490154203237518'],
      imsi: ['001010123456789'],
      iccid: ['89001000000000000002'],
      serial: ['LABSERIAL0001'],
      wifi_mac: ['02:00:5e:10:00:01'],
      bluetooth_mac: ['02:00:5e:10:00:02'],
      phone_number: ['+84912345678'],
      android_id: ['9774d56d682e549c'],
      advertising_id: ['38400000-8cf0-11bd-b23e-10b96e40000d'],
      vendor_id: ['6d92078a-8246-4ba4-ae5b-76104861e7dc'],
      email: ['lab@example.com'],
      location: [{ lat: 21.0278, lon: 105.8342, radius_m: 2000 }],
      cell: [{ mcc: 452, mnc: 4, lac: 1234, cid: 7509000 }],
      ssid: ['LabWiFi'],
      bssid: ['02:11:22:33:44:55'],
      device_name: ["Anna's Nokia"],
      ...changes,
    },
    canaries: {
      contacts: [{ name: 'Canary Nguyễn', phone: '+84987654321' }],
      messages: ['purple elephant seventeen'],
      photos: [],
      ...canaries,
    },
    salts: [],
  };
}
