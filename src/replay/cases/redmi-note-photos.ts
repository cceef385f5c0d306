/**
 * VNS, CellphoneS and Kenny Li, 2014: a Redmi Note on Wi-Fi connects to 42.62.48.0/24 in Beijing; photos and text
 * messages were said to be sent. No payload was ever published and the vendor denied it: what travels here is a
 * reconstruction, and every alert of it says so.
 */
import type { ReplayCase, Vendor } from '../case.ts';
import { LAB, labDevice } from '../lab-device.ts';
import { labPhoto } from '../lab-photo.ts';

const BOUNDARY = 'lab-5f2c9e7a41d0';
const PHOTOS = 4;

const accepted = { status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"result":"ok"}' } as const;

const micloud = (host: string, address: string): Vendor => ({
  host,
  port: 443,
  tls: true,
  address,
  addressMark: 'D',
  respond: () => accepted,
});

/** A multipart upload as a camera roll's sync sends it, a piece at a time. */
async function* album(): AsyncGenerator<Buffer> {
  for (let number = 1; number <= PHOTOS; number++) {
    yield Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="photo${number}"; filename="IMG_${number}.jpg"\r\n` +
        'Content-Type: image/jpeg\r\n\r\n',
    );
    const photo = labPhoto(number);
    for (let at = 0; at < photo.length; at += 16_384) yield photo.subarray(at, at + 16_384);
    yield Buffer.from('\r\n');
  }
  yield Buffer.from(`--${BOUNDARY}--\r\n`);
}

const messages = JSON.stringify({
  messages: [{ address: LAB.contact.phone, person: LAB.contact.name, date: 1_406_851_200_000, body: LAB.message }],
});

export const redmiNotePhotos: ReplayCase = {
  name: 'redmi-note-photos',
  title:
    'Redmi Note said to upload photos and messages to Beijing over Wi-Fi (VNS, Kenny Li, 2014; denied by the vendor)',
  report: 'VNS, CellphoneS, Kenny Li, 2014',
  year: 2014,
  label: 'reconstruction of a disputed claim',
  device() {
    return labDevice('redmi-note-photos', 'Redmi Note', {
      contacts: [LAB.contact],
      messages: [LAB.message],
      photos: [{ name: 'IMG_1.jpg', bytes: labPhoto(1) }],
    });
  },
  fields: [
    { name: 'connections to 42.62.48.0/24 on Wi-Fi', mark: 'D', note: 'as reported; the addresses inside it A' },
    { name: 'photos and messages as content', mark: 'U', note: 'claimed, denied by the vendor, never shown' },
    { name: 'galleryapi.micloud.xiaomi.net, smsapi.micloud.xiaomi.net', mark: 'D', note: 'host names' },
    { name: 'paths, bodies, TLS', mark: 'A', note: 'TLS is the milder assumption' },
  ],
  vendors: [
    micloud('galleryapi.micloud.xiaomi.net', '42.62.48.20'),
    micloud('smsapi.micloud.xiaomi.net', '42.62.48.21'),
  ],
  phases: ['idle-on-wifi'],
  operatorKey: null,
  async phone(phone, phase) {
    await phase('idle-on-wifi', 'Redmi Note lies on the table, on Wi-Fi', 'D');
    await phone.request({
      method: 'POST',
      url: 'https://galleryapi.micloud.xiaomi.net/mic/gallery/v1/user/upload',
      shown: `https://galleryapi.micloud.xiaomi.net/… (${PHOTOS} photos)`,
      mark: 'A',
      headers: [
        ['Content-Type', `multipart/form-data; boundary=${BOUNDARY}`],
        ['Transfer-Encoding', 'chunked'],
      ],
      body: album(),
    });
    await phone.request({
      method: 'POST',
      url: 'https://smsapi.micloud.xiaomi.net/mic/sms/v1/user/upload',
      shown: 'https://smsapi.micloud.xiaomi.net/… (1 text message)',
      mark: 'A',
      headers: [['Content-Type', 'application/json; charset=UTF-8']],
      body: Buffer.from(messages),
    });
  },
  expect: [
    { type: 'leak', kind: 'photo', where: 'body' },
    { type: 'leak', kind: 'location', where: 'body' },
    { type: 'leak', kind: 'message', where: 'body' },
    { type: 'leak', kind: 'contact', where: 'body', optional: true },
    { type: 'leak', kind: 'phone_number', where: 'body', optional: true },
  ],
};
