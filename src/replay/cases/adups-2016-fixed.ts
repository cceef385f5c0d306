/** The same phone after the firmware of November 2016: it asks for updates, with model and version, and nothing more. */
import type { ReplayCase } from '../case.ts';
import { LAB, labDevice } from '../lab-device.ts';

export const adups2016Fixed: ReplayCase = {
  name: 'adups-2016-fixed',
  title: 'Adups firmware after the update of November 2016: update checks only',
  report: 'BLU, November 2016',
  year: 2016,
  label: null,
  device: () =>
    labDevice('adups-2016-fixed', 'BLU R1 HD', { contacts: [LAB.contact], messages: [LAB.message], photos: [] }),
  fields: [
    { name: 'no messages, no identifiers', mark: 'D', note: 'as announced' },
    { name: 'GET https://fota5p.adups.com/…', mark: 'A', note: 'model and version; they name no phone' },
    { name: 'address 221.228.1.11', mark: 'A', note: 'an address of China Telecom' },
  ],
  vendors: [
    {
      host: 'fota5p.adups.com',
      port: 443,
      tls: true,
      address: '221.228.1.11',
      addressMark: 'A',
      respond: () => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"status":1010}' }),
    },
  ],
  phases: ['24-hours', '72-hours'],
  operatorKey: null,
  async phone(phone, phase) {
    for (const [name, text] of [
      ['24-hours', 'a day passes (updated firmware)'],
      ['72-hours', 'three days pass'],
    ] as const) {
      await phase(name, text, 'D');
      await phone.request({
        method: 'GET',
        url: 'https://fota5p.adups.com/otainter-5.0/fota5/detectSchedule.do?project=BLU_R1_HD&version=V17',
        shown: 'https://fota5p.adups.com/… (model and version)',
        mark: 'A',
        headers: [],
      });
    }
  },
  claims: ['none'],
  expect: [],
};
