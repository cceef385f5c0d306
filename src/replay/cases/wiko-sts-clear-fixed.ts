/** The clear-text reading of the Wiko report after the press: once only, to Europe, and no longer readable on the way. */
import type { ReplayCase } from '../case.ts';
import { labDevice } from '../lab-device.ts';
import { stsText } from '../wiko-report.ts';

const inQuery = { type: 'leak', where: 'query', hash: null, atMost: 'high' } as const;

export const wikoStsClearFixed: ReplayCase = {
  name: 'wiko-sts-clear-fixed',
  title: 'Wiko Sales Tracking System in clear, after the press: once only, to Europe, under TLS',
  report: 'Le Figaro, November 2017 (the maker: data in Europe, no monthly report)',
  year: 2017,
  label: null,
  device: () => labDevice('wiko-sts-clear-fixed', 'Wiko'),
  fields: [
    { name: 'once only', mark: 'D', note: 'as announced' },
    { name: 'a server in Europe', mark: 'D', note: 'as announced' },
    { name: 'https://sts.wikomobile.com', mark: 'A', note: 'host name and TLS' },
    { name: 'the same text', mark: 'A', note: 'layout as before, in clear inside TLS' },
    { name: 'address 52.28.1.10', mark: 'A', note: 'a cloud address in Germany' },
  ],
  vendors: [
    {
      host: 'sts.wikomobile.com',
      port: 443,
      tls: true,
      address: '52.28.1.10',
      addressMark: 'A',
      respond: () => ({ status: 200, headers: { 'Content-Type': 'text/plain' }, body: '0' }),
    },
  ],
  phases: ['activation', 'monthly'],
  operatorKey: null,
  async phone(phone, phase) {
    await phase('activation', 'the phone is activated with a SIM card', 'D');
    await phone.request({
      method: 'GET',
      url: `https://sts.wikomobile.com/eservice/stsReport?reptype=report&msgid=1&repinfo=${stsText}`,
      shown:
        'https://sts.wikomobile.com/eservice/stsReport?reptype=report&msgid=1&repinfo=TN:IMEI1,<imei>,…,CID:<cell>,…,<serial>',
      mark: 'A',
      headers: [],
    });
    await phase('monthly', 'a month later: nothing is sent', 'D');
  },
  claims: ['once', 'to:europe', 'encrypted'],
  expect: [
    { ...inQuery, kind: 'imei' },
    { ...inQuery, kind: 'cell' },
    { ...inQuery, kind: 'serial' },
  ],
};
