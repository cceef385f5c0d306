import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/cli/doctor/check.ts';
import { checkAuthority, checkGeo } from '../../src/cli/doctor/data.ts';
import { checkAddress, checkClock, checkNode, findInPath } from '../../src/cli/doctor/machine.ts';
import { lanAddresses, phoneAddress } from '../../src/formats/lan-address.ts';

const NOW = Date.UTC(2026, 10, 22);
const ago = (days: number) => new Date(NOW - days * DAY_MS).toISOString();

describe('the doctor', () => {
  it.each([
    ['26.10.0', 'ok'],
    ['20.20.2', 'fail'],
  ])('judges Node %s: %s', (version, state) => {
    expect(checkNode(version).state).toBe(state);
  });

  it('says of each geo database how old it is, what that means, and what there is to do', () => {
    const one = { name: 'dbip-country', about: 'country', date: '2026-06-01', ageDays: 10, text: null } as const;
    const checks = checkGeo([
      { ...one, state: 'fresh', advice: null },
      { ...one, ageDays: 181, state: 'stale', advice: 'phonehome geo update FILE' },
      { ...one, date: null, ageDays: null, state: 'missing', advice: 'install phonehome again' },
    ]);
    expect(checks.map(({ state, found, advice }) => [state, found, advice])).toEqual([
      ['ok', 'dbip-country of 2026-06-01, 10 days old', null],
      ['warn', 'dbip-country of 2026-06-01, 181 days old', 'phonehome geo update FILE'],
      ['warn', 'dbip-country is missing', 'install phonehome again'],
    ]);
  });

  it.each([
    ['is valid for years', 3000, 'ok'],
    ['ends within a month', 29, 'warn'],
    ['has ended', -1, 'fail'],
  ])('judges a root certificate that %s', (_what, days, state) => {
    const info = { subject: 'CA', fingerprint: 'AA', validFrom: ago(10), validTo: ago(-days), pem: '', key: '' };
    expect(checkAuthority(info, NOW).state).toBe(state);
  });

  it.each([
    ['now', NOW, 'ok'],
    ['before the files on the disk', NOW - 3 * DAY_MS, 'fail'],
    ['in 1970', 0, 'fail'],
  ])('judges a clock that stands %s', (_when, now, state) => {
    expect(checkClock(now, NOW - DAY_MS).state).toBe(state);
  });

  it("finds administrators' tools that are not in the PATH, and no others", () => {
    expect(findInPath('no-such-tool-here', '/usr/bin')).toBeNull();
    expect(findInPath('sh', '/bin')).toBe('/bin/sh');
  });
});

describe('the address for the phone', () => {
  const nic = (address: string, internal = false) => [
    { address, netmask: '', family: 'IPv4' as const, mac: '', internal, cidr: null },
  ];

  it('is private before public, real before virtual, Wi-Fi before cable', () => {
    const all = {
      lo: nic('127.0.0.1', true),
      docker0: nic('172.17.0.1'),
      eth0: nic('192.168.1.5'),
      wlan0: nic('192.168.1.6'),
      ppp0: nic('203.0.113.9'),
      usb0: nic('169.254.3.3'),
    };
    expect(lanAddresses(all).map((each) => each.name)).toEqual(['wlan0', 'eth0', 'ppp0', 'docker0']);
    expect(phoneAddress('0.0.0.0', all)).toBe('192.168.1.6');
  });

  it('is the given one when the lab listens on one only', () => {
    expect(phoneAddress('10.77.0.1', {})).toBe('10.77.0.1');
  });

  it('is none on a machine without a network, which is said', () => {
    expect(phoneAddress('0.0.0.0', { lo: nic('127.0.0.1', true) })).toBeNull();
    expect(checkAddress({}).state).toBe('warn');
  });
});
