/** Recordings that know only who was called: PCAPdroid's table of connections, iOS's App Privacy Report. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { phonehome } from '../cli/phonehome.ts';
import { type Read, readAll } from './recording.ts';

const IMEI = '490154203237518';
const HEADER =
  'IPProto,SrcIP,SrcPort,DstIp,DstPort,UID,App,Proto,Status,Info,BytesSent,BytesRcvd,PktsSent,PktsRcvd,FirstSeen,LastSeen';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-contacts-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
};
const row = (app: string, proto: string, info: string, more = ''): string =>
  `6,10.215.173.1,40000,42.62.48.10,443,10123,${app},${proto},Closed,${info},100,200,3,4,1795305600000,1795305601000${more}`;
const contactsIn = (all: Read[]) => all.flatMap((each) => (each.type === 'entry' ? [each.contact] : []));

describe("PCAPdroid's table of connections", () => {
  it('gives each row as a contact of its app, with addresses, sizes and time', async () => {
    const [recorded] = await readAll(write('one.csv', `${HEADER}\n${row('Spy', 'TLS', 'zzhc.vnet.cn')}\n`));
    expect(recorded).toMatchObject({
      type: 'entry',
      entry: 0,
      contact: { app: 'Spy', host: 'zzhc.vnet.cn', ip: '42.62.48.10', count: 1 },
      events: [
        {
          type: 'flow-opened',
          time: 1795305600000,
          flow: {
            client: { ip: '10.215.173.1', port: 40_000 },
            destination: { host: 'zzhc.vnet.cn', ip: '42.62.48.10', port: 443 },
            encrypted: true,
            intercepted: false,
          },
        },
        { type: 'flow-closed', bytesUp: 100, bytesDown: 200 },
      ],
    });
  });

  it.each([
    [
      'a comma in the app',
      row('Maps, Navigation, More', 'TLS', 'a.example'),
      { app: 'Maps, Navigation, More', host: 'a.example' },
    ],
    ['no name of the server', row('App', 'TLS', ''), { app: 'App', host: '42.62.48.10' }],
    ['no name of the app', row('', 'TLS', 'a.example'), { app: 'uid 10123', host: 'a.example' }],
    ['an address in place of a name', row('App', 'HTTP', 'http://a.example/x?y=1'), { app: 'App', host: 'a.example' }],
    ['a quote that is none', row('The "App', 'TLS', 'a.example'), { app: 'The "App', host: 'a.example' }],
    ['one column more (malware)', row('App', 'TLS', 'a.example', ',false'), { app: 'App', host: 'a.example' }],
  ])('with %s is read', async (what, line, contact) => {
    const header = what.includes('malware') ? `${HEADER},Malicious` : HEADER;
    expect(contactsIn(await readAll(write('odd.csv', `\ufeff${header}\r\n${line}\r\n`)))).toMatchObject([contact]);
  });

  it('shows a look-up as one, so that a name that holds something is found', async () => {
    const [recorded] = await readAll(write('dns.csv', `${HEADER}\n${row('App', 'DNS', `${IMEI}.t.example`)}\n`));
    expect(recorded).toMatchObject({
      events: [
        { flow: { protocol: 'dns', destination: { host: `${IMEI}.t.example`, ip: null } } },
        { type: 'message', protocol: 'dns' },
        { type: 'flow-closed' },
      ],
    });
  });

  it('names a row that has no server', async () => {
    const all = await readAll(write('none.csv', `${HEADER}\n1,2,3\n${row('App', 'TLS', 'a.example')}\n`));
    expect(all).toMatchObject([
      { type: 'skipped', entry: 0, reason: 'a row without a server' },
      { type: 'entry', entry: 1 },
    ]);
  });
});

describe("iOS's App Privacy Report", () => {
  const network = (bundleID: string, domain: string, hits: number) =>
    JSON.stringify({
      domain,
      firstTimeStamp: '2026-11-14T08:24:53.092+08:00',
      context: '',
      timeStamp: '2026-11-18T08:42:46.449+08:00',
      domainType: 2,
      initiatedType: 'AppInitiated',
      hits,
      type: 'networkActivity',
      domainOwner: '',
      bundleID,
    });
  const access = JSON.stringify({
    accessor: { identifier: 'com.example.spy', identifierType: 'bundleID' },
    category: 'camera',
    identifier: '8A4054BB-1810-4F8B-8163-483409E2D35C',
    kind: 'intervalBegin',
    timeStamp: '2026-11-18T08:42:46.449+08:00',
    type: 'access',
  });

  it('gives hosts by app, as often as they were called; what an app used within the phone is named', async () => {
    const file = write(
      'report.ndjson',
      [network('com.example.spy', 'zzhc.vnet.cn', 7), network('com.example.spy', '117.161.74.49', 2), access].join(
        '\n',
      ),
    );
    const all = await readAll(file);
    expect(contactsIn(all)).toMatchObject([
      { app: 'com.example.spy', host: 'zzhc.vnet.cn', ip: null, count: 7 },
      { app: 'com.example.spy', host: '117.161.74.49', ip: '117.161.74.49', count: 2 },
    ]);
    expect(all.at(-1)).toMatchObject({
      type: 'skipped',
      isHarmless: true,
      reason: expect.stringContaining('within the phone'),
    });
  });

  it('is shown as contacts, with owner and country, and a sentence that claims no more', async () => {
    const file = write(
      'shown.ndjson',
      `${network('com.example.spy', 'zzhc.vnet.cn', 7)}\n${network('com.example.spy', 'zzhc.vnet.cn', 2)}\n${access}\n`,
    );
    const { code, stdout } = await phonehome(['scan', file, '--json']);
    const [contact, summary] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(contact).toMatchObject({
      type: 'contact',
      app: 'com.example.spy',
      host: 'zzhc.vnet.cn',
      count: 9,
      owner: { name: 'China Telecom' },
    });
    expect(summary).toMatchObject({
      contacts: 1,
      findings: 0,
      sentence:
        'Of 1 server the recording says that it was called, not what it was sent. Everything in the recording was read.',
    });
    expect(code).toBe(0);
    expect((await phonehome(['scan', file])).stdout).toMatch(/com\.example\.spy +.*China Telecom zzhc\.vnet\.cn +×9/);
  });
});
