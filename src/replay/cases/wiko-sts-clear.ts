/**
 * The same Wiko report as the press described it: "not encrypted". The text stands in clear in the query,
 * comma-separated, its IMEI behind a prefix and its cell identity in hexadecimal.
 */
import type { ReplayCase } from '../case.ts';
import { labDevice } from '../lab-device.ts';
import { stsText } from '../wiko-report.ts';

const inQuery = { type: 'leak', where: 'query', hash: null, severity: 'critical' } as const;

export const wikoStsClear: ReplayCase = {
  name: 'wiko-sts-clear',
  title: 'Wiko Sales Tracking System as the press described it: in clear (Figaro, November 2017)',
  report: 'Le Figaro, November 2017',
  year: 2017,
  label: null,
  device: () => labDevice('wiko-sts-clear', 'Wiko'),
  fields: [
    { name: 'GET http://eservice.tinno.com/eservice/stsReport', mark: 'D', note: 'with reptype, msgid and repinfo' },
    { name: 'repinfo in clear', mark: 'A', note: 'the press said so; public vendor code encrypts it' },
    { name: 'TN:IMEI1,<imei>,<client>,<model>,CID:<HEX cell>,<build>,<serial>', mark: 'D', note: 'layout; values A' },
    { name: 'at activation, then monthly', mark: 'D', note: 'as reported' },
    { name: 'reply 0', mark: 'D', note: 'as reported' },
    { name: 'address 119.147.97.10', mark: 'A', note: 'an address of China Telecom in Guangdong' },
  ],
  vendors: [
    {
      host: 'eservice.tinno.com',
      port: 80,
      tls: false,
      address: '119.147.97.10',
      addressMark: 'A',
      respond: () => ({ status: 200, headers: { 'Content-Type': 'text/plain' }, body: '0' }),
    },
  ],
  phases: ['activation', 'monthly'],
  operatorKey: null,
  async phone(phone, phase) {
    const steps = [
      ['activation', 'the phone is activated with a SIM card'],
      ['monthly', 'a month later'],
    ] as const;
    for (const [name, text] of steps) {
      await phase(name, text, 'D');
      await phone.request({
        method: 'GET',
        url: `http://eservice.tinno.com/eservice/stsReport?reptype=report&msgid=1&repinfo=${stsText}`,
        shown:
          'http://eservice.tinno.com/eservice/stsReport?reptype=report&msgid=1&repinfo=TN:IMEI1,<imei>,…,CID:<cell>,…,<serial>',
        mark: 'A',
        headers: [],
      });
    }
  },
  expect: [
    { ...inQuery, kind: 'imei' },
    { ...inQuery, kind: 'cell' },
    { ...inQuery, kind: 'serial' },
  ],
};
