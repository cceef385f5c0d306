/**
 * The vendor's account of the same connections: preset greeting messages are fetched and an update is looked for.
 * Everything here travels towards Beijing in clear, and none of it is personal: an alert would be a false one.
 */
import type { ReplayCase } from '../case.ts';
import { LAB, labDevice } from '../lab-device.ts';
import { labPhoto } from '../lab-photo.ts';

const greetings = JSON.stringify({
  messages: [
    { id: 1, text: 'Chúc mừng năm mới! An khang thịnh vượng.' },
    { id: 2, text: 'Happy birthday! Many happy returns of the day.' },
    { id: 3, text: '中秋快乐' },
  ],
});

export const redmiNoteBenign: ReplayCase = {
  name: 'redmi-note-benign',
  title: "Redmi Note as the vendor explains it: preset greetings and an update check, nothing of the owner's",
  report: 'the maker, July 2014, on the claims of VNS and Kenny Li',
  year: 2014,
  label: null,
  device() {
    return labDevice('redmi-note-benign', 'Redmi Note', {
      contacts: [LAB.contact],
      messages: [LAB.message],
      photos: [{ name: 'IMG_1.jpg', bytes: labPhoto(1) }],
    });
  },
  fields: [
    { name: 'preset greetings and update checks', mark: 'D', note: "the vendor's account" },
    { name: 'connections to 42.62.48.0/24 on Wi-Fi', mark: 'D', note: 'as reported; the addresses inside it A' },
    { name: 'api.comm.miui.com, update.miui.com', mark: 'A', note: 'host names, paths and replies' },
    { name: 'model, version and language in the update check', mark: 'A', note: 'they name no phone' },
  ],
  vendors: [
    {
      host: 'api.comm.miui.com',
      port: 80,
      tls: false,
      address: '42.62.48.30',
      addressMark: 'D',
      respond: () => ({
        status: 200,
        headers: { 'Content-Type': 'application/json; charset=UTF-8' },
        body: greetings,
      }),
    },
    {
      host: 'update.miui.com',
      port: 80,
      tls: false,
      address: '42.62.48.31',
      addressMark: 'D',
      respond: () => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"UpdateList":[]}' }),
    },
  ],
  phases: ['idle-on-wifi'],
  operatorKey: null,
  async phone(phone, phase) {
    const headers: [string, string][] = [
      ['User-Agent', 'Dalvik/1.6.0 (Linux; U; Android 4.2.2; HM NOTE 1W MIUI/JHDMIBF38.0)'],
    ];
    await phase('idle-on-wifi', 'Redmi Note lies on the table, on Wi-Fi', 'D');
    await phone.request({
      method: 'GET',
      url: 'http://api.comm.miui.com/festivalmessage/list?lang=vi_VN&page=1',
      shown: 'http://api.comm.miui.com/festivalmessage/list?lang=vi_VN&page=1',
      mark: 'A',
      headers,
    });
    await phone.request({
      method: 'GET',
      url: 'http://update.miui.com/updates/miota.php?d=HM2014811&b=F&v=JHDMIBF38.0&l=vi_VN&c=4.2',
      shown: 'http://update.miui.com/updates/miota.php?d=HM2014811&b=F&v=JHDMIBF38.0&l=vi_VN&c=4.2',
      mark: 'A',
      headers,
    });
  },
  expect: [],
};
