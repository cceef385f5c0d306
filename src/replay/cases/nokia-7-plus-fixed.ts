/**
 * The Nokia 7 Plus after the update of early 2019: the same day, and nothing goes to vnet.cn.
 * It still asks whether the network reaches the Internet, so that silence about identifiers is not silence of the line.
 */
import type { ReplayCase } from '../case.ts';
import { labDevice } from '../lab-device.ts';

export const nokia7PlusFixed: ReplayCase = {
  name: 'nokia-7-plus-fixed',
  title: 'Nokia 7 Plus after the update: nothing goes to China Telecom',
  report: 'NRKbeta, March 2019 (the maker: fixed by a software update)',
  year: 2019,
  label: null,
  device: () => labDevice('nokia-7-plus-fixed', 'Nokia 7 Plus'),
  fields: [
    { name: 'no traffic to vnet.cn', mark: 'D', note: 'as reported' },
    { name: 'GET http://connectivitycheck.gstatic.com/generate_204', mark: 'A', note: 'what every Android phone asks' },
    { name: 'address 142.250.74.3', mark: 'A', note: 'an address of Google' },
  ],
  vendors: [
    {
      host: 'connectivitycheck.gstatic.com',
      port: 80,
      tls: false,
      address: '142.250.74.3',
      addressMark: 'A',
      respond: () => ({ status: 204 }),
    },
  ],
  phases: ['boot', 'screen-on', 'unlock'],
  operatorKey: null,
  async phone(phone, phase) {
    const steps = [
      ['boot', 'Nokia 7 Plus (updated) is switched on'],
      ['screen-on', 'the screen wakes'],
      ['unlock', 'the phone is unlocked'],
    ] as const;
    for (const [name, text] of steps) {
      await phase(name, text, 'D');
      await phone.request({
        method: 'GET',
        url: 'http://connectivitycheck.gstatic.com/generate_204',
        shown: 'http://connectivitycheck.gstatic.com/generate_204',
        mark: 'A',
        headers: [['User-Agent', 'Dalvik/2.1.0 (Linux; U; Android 9; Nokia 7 plus Build/PPR1.180610.011)']],
      });
    }
  },
  claims: ['gone:vnet.cn'],
  expect: [],
};
