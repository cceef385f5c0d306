/**
 * MIUI Analytics, from public vendor code: events go to tracking.intl.miui.com as base64url of JSON whose keys are
 * single letters and whose identifiers are hashed. Names tell nothing here; only the phone's own values do.
 */
import { createHash } from 'node:crypto';
import type { ReplayCase } from '../case.ts';
import { LAB, labDevice } from '../lab-device.ts';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

export const analyticsValue = Buffer.from(
  JSON.stringify({ a: md5(LAB.mac), b: md5(LAB.imei), d: 'lavender', e: 'V12.5.1.0', g: 'VN' }),
).toString('base64url');

export const miuiAnalytics: ReplayCase = {
  name: 'miui-analytics',
  title: 'MIUI Analytics sends hashed MAC address and IMEI under one-letter names (public vendor code)',
  report: 'public vendor code',
  year: 2020,
  label: null,
  device: () => labDevice('miui-analytics', 'Xiaomi'),
  fields: [
    { name: 'POST https://tracking.intl.miui.com/track/spock', mark: 'D', note: 'public vendor code' },
    { name: 'value: base64url(JSON)', mark: 'D', note: 'public vendor code' },
    { name: 'a: hashed MAC, b: hashed IMEI', mark: 'D', note: 'that the hash is MD5 in hexadecimal is assumed' },
    { name: 'd, e, g', mark: 'A', note: 'model, version and region: they name no phone' },
    { name: 'address 161.117.94.20', mark: 'A', note: 'a cloud address in Singapore' },
  ],
  vendors: [
    {
      host: 'tracking.intl.miui.com',
      port: 443,
      tls: true,
      address: '161.117.94.20',
      addressMark: 'A',
      respond: () => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"status":"ok"}' }),
    },
  ],
  phases: ['use'],
  operatorKey: null,
  async phone(phone, phase) {
    await phase('use', 'the phone is used for a while', 'A');
    await phone.request({
      method: 'POST',
      url: 'https://tracking.intl.miui.com/track/spock',
      shown: 'https://tracking.intl.miui.com/track/spock (value)',
      mark: 'D',
      headers: [['Content-Type', 'application/x-www-form-urlencoded']],
      body: Buffer.from(`value=${analyticsValue}`),
    });
  },
  expect: [
    { type: 'leak', kind: 'wifi_mac', where: 'body', hash: 'md5' },
    { type: 'leak', kind: 'imei', where: 'body', hash: 'md5' },
  ],
};
