/**
 * Wiko after the press: the report goes out once only, to a server in Europe. The company behind it did not move.
 * The payload is still closed, so an opaque finding may remain; it must be a lower one than before.
 */
import type { ReplayCase } from '../case.ts';
import { labDevice } from '../lab-device.ts';
import { closeReport, stsText } from '../wiko-report.ts';

export const wikoStsFixed: ReplayCase = {
  name: 'wiko-sts-fixed',
  title: 'Wiko Sales Tracking System after the press: once only, to Europe',
  report: 'Le Figaro, November 2017 (the maker: data in Europe, no monthly report)',
  year: 2017,
  label: null,
  device: () => labDevice('wiko-sts-fixed', 'Wiko'),
  fields: [
    { name: 'once only', mark: 'D', note: 'as announced' },
    { name: 'a server in Europe', mark: 'D', note: 'as announced' },
    { name: 'https://sts.wikomobile.com', mark: 'A', note: 'host name and TLS' },
    { name: 'the same payload', mark: 'A', note: 'layout and encryption as before' },
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
  operatorKey: 'wiko-sts.key.pem',
  async phone(phone, phase, given) {
    await phase('activation', 'the phone is activated with a SIM card', 'D');
    await phone.request({
      method: 'GET',
      url: `https://sts.wikomobile.com/eservice/stsReport?reptype=report&msgid=1&repinfo=${closeReport(stsText, given.vendorPublicKey)}`,
      shown: 'https://sts.wikomobile.com/eservice/stsReport?reptype=report&msgid=1&repinfo=<171 characters>',
      mark: 'A',
      headers: [],
    });
    await phase('monthly', 'a month later: nothing is sent', 'D');
  },
  claims: ['once', 'to:europe'],
  expect: [
    { type: 'opaque', kind: 'opaque', where: 'query', operatorKey: 'absent', atMost: 'medium', optional: true },
    { type: 'leak', kind: 'imei', where: 'query', operatorKey: 'loaded', atMost: 'high' },
    { type: 'leak', kind: 'serial', where: 'query', operatorKey: 'loaded', atMost: 'high' },
    { type: 'leak', kind: 'cell', where: 'query', operatorKey: 'loaded', atMost: 'high' },
  ],
};
