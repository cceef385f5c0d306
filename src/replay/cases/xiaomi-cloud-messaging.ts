/**
 * Taiwan News and F-Secure, August 2014: a Xiaomi phone reports phone number, IMSI and IMEI to Beijing, without
 * consent and without TLS. Before login the numbers travel as cut-off SHA-1 in the path and the query, which
 * no search for the IMEI finds; after login they travel in clear.
 */
import type { ReplayCase } from '../case.ts';
import { LAB, labDevice } from '../lab-device.ts';
import { xiaomiToken } from '../xiaomi-token.ts';

const USER_AGENT: [string, string] = ['User-Agent', 'HM 1SW; MIUI/JHCMIBH25.0'];

const cut = { type: 'leak', hash: 'sha1[:16', severity: 'critical' } as const;
const clear = { type: 'leak', hash: null, severity: 'critical' } as const;

export const xiaomiCloudMessaging: ReplayCase = {
  name: 'xiaomi-cloud-messaging',
  title: 'Xiaomi Cloud Messaging sends phone number, IMSI and IMEI to Beijing unasked (F-Secure, August 2014)',
  report: 'Taiwan News; F-Secure, August 2014',
  year: 2014,
  label: null,
  device: () => labDevice('xiaomi-cloud-messaging', 'Redmi 1S'),
  fields: [
    { name: 'GET /pass/activate/dev/<H(imei)>/activating?imsi=<H(imsi)>', mark: 'D', note: 'over plain HTTP' },
    { name: 'GET /pass/user@id?type=MXPH&externalId=<phone number>', mark: 'D', note: 'over plain HTTP' },
    { name: 'H(x): 16 characters of base64url(SHA-1(x))', mark: 'D', note: 'public vendor code' },
    { name: 'IMEI, IMSI and number in clear after login', mark: 'D', note: 'the event; path, keys and form A' },
    { name: 'api.account.xiaomi.com', mark: 'D', note: 'host name' },
    { name: 'address 42.62.94.10', mark: 'A', note: "an address of China Telecom's data centres in Beijing" },
    { name: 'a text message to a service number', mark: 'D', note: 'a side channel no proxy on Wi-Fi can see' },
  ],
  vendors: [
    {
      host: 'api.account.xiaomi.com',
      port: 80,
      tls: false,
      address: '42.62.94.10',
      addressMark: 'A',
      respond: () => ({
        status: 200,
        headers: { 'Content-Type': 'application/json' },
        body: '&&&START&&&{"code":0,"description":"ok"}',
      }),
    },
  ],
  phases: ['before-consent', 'login'],
  operatorKey: null,
  async phone(phone, phase) {
    const base = 'http://api.account.xiaomi.com';
    await phase('before-consent', 'Redmi 1S is switched on for the first time, SIM card in, nothing agreed to', 'D');
    await phone.request({
      method: 'GET',
      url: `${base}/pass/activate/dev/${xiaomiToken(LAB.imei)}/activating?imsi=${xiaomiToken(LAB.imsi)}`,
      shown: `${base}/pass/activate/dev/<H(imei)>/activating?imsi=<H(imsi)>`,
      mark: 'D',
      headers: [USER_AGENT],
    });
    await phone.request({
      method: 'GET',
      url: `${base}/pass/user@id?type=MXPH&externalId=${encodeURIComponent(LAB.phoneNumber)}`,
      shown: `${base}/pass/user@id?type=MXPH&externalId=<phone number>`,
      mark: 'D',
      headers: [USER_AGENT],
    });
    phone.note('it also sends a text message, which no proxy on Wi-Fi can see', 'D');
    await phase('login', 'the owner signs in to Mi Cloud', 'D');
    await phone.request({
      method: 'POST',
      url: `${base}/pass/v2/device`,
      shown: `${base}/pass/v2/device (imei, imsi, phone)`,
      mark: 'A',
      headers: [USER_AGENT, ['Content-Type', 'application/x-www-form-urlencoded']],
      body: Buffer.from(
        new URLSearchParams({ imei: LAB.imei, imsi: LAB.imsi, phone: LAB.phoneNumber, sid: 'micloud' }).toString(),
      ),
    });
  },
  expect: [
    { ...cut, kind: 'imei', where: 'path' },
    { ...cut, kind: 'imsi', where: 'query' },
    { ...clear, kind: 'phone_number', where: 'query' },
    { ...clear, kind: 'imei', where: 'body' },
    { ...clear, kind: 'imsi', where: 'body' },
    { ...clear, kind: 'phone_number', where: 'body' },
  ],
};
