/** Phones on the lab's network: what they say of themselves, one entry each, newcomers and impostors told once. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDiscovery, type DiscoveryNews } from '../../../src/lan/phones/discovery.ts';
import { isRandomised, parseLease, systemOf } from '../../../src/lan/phones/lease.ts';
import { watchDiscovery } from '../../../src/lan/phones/watch.ts';

const ANDROID = '1,3,6,15,26,28,51,58,59,43,114,108';
const lease = (mac: string, ip: string, name = 'nokia', what = 'add'): string =>
  ['1795357691', what, mac, ip, name, 'android-dhcp-14', ANDROID, '', ''].join('\t');

describe('a lease', () => {
  it('says who asked, and how', () => {
    expect(parseLease(lease('02:00:5E:10:00:01', '10.77.0.100'))).toEqual({
      what: 'add',
      mac: '02:00:5e:10:00:01',
      ip: '10.77.0.100',
      hostName: 'nokia',
      vendorClass: 'android-dhcp-14',
      fingerprint: ANDROID,
    });
  });

  it('of a phone that says nothing has no texts', () => {
    expect(parseLease('1\told\t02:00:5e:10:00:01\t10.77.0.100\t\t\t\t\t')).toMatchObject({
      hostName: null,
      vendorClass: null,
    });
  });

  it('that is damaged is none, and garbage never throws', () => {
    for (const line of [
      '',
      '1\tadd',
      '1\tadd\tno-mac\t10.0.0.1',
      '1\tinit\t02:00:5e:10:00:01\t10.0.0.1',
      '1\tadd\t02:00:5e:10:00:01\t$(x)',
    ])
      expect(parseLease(line)).toBeNull();
    fc.assert(fc.property(fc.string(), (line) => void parseLease(line)));
  });

  it.each([
    ['android-dhcp-14', null, 'Android 14'],
    ['MSFT 5.0', null, 'Windows'],
    [null, '1,121,3,6,15,108,114,119,252', 'iOS'],
    [null, '1,121,3,6,15,119,252,95,44,46', 'macOS'],
    ['something', '1,2', null],
    [null, null, null],
  ])('with class %j and options %j is of %j', (vendorClass, fingerprint, system) => {
    expect(systemOf(vendorClass, fingerprint)).toBe(system);
  });

  it('from a made-up address is told apart', () => {
    expect([
      isRandomised('02:00:5e:10:00:01'),
      isRandomised('da:a1:19:00:00:01'),
      isRandomised('00:1d:fd:00:00:01'),
    ]).toEqual([true, true, false]);
  });
});

const make = (more: { patienceMs?: number } = {}) =>
  createDiscovery({
    ...more,
    makerOf: (mac) => (mac.startsWith('00:1d:fd') ? 'Nokia Danmark A/S' : null),
    deviceOf: (mac) => (mac.endsWith(':99') ? 'nokia-01' : null),
    isPhone: (ip) => ip.startsWith('10.77.') || ip.startsWith('fd77:'),
  });
const given = (line: string) => {
  const parsed = parseLease(line);
  if (!parsed) throw new Error(line);
  return parsed;
};
const A = '00:1d:fd:00:00:01';
const B = '02:00:5e:10:00:99';

describe('phones', () => {
  it('are told when they come, and are one entry with all their addresses', () => {
    const { lease: hear, neighbours, list } = make();
    expect(hear(given(lease(A, '10.77.0.100')), 1000)).toMatchObject([
      { type: 'new', phone: { mac: A, system: 'Android 14' } },
    ]);
    expect(
      neighbours(
        [
          ['fd77::5', A],
          ['10.77.0.100', A],
          ['198.18.0.2', '02:00:00:00:00:07'],
        ],
        2000,
      ),
    ).toEqual([]);
    expect(hear(given(lease(B, '10.77.0.101', '')), 3000).map(({ type }) => type)).toEqual(['new']);
    expect(list()).toMatchObject([
      { mac: B, deviceId: 'nokia-01', randomised: true, maker: null, hostName: null },
      {
        mac: A,
        deviceId: null,
        addresses: ['10.77.0.100', 'fd77::5'],
        hostName: 'nokia',
        maker: 'Nokia Danmark A/S',
        lastSeen: '1970-01-01T00:00:02.000Z',
      },
    ]);
  });

  it('met before they introduced themselves are told with their name, or without it after a while', () => {
    const { lease: hear, neighbours, list } = make({ patienceMs: 8000 });
    expect(neighbours([['fd77::5', A]], 1000)).toEqual([]);
    expect(list()).toHaveLength(1);
    expect(hear(given(lease(A, '10.77.0.100')), 4000)).toMatchObject([{ type: 'new', phone: { hostName: 'nokia' } }]);
    expect(neighbours([['fd77::5', A]], 20_000)).toEqual([]);
    expect(neighbours([['10.77.0.9', B]], 30_000)).toEqual([]);
    expect(neighbours([['10.77.0.9', B]], 37_999)).toEqual([]);
    expect(neighbours([['10.77.0.9', B]], 38_000)).toMatchObject([{ type: 'new', phone: { hostName: null } }]);
    // A clock that was set back by a day is no reason to wait for one.
    const other = '02:00:5e:10:00:09';
    expect(neighbours([['10.77.0.8', other]], 100_000_000)).toEqual([]);
    expect(neighbours([['10.77.0.8', other]], 1000)).toMatchObject([{ type: 'new' }]);
  });

  it('that leave stay known', () => {
    const { lease: hear, list } = make();
    hear(given(lease(A, '10.77.0.100')), 1000);
    expect(hear(given(lease(A, '10.77.0.100', 'nokia', 'del')), 2000)).toEqual([]);
    expect(list()).toHaveLength(1);
  });

  it('of which two use one address are told once; an address handed on is nothing', () => {
    const { neighbours } = make();
    const types = (mac: string, time: number) =>
      neighbours([['10.77.0.100', mac]], time).filter(({ type }) => type === 'conflict');
    expect([types(A, 0), types(B, 5000)].flat()).toEqual([]);
    expect(types(A, 10_000)).toEqual([{ type: 'conflict', ip: '10.77.0.100', macs: [A, B] }]);
    expect([types(B, 15_000), types(A, 20_000)].flat()).toEqual([]);
  });

  it('beyond a thousand push out the one silent longest', () => {
    const { neighbours, list } = make();
    for (let index = 0; index <= 1000; index++)
      neighbours(
        [
          [
            '10.77.0.9',
            `00:1d:fd:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
          ],
        ],
        index,
      );
    expect(list()).toHaveLength(1000);
    expect(list().at(-1)?.mac).toBe('00:1d:fd:00:00:01');
  });
});

describe('the DHCP log', () => {
  it('is followed as it grows, also when it begins anew or a line comes in two parts', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'leases-'));
    const dhcpLog = join(directory, 'dhcp-log');
    const news: DiscoveryNews[] = [];
    const watch = watchDiscovery({
      discovery: make(),
      dhcpLog,
      neighbours: async () => [],
      onNews: (one) => news.push(one),
      now: () => 0,
      intervalMs: 1_000_000,
    });
    try {
      await watch.look();
      writeFileSync(dhcpLog, `${lease(A, '10.77.0.100')}\n${lease(B, '10.77.0.101').slice(0, 30)}`);
      await watch.look();
      expect(news).toHaveLength(1);
      appendFileSync(dhcpLog, `${lease(B, '10.77.0.101').slice(30)}\n`);
      await watch.look();
      expect(news).toHaveLength(2);
      writeFileSync(dhcpLog, `${lease('00:1d:fd:00:00:03', '10.77.0.102')}\n`);
      await watch.look();
      expect(news).toHaveLength(3);
    } finally {
      watch.close();
      rmSync(directory, { recursive: true });
    }
  });
});
