/**
 * The identifiers of every simulated phone: lab values only (test network 001/01, RFC 7042 documentation MAC),
 * so that no replay can ever carry a subscriber's data. Each phone has an id of its own and no address:
 * phones that share 127.0.0.1 are told apart by the name they give the proxy.
 */
import { type Canaries, type Device, REPLAY_PREFIX } from '../model/device.ts';

export const LAB = {
  imei: '490154203237518',
  imsi: '001010123456789',
  iccid: '89001000000000000002',
  serial: 'LABSERIAL0001',
  mac: '02:00:5e:10:00:01',
  phoneNumber: '+84912345678',
  androidId: '9774d56d682e549c',
  advertisingId: '38400000-8cf0-11bd-b23e-10b96e40000d',
  cell: { mcc: 452, mnc: 4, lac: 1234, cid: 7_509_000 },
  location: { lat: 21.0278, lon: 105.8342, radius_m: 2000 },
  ssid: 'LabWiFi',
  bssid: '02:11:22:33:44:55',
  message: 'purple elephant seventeen',
  contact: { name: 'Canary Nguyen', phone: '+84987654321' },
} as const;

/** Of the phone of a case. */
export const replayId = (name: string): string => `${REPLAY_PREFIX}${name}`;

const nothingPlanted: Canaries = { contacts: [], messages: [], photos: [] };

/** @param name of the case */
export function labDevice(name: string, model: string, canaries: Canaries = nothingPlanted): Device {
  return {
    id: replayId(name),
    model,
    match: { ip: null, mac: null, default: false },
    identifiers: {
      imei: [LAB.imei],
      imsi: [LAB.imsi],
      iccid: [LAB.iccid],
      serial: [LAB.serial],
      wifi_mac: [LAB.mac],
      phone_number: [LAB.phoneNumber],
      android_id: [LAB.androidId],
      advertising_id: [LAB.advertisingId],
      ssid: [LAB.ssid],
      bssid: [LAB.bssid],
      location: [LAB.location],
      cell: [LAB.cell],
    },
    canaries,
    salts: [],
  };
}
