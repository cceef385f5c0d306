/**
 * Christopher Moore, October 2017: OxygenOS reports use of the phone to open.oneplus.net with its identifiers beside
 * every event. The receiver and what was sent are documented; the structure of the body is not.
 */
import type { ReplayCase } from '../case.ts';
import { LAB, labDevice } from '../lab-device.ts';

export const oneplusBody = JSON.stringify({
  ty: 3,
  dl: [
    { id: 'screen', en: 'on', ts: 1_484_487_017_633, oed: [] },
    { id: 'screen', en: 'off', ts: 1_484_487_177_633, oed: [] },
  ],
  id: {
    im: LAB.imei,
    sn: LAB.serial,
    mac: LAB.mac,
    pn: LAB.phoneNumber,
    imsi: LAB.imsi,
    essid: LAB.ssid,
    bssid: LAB.bssid,
    pm: 'A3003',
    rom: 'OnePlus3Oxygen_16_1701041831',
  },
});

const inBody = { type: 'leak', where: 'body', decodingIncludes: ['json'], hash: null } as const;

export const oneplus2017: ReplayCase = {
  name: 'oneplus-2017',
  title: 'OxygenOS reports every use of the phone with its identifiers (Christopher Moore, October 2017)',
  report: 'Christopher Moore, October 2017',
  year: 2017,
  label: null,
  device: () => labDevice('oneplus-2017', 'OnePlus 3'),
  fields: [
    { name: 'https://open.oneplus.net', mark: 'D', note: 'as reported; path A' },
    { name: 'IMEI, serial number, MAC, phone number, IMSI, network names', mark: 'D', note: 'as reported' },
    { name: 'screen on and off with times', mark: 'D', note: 'as reported' },
    { name: 'the structure of the body and the names in it', mark: 'A', note: 'nothing of it was published in full' },
    { name: 'address 52.28.1.20', mark: 'A', note: 'a cloud address' },
  ],
  vendors: [
    {
      host: 'open.oneplus.net',
      port: 443,
      tls: true,
      address: '52.28.1.20',
      addressMark: 'A',
      respond: () => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"ret":1}' }),
    },
  ],
  phases: ['use'],
  operatorKey: null,
  async phone(phone, phase) {
    await phase('use', 'the screen goes on, and off again', 'D');
    await phone.request({
      method: 'POST',
      url: 'https://open.oneplus.net/cloud/pushdata/',
      shown: 'https://open.oneplus.net/cloud/pushdata/',
      mark: 'A',
      headers: [['Content-Type', 'application/json; charset=utf-8']],
      body: Buffer.from(oneplusBody),
    });
  },
  expect: [
    { ...inBody, kind: 'imei' },
    { ...inBody, kind: 'serial' },
    { ...inBody, kind: 'wifi_mac' },
    { ...inBody, kind: 'phone_number' },
    { ...inBody, kind: 'imsi' },
    { ...inBody, kind: 'ssid' },
    { ...inBody, kind: 'bssid' },
  ],
};
