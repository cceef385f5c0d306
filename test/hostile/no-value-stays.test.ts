/**
 * A phone, and a server, that put the phone's identifiers into every place a lab may write down: names, keys, methods,
 * protocol lists, certificates, logins. The lab alerts, and then no file, line or answer of it holds one.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { phonehome } from '../e2e/lab-process.ts';
import { startWorld, type World } from '../e2e/world.ts';
import { ASKED, registeredIn, searchTexts, textsIn } from '../left-behind.ts';
import { say } from './say.ts';

const IMEI = '490154203237518';
const SERIAL = 'LABSERIAL0001';
const WIFI = 'LabWiFi';
const CANARY = 'purple elephant seventeen';
const VALUES = { imei: IMEI, serial: SERIAL, ssid: WIFI, canary: CANARY, imsi: '001010123456789' };
const MAC = '02:00:5e:10:00:01';
const EMAIL = 'lab@example.com';
/** What a phone may write in place of a name: known faults, each the kind of a kind. */
const FORMS = {
  'IMEI in base 36': BigInt(IMEI).toString(36),
  'IMEI as a number in hex': BigInt(IMEI).toString(16),
  'MAC in base 36': BigInt(`0x${MAC.replaceAll(':', '')}`).toString(36),
  'MAC in base32': 'gazdumbqhi2wkorrga5dambqhiydc',
  'bytes of the MAC in base32': 'aiaf4eaaae',
  'serial in base64 and a letter': `${btoa(SERIAL).replaceAll('=', '')}k`,
  'MAC in base64 twice': btoa(btoa(MAC)),
  'e-mail in rot13': 'yno@rknzcyr.pbz',
  'IMEI in base58': '2UzHNFyXw6DQ8hFK8eMJo',
};
const NAMES = [
  ...[
    FORMS['IMEI in base 36'],
    FORMS['IMEI as a number in hex'],
    FORMS['MAC in base32'],
    FORMS['bytes of the MAC in base32'],
  ].map((label) => `${label}.vendor.example`),
  `${IMEI}.vendor.example`,
  `serial-${SERIAL.toLowerCase()}.vendor.example`,
  `${WIFI}.vendor.example`,
];

const DEVICES = `devices:
  - id: phone-1
    model: Lab phone
    match: { default: true }
    identifiers: { imei: "${IMEI}", imsi: "${VALUES.imsi}", serial: ${SERIAL}, ssid: ${WIFI}, wifi_mac: "${MAC}", email: ${EMAIL} }
    canaries: { messages: ["${CANARY}"] }
`;

let world: World;
beforeAll(async () => {
  world = await startWorld({ devices: DEVICES, otherHosts: NAMES, env: { PHONEHOME_LOG: 'trace' } });
});
afterAll(() => world.end());

const coded = (value: string): string[] => [
  value,
  [...value].reverse().join(''),
  Buffer.from(value).toString('base64'),
  Buffer.from(value).toString('hex'),
  createHash('sha1').update(value).digest('base64url').slice(0, 16),
  encodeURIComponent(value),
];

/** What must be nowhere: the value in the spellings and encodings a file may hold. */
function needles(value: string): string[] {
  const bare = value.replace(/[^A-Za-z0-9]/g, '');
  const base64 = [0, 1, 2].map((skip) => {
    const text = Buffer.concat([Buffer.alloc(skip, 'A'), Buffer.from(value)])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(skip === 0 ? 0 : skip + 1, -2);
  });
  const sha1 = createHash('sha1').update(value).digest();
  return [
    value,
    bare,
    [...bare].reverse().join(''),
    [...value].join('\0'),
    encodeURIComponent(value),
    Buffer.from(value).toString('hex'),
    sha1.toString('hex').slice(0, 16),
    sha1.toString('base64url').slice(0, 16),
    createHash('md5').update(value).digest('hex').slice(0, 16),
    ...base64,
  ].filter((needle) => needle.length >= 7);
}

