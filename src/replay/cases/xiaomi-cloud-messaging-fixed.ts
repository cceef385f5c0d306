/**
 * Xiaomi after the update of 10 August 2014: nothing until the owner opts in; then the IMEI's token moves into a
 * cookie, under TLS. The after half of a before/after comparison: one finding left, and a lower one.
 */
import type { ReplayCase } from '../case.ts';
import { LAB, labDevice } from '../lab-device.ts';
import { xiaomiToken } from '../xiaomi-token.ts';

const USER_AGENT: [string, string] = ['User-Agent', 'HM 1SW; MIUI/JHCMIBH45.0'];

export const xiaomiCloudMessagingFixed: ReplayCase = {
  name: 'xiaomi-cloud-messaging-fixed',
  title: 'Xiaomi Cloud Messaging after the update of 10 August 2014: opt-in, a token in a cookie, TLS',
  report: 'F-Secure, August 2014 (second test)',
  year: 2014,
  label: null,
  device: () => labDevice('xiaomi-cloud-messaging-fixed', 'Redmi 1S'),
  fields: [
    { name: 'nothing until opt-in', mark: 'D', note: 'as tested' },
    { name: 'https://api.account.xiaomi.com/pass/v3/user@id', mark: 'D', note: 'public vendor code' },
    { name: 'Cookie: deviceId=<H(imei)>', mark: 'D', note: 'public vendor code' },
    { name: 'GET http://update.miui.com/updates/miota.php', mark: 'A', note: 'an update check that names no phone' },
    { name: 'addresses 42.62.94.10, 42.62.48.31', mark: 'A', note: "of China Telecom's data centres in Beijing" },
  ],
  vendors: [
    {
      host: 'api.account.xiaomi.com',
      port: 443,
      tls: true,
      address: '42.62.94.10',
      addressMark: 'A',
      respond: () => ({
        status: 200,
        headers: { 'Content-Type': 'application/json' },
        body: '&&&START&&&{"code":0,"description":"ok"}',
      }),
    },
    {
      host: 'update.miui.com',
      port: 80,
      tls: false,
      address: '42.62.48.31',
      addressMark: 'A',
      respond: () => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"UpdateList":[]}' }),
    },
  ],
  phases: ['before-consent', 'after-consent'],
  operatorKey: null,
  async phone(phone, phase) {
    await phase('before-consent', 'Redmi 1S (updated) is switched on for the first time', 'D');
    await phone.request({
      method: 'GET',
      url: 'http://update.miui.com/updates/miota.php?d=armani&b=F&v=JHCMIBH45.0&l=zh_TW&c=4.3',
      shown: 'http://update.miui.com/updates/miota.php?d=armani&b=F&v=JHCMIBH45.0&l=zh_TW&c=4.3',
      mark: 'A',
      headers: [USER_AGENT],
    });
    await phase('after-consent', 'the owner switches Cloud Messaging on', 'D');
    await phone.request({
      method: 'GET',
      url: 'https://api.account.xiaomi.com/pass/v3/user@id',
      shown: 'https://api.account.xiaomi.com/pass/v3/user@id, cookie deviceId=<H(imei)>',
      mark: 'D',
      headers: [USER_AGENT, ['Cookie', `deviceId=${xiaomiToken(LAB.imei)}`]],
    });
  },
  claims: ['after-consent', 'encrypted'],
  expect: [{ type: 'leak', kind: 'imei', where: 'cookie', hash: 'sha1[:16', atMost: 'high' }],
};
