/**
 * Figaro, November 2017: Wiko's Sales Tracking System reports every phone to Tinno in Shenzhen, at activation and
 * then monthly. Plain HTTP, but RSA inside: without the vendor's key the only honest verdict is "opaque, and there".
 * With the lab's stand-in key loaded as a decoder, the IMEI, the serial number and the cell must come out.
 */
import type { ReplayCase } from '../case.ts';
import { labDevice } from '../lab-device.ts';
import { closeReport, stsText } from '../wiko-report.ts';

const opened = { type: 'leak', where: 'query', operatorKey: 'loaded' } as const;

export const wikoSts: ReplayCase = {
  name: 'wiko-sts',
  title: 'Wiko Sales Tracking System reports to Tinno, encrypted to the vendor (Figaro, November 2017)',
  report: 'Le Figaro, November 2017; the layout from public vendor code',
  year: 2017,
  label: null,
  device: () => labDevice('wiko-sts', 'Wiko'),
  fields: [
    { name: 'GET http://eservice.tinno.com/eservice/stsReport', mark: 'D', note: 'with reptype, msgid and repinfo' },
    { name: 'repinfo: 171 characters', mark: 'D', note: 'base64url without padding of RSA-1024, PKCS#1 v1.5' },
    { name: 'the RSA key', mark: 'A', note: "the lab's own: the vendor's private key is not public" },
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
  operatorKey: 'wiko-sts.key.pem',
  async phone(phone, phase, given) {
    const steps = [
      ['activation', 'the phone is activated with a SIM card'],
      ['monthly', 'a month later'],
    ] as const;
    for (const [name, text] of steps) {
      await phase(name, text, 'D');
      await phone.request({
        method: 'GET',
        url: `http://eservice.tinno.com/eservice/stsReport?reptype=report&msgid=1&repinfo=${closeReport(stsText, given.vendorPublicKey)}`,
        shown: 'http://eservice.tinno.com/eservice/stsReport?reptype=report&msgid=1&repinfo=<171 characters>',
        mark: 'D',
        headers: [],
      });
    }
  },
  expect: [
    { type: 'opaque', kind: 'opaque', where: 'query', operatorKey: 'absent' },
    { ...opened, kind: 'imei' },
    { ...opened, kind: 'serial' },
    { ...opened, kind: 'cell' },
  ],
};
