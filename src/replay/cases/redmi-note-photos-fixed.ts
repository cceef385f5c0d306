/**
 * The Redmi Note with cloud services off until asked for: on Wi-Fi it asks the cloud whether it is switched on,
 * and sends nothing of its owner's. The planted photo, message and contact stay where they are.
 */
import type { ReplayCase } from '../case.ts';
import { LAB, labDevice } from '../lab-device.ts';
import { labPhoto } from '../lab-photo.ts';

export const redmiNotePhotosFixed: ReplayCase = {
  name: 'redmi-note-photos-fixed',
  title: 'Redmi Note with cloud services off until asked for',
  report: 'the maker, August 2014: cloud services become opt-in',
  year: 2014,
  label: 'reconstruction of a disputed claim',
  device() {
    return labDevice('redmi-note-photos-fixed', 'Redmi Note', {
      contacts: [LAB.contact],
      messages: [LAB.message],
      photos: [{ name: 'IMG_1.jpg', bytes: labPhoto(1) }],
    });
  },
  fields: [
    { name: 'cloud services are opt-in', mark: 'D', note: 'as announced' },
    { name: 'galleryapi.micloud.xiaomi.net', mark: 'D', note: 'host name; path and reply A' },
    { name: 'address 42.62.48.20', mark: 'A', note: 'inside the reported range' },
  ],
  vendors: [
    {
      host: 'galleryapi.micloud.xiaomi.net',
      port: 443,
      tls: true,
      address: '42.62.48.20',
      addressMark: 'A',
      respond: () => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"enabled":false}' }),
    },
  ],
  phases: ['idle-on-wifi'],
  operatorKey: null,
  async phone(phone, phase) {
    await phase('idle-on-wifi', 'Redmi Note lies on the table, on Wi-Fi, cloud services off', 'D');
    await phone.request({
      method: 'GET',
      url: 'https://galleryapi.micloud.xiaomi.net/mic/status/v1/enabled',
      shown: 'https://galleryapi.micloud.xiaomi.net/… (is it switched on?)',
      mark: 'A',
      headers: [['User-Agent', 'Dalvik/1.6.0 (Linux; U; Android 4.2.2; HM NOTE 1W MIUI/JHDMIBF38.0)']],
    });
    phone.note('the answer is no: nothing is uploaded', 'A');
  },
  claims: ['none'],
  expect: [],
};
