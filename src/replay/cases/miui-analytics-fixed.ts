/** MIUI Analytics with "user experience programme" switched off: the same call without the hashed identifiers. */
import type { ReplayCase } from '../case.ts';
import { labDevice } from '../lab-device.ts';

const value = Buffer.from(JSON.stringify({ d: 'lavender', e: 'V12.5.1.0', g: 'VN' })).toString('base64url');

export const miuiAnalyticsFixed: ReplayCase = {
  name: 'miui-analytics-fixed',
  title: 'MIUI Analytics switched off: model, version and region only',
  report: 'public vendor code',
  year: 2020,
  label: null,
  device: () => labDevice('miui-analytics-fixed', 'Xiaomi'),
  fields: [
    { name: 'POST https://tracking.intl.miui.com/track/spock', mark: 'D', note: 'public vendor code' },
    { name: 'no a, no b', mark: 'A', note: 'what the switch is assumed to do' },
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
    await phase('use', 'the phone is used for a while, analytics switched off', 'A');
    await phone.request({
      method: 'POST',
      url: 'https://tracking.intl.miui.com/track/spock',
      shown: 'https://tracking.intl.miui.com/track/spock (value)',
      mark: 'A',
      headers: [['Content-Type', 'application/x-www-form-urlencoded']],
      body: Buffer.from(`value=${value}`),
    });
  },
  claims: ['none'],
  expect: [],
};
