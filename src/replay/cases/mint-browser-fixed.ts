/** Mint Browser after the update of May 2020: the same tabs, and what was typed into them stays on the phone. */
import type { ReplayCase } from '../case.ts';
import { labDevice } from '../lab-device.ts';

export const mintBrowserFixed: ReplayCase = {
  name: 'mint-browser-fixed',
  title: 'Mint Browser after the update of May 2020: no pages, no searches',
  report: 'the maker, May 2020: reporting in incognito mode can be switched off',
  year: 2020,
  label: null,
  device: () => labDevice('mint-browser-fixed', 'Xiaomi'),
  fields: [
    { name: 'no url, no search_word', mark: 'D', note: 'with the new switch off' },
    { name: 'GET https://sa.api.intl.miui.com/config', mark: 'A', note: 'asks what to collect, names no phone' },
    { name: 'address 161.117.71.36', mark: 'D', note: 'a cloud address in Singapore' },
  ],
  vendors: [
    {
      host: 'sa.api.intl.miui.com',
      port: 443,
      tls: true,
      address: '161.117.71.36',
      addressMark: 'D',
      respond: () => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"collect":false}' }),
    },
  ],
  phases: ['browsing', 'incognito'],
  operatorKey: null,
  async phone(phone, phase) {
    await phase('browsing', 'a search in Mint Browser (updated)', 'D');
    await phone.request({
      method: 'GET',
      url: 'https://sa.api.intl.miui.com/config/Android.conf?project=global_browser_mini',
      shown: 'https://sa.api.intl.miui.com/config/Android.conf?project=global_browser_mini',
      mark: 'A',
      headers: [],
    });
    await phase('incognito', 'a page in an incognito tab: nothing is sent', 'D');
  },
  claims: ['none'],
  expect: [],
};
