/**
 * NRKbeta, March 2019: a Nokia 7 Plus reports itself to vnet.cn (China Telecom) whenever it is switched on,
 * its screen wakes or it is unlocked. No TLS, yet nothing readable: JSON in base64, broken into lines.
 */
import type { Field, Phone, ReplayCase, Vendor } from '../case.ts';
import { LAB, labDevice } from '../lab-device.ts';

/** Base64 as MIME writes it (RFC 2045 6.8): lines of 76 characters, each ended by CR LF. */
export function mimeBase64(text: string): string {
  return Buffer.from(text)
    .toString('base64')
    .replace(/.{1,76}/g, '$&\r\n');
}

const registration = JSON.stringify({
  REGVER: '9.0',
  MODEL: 'TA-1046',
  SWVER: '00WW_3_22C',
  OSVER: 'android9',
  UETYPE: '1',
  IMEI1: LAB.imei,
  MACID: LAB.mac,
  SIM1ICCID: LAB.iccid,
  SIM1CELLID: String(LAB.cell.cid),
  SIM1LTEIMSI: LAB.imsi,
});

const fields: Field[] = [
  { name: 'POST http://zzhc.vnet.cn/', mark: 'D', note: 'as reported' },
  { name: 'Content-Type: application/encrypted-json', mark: 'D', note: 'as reported' },
  { name: 'base64 in 76-character lines', mark: 'D', note: 'the line ends CR LF are assumed' },
  {
    name: 'IMEI1 MACID SIM1ICCID SIM1CELLID SIM1LTEIMSI',
    mark: 'D',
    note: "the protocol's names; A for this very phone",
  },
  { name: 'REGVER MODEL SWVER OSVER UETYPE', mark: 'A', note: 'names and values' },
  { name: 'on power-on, screen-on and unlock', mark: 'D', note: 'as reported' },
  {
    name: 'a refused reply is tried again at every unlock',
    mark: 'D',
    note: 'status and text of the reply are assumed',
  },
  { name: 'address 42.62.48.10', mark: 'A', note: "an address of China Telecom's data centres" },
];

const vendor: Vendor = {
  host: 'zzhc.vnet.cn',
  port: 80,
  tls: false,
  address: '42.62.48.10',
  addressMark: 'A',
  respond: (_request, nth) => ({
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ resultCode: nth < 3 ? '1' : '0' }),
  }),
};

async function register(phone: Phone): Promise<void> {
  await phone.request({
    method: 'POST',
    url: 'http://zzhc.vnet.cn/',
    shown: 'http://zzhc.vnet.cn/',
    mark: 'D',
    headers: [['Content-Type', 'application/encrypted-json']],
    body: Buffer.from(mimeBase64(registration)),
  });
}

const inBody = { type: 'leak', where: 'body', decodingIncludes: ['base64', 'json'], severity: 'critical' } as const;

export const nokia7Plus: ReplayCase = {
  name: 'nokia-7-plus',
  title: 'Nokia 7 Plus reports itself to China Telecom (NRKbeta, March 2019)',
  report: 'NRKbeta, March 2019',
  year: 2019,
  label: null,
  device: () => labDevice('nokia-7-plus', 'Nokia 7 Plus'),
  fields,
  vendors: [vendor],
  phases: ['boot', 'screen-on', 'unlock'],
  operatorKey: null,
  async phone(phone, phase) {
    await phase('boot', 'Nokia 7 Plus is switched on', 'D');
    await register(phone);
    phone.note('the server refuses: the phone will try again', 'D');
    await phase('screen-on', 'the screen wakes', 'D');
    await register(phone);
    await phase('unlock', 'the phone is unlocked', 'D');
    await register(phone);
  },
  expect: [
    { ...inBody, kind: 'imei' },
    { ...inBody, kind: 'wifi_mac' },
    { ...inBody, kind: 'iccid' },
    { ...inBody, kind: 'cell' },
    { ...inBody, kind: 'imsi' },
  ],
};
