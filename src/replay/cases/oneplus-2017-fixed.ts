/** OxygenOS after October 2017: analytics only with consent, without number, MAC address and network names. */
import type { ReplayCase } from '../case.ts';
import { labDevice } from '../lab-device.ts';

export const oneplus2017Fixed: ReplayCase = {
  name: 'oneplus-2017-fixed',
  title: 'OxygenOS after the promise of October 2017: nothing without consent',
  report: 'the maker, October 2017',
  year: 2017,
  label: null,
  device: () => labDevice('oneplus-2017-fixed', 'OnePlus 3'),
  fields: [
    { name: 'no analytics without consent', mark: 'D', note: 'as announced' },
    { name: 'an update check with model and version', mark: 'A', note: 'it names no phone' },
    { name: 'address 52.28.1.20', mark: 'A', note: 'a cloud address' },
  ],
  vendors: [
    {
      host: 'open.oneplus.net',
      port: 443,
      tls: true,
      address: '52.28.1.20',
      addressMark: 'A',
      respond: () => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"update":null}' }),
    },
  ],
  phases: ['use'],
  operatorKey: null,
  async phone(phone, phase) {
    await phase('use', 'the screen goes on, and off again (updated, no consent given)', 'D');
    await phone.request({
      method: 'GET',
      url: 'https://open.oneplus.net/ota/check?model=A3003&version=OnePlus3Oxygen_16_1710121823',
      shown: 'https://open.oneplus.net/ota/check?model=…&version=…',
      mark: 'A',
      headers: [],
    });
  },
  claims: ['none'],
  expect: [],
};