/** A TLS connection through the lab that names what it can; `isTrusting` false: the app refuses the lab's certificate. */
function overTls(host: string, isTrusting: boolean): Promise<void> {
  return new Promise((resolve) => {
    const raw = connect(world.lab.phone.proxy.port, '127.0.0.1');
    raw.on('error', () => resolve());
    raw.once('close', () => resolve());
    raw.write(`CONNECT ${host}:443 HTTP/1.1\r\nProxy-Authorization: Basic ${btoa(`${IMEI}:x`)}\r\n\r\n`);
    raw.once('data', () => {
      const tls = connectTls({
        socket: raw,
        servername: host,
        rejectUnauthorized: !isTrusting,
        ALPNProtocols: ['http/1.1', `x${IMEI}`],
      });
      tls.on('error', () => raw.destroy());
      tls.on('secureConnect', () => tls.write(`GET /${IMEI} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
      tls.resume();
    });
  });
}

async function sendEverything(): Promise<void> {
  const { port } = world.lab.phone.proxy;
  const head = (host: string) => `Host: ${host}\r\nConnection: close\r\n`;
  for (const host of NAMES) {
    await say(port, `GET http://${host}/a/${IMEI}?serial=${SERIAL} HTTP/1.1\r\n${head(host)}X-${IMEI}: 1\r\n\r\n`);
    await overTls(host, true);
    for (let times = 0; times < 4; times++) await overTls(host, false);
  }
  const { host } = world;
  for (const value of Object.values(VALUES)) {
    for (const form of coded(value)) {
      const body = JSON.stringify({ [form]: form, nested: { [value]: [form] } });
      const name = /^[\w-]+$/.test(form) ? form : 'X-Any';
      await say(
        port,
        `POST http://${host}/p/${encodeURIComponent(form)} HTTP/1.1\r\n${head(host)}${name}: ${form}\r\n` +
          `Content-Type: application/json; boundary=${form}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    }
  }
  for (const form of Object.values(FORMS)) {
    const body = JSON.stringify({ [form]: 1, a: { [`x ${form}`]: { [form]: IMEI } } });
    await say(
      port,
      `POST http://${host}/${form}/a?${form}=1 HTTP/1.1\r\n${head(host)}Cookie: ${form}=${IMEI}\r\nUser-Agent: ${form}/1.0\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    const named = `--b\r\nContent-Disposition: form-data; name="${form}"; filename="${form}.jpg"\r\n\r\n${IMEI}\r\n--b--\r\n`;
    await say(
      port,
      `POST http://${host}/m HTTP/1.1\r\n${head(host)}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: ${named.length}\r\n\r\n${named}`,
    );
  }
  const part = `--${IMEI}\r\nContent-Disposition: form-data; name="${SERIAL}"; filename="${IMEI}.jpg"\r\n\r\n${IMEI}\r\n--${IMEI}--\r\n`;
  const others = [
    `POST http://${host}/m HTTP/1.1\r\n${head(host)}Content-Type: multipart/form-data; boundary=${IMEI}\r\nContent-Length: ${part.length}\r\n\r\n${part}`,
    `${SERIAL} http://${host}/ HTTP/1.1\r\n${head(host)}\r\n`,
    `GET http://${IMEI}:${SERIAL}@${host}/ HTTP/1.1\r\n${head(host)}\r\n`,
    `GET http://${SERIAL}.invalid/ HTTP/1.1\r\n${head('x')}\r\n`,
    `CONNECT ${SERIAL}.invalid:443 HTTP/1.1\r\n\r\n`,
    `GET ftp://${IMEI}/ HTTP/1.1\r\n\r\n`,
    `GET /${IMEI} HTTP/1.1\r\n\r\n`,
    `POST http://${host}/c HTTP/1.1\r\n${head(host)}Transfer-Encoding: chunked\r\n\r\n5;${IMEI}\r\nhello\r\n0\r\n${SERIAL}: ${IMEI}\r\n\r\n`,
    `POST http://${host}/t HTTP/1.1\r\n${head(host)}Content-Length: 4\r\nTransfer-Encoding: ${IMEI}\r\n\r\nabcd`,
  ];
  for (const text of others) await say(port, text, (answer) => answer.includes('\r\n\r\n'));
}

const COMMANDS = [
  ['alerts'],
  ['pins', 'list', '--json'],
  ['flows', '--json'],
  ['why', 'vendor.example'],
  ['device', 'list'],
  ['doctor'],
];

it('no log line, printed line, answer of the API or file holds a value in any spelling, and files are private', async () => {
  await sendEverything();
  const { lab } = world;
  await lab.until('alerts for all of them', (alerts) =>
    ['imei', 'serial', 'ssid', 'message', 'imsi'].every((kind) => alerts.some((one) => one.identifier?.kind === kind)),
  );
  const places = new Map<string, string>();
  for (const asked of ASKED) places.set(`/api/${asked}`, JSON.stringify(await lab.api(`/api/${asked}`)));
  for (const words of COMMANDS) {
    const { stdout, stderr } = await phonehome([...words, '--data', lab.dataDir]);
    places.set(`phonehome ${words.join(' ')}`, `${stdout}\n${stderr}`);
  }
  const dataDir = lab.dataDir;
  await lab.kill();
  places.set('what it printed', JSON.stringify(lab.lines));
  places.set('its log', lab.stderr());
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    // The operator's own devices file, and public tables.
    if (!entry.isFile() || entry.name === 'given-devices.yaml' || file.includes('geoip')) continue;
    places.set(file, await readFile(file, 'latin1'));
    if (entry.name !== 'ca.pem') expect((await stat(file)).mode & 0o077, file).toBe(0);
  }
  const found: string[] = [];
  for (const [place, given] of places) {
    const text = given.toLowerCase();
    for (const [name, value] of Object.entries(VALUES)) {
      for (const needle of needles(value)) {
        const at = text.indexOf(needle.toLowerCase());
        if (at >= 0) found.push(`${name} as ${needle} in ${place}: …${given.slice(Math.max(0, at - 80), at + 40)}`);
      }
    }
  }
  expect(found).toEqual([]);
  const texts = [...places].map(([place, text]) => [place, Buffer.from(text)] as const);
  for await (const [place, bytes] of textsIn(dataDir)) texts.push([place, Buffer.from(bytes)]);
  const registered = registeredIn([path.join(dataDir, 'given-devices.yaml')]);
  expect(searchTexts(texts, registered)).toEqual([]);
  // The search itself: what is planted is found, in a file, in a form that nobody would see.
  const planted = [['log', Buffer.from(`{"host":"${FORMS['IMEI in base 36']}.vendor.example"}\n`)]] as const;
  expect(searchTexts(planted, registered)).toMatchObject([{ place: 'log', kind: 'imei' }]);
});
