/** Who may use the lab and where it may connect: pure decisions, no network. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createAdmission, createDestinationGuard, parseRanges } from '../../src/lab/access.ts';

describe('clients', () => {
  const admit = createAdmission(['203.0.113.0/24']);
  it.each([
    ['127.0.0.1', true],
    ['192.168.1.20', true],
    ['10.77.0.2', true],
    ['100.64.0.9', true],
    ['169.254.3.4', true],
    ['::1', true],
    ['fd00::2', true],
    ['fe80::2', true],
    ['::ffff:192.168.1.20', true],
    ['8.8.8.8', false],
    ['2001:db8::1', false],
    ['203.0.113.9', true],
    ['unknown', false],
  ])('%s: %s', (ip, served) => {
    expect(admit(ip)).toBe(served);
  });
});

describe('destinations', () => {
  let own: string[];
  let time: number;
  beforeEach(() => {
    own = ['127.0.0.1/8', '192.168.7.1/24', '93.184.216.34/24', 'fd00::1/64', '2001:db8:7::1/64', '2001:db8:8::1/48'];
    time = 0;
  });
  const guard = (allowDestinations: string[] = []) =>
    createDestinationGuard({ allowDestinations, ownPorts: () => [8080, 8081], now: () => time, interfaces: () => own });
  it.each([
    ['a server in the world', '93.184.215.14', 443, true],
    ['a public neighbour of the lab’s own public address', '93.184.216.35', 443, true],
    ['a private network behind the lab’s own', '10.0.0.5', 80, false],
    ['another one', '172.20.1.1', 80, false],
    ['a provider’s inside', '100.64.3.4', 80, false],
    ['metadata of Alibaba', '100.100.100.200', 80, false],
    ['metadata of Azure', '168.63.129.16', 80, false],
    ['the address beside it', '168.63.129.17', 80, true],
    ['metadata of Oracle', '192.0.0.192', 80, false],
    ['metadata of AWS over IPv6', 'fd00:ec2::254', 80, false],
    ['metadata through an IPv6 translator', '64:ff9b::a9fe:a9fe', 80, false],
    ['metadata of Azure through an IPv6 translator', '64:ff9b::a83f:8110', 80, false],
    ['metadata through a translator of one’s own', '64:ff9b:1::a9fe:a9fe', 80, false],
    ['metadata by 6to4', '2002:a9fe:a9fe::1', 80, false],
    ['a private network by 6to4', '2002:a00:5::1', 80, false],
    ['a server in the world by 6to4', '2002:5db8:d70e::1', 80, true],
    ['metadata by Teredo', '2001:0:4136:e378:8000:63bf:5601:5601', 80, false],
    ['loopback in the old compatible form', '::7f00:2', 80, false],
    ['metadata by stateless translation', '::ffff:0:a9fe:a9fe', 80, false],
    ['loopback', '127.0.0.1', 22, false],
    ['loopback, IPv6', '::1', 22, false],
    ['loopback as IPv4 in IPv6', '::ffff:127.0.0.1', 22, false],
    ['link-local', '169.254.169.254', 80, false],
    ['nowhere', '0.0.0.0', 80, false],
    ['a printer beside the lab', '192.168.7.9', 9100, false],
    ['the lab’s own address', '192.168.7.1', 22, false],
    ['a neighbour over IPv6', 'fd00::9', 80, false],
    ['a neighbour with a public IPv6 address', '2001:db8:7::9', 80, false],
    ['a server in the wider IPv6 network of the lab’s provider', '2001:db8:8:1::9', 80, true],
    ['a printer through an IPv6 translator', '64:ff9b::c0a8:709', 9100, false],
    ['loopback through an IPv6 translator', '64:ff9b::7f00:1', 80, false],
    ['a server in the world through an IPv6 translator', '64:ff9b::5db8:d70e', 80, true],
    ['loopback with a zone', '::1%lo', 22, false],
    ['the lab’s own address with a zone', 'fd00::1%eth0', 22, false],
  ])('%s', (_what, ip, port, allowed) => {
    expect(guard()(ip, port).ok).toBe(allowed);
  });

  it('a range that was opened is open, but never the lab’s own ports', () => {
    const opened = guard(['127.0.0.0/8', '192.168.7.0/24']);
    expect(opened('127.0.0.1', 9000)).toEqual({ ok: true });
    expect(opened('192.168.7.9', 9100)).toEqual({ ok: true });
    expect(opened('127.0.0.1', 8080)).toEqual({ ok: false, why: 'this is the lab itself' });
    expect(opened('192.168.7.1', 8081)).toEqual({ ok: false, why: 'this is the lab itself' });
  });

  it('an address that turned out to be this machine is one, whatever the interfaces say', () => {
    const opened = guard(['10.9.0.0/16']);
    expect(opened('10.9.8.1', 8081)).toEqual({ ok: true });
    expect(opened('10.9.8.1', 8081, true)).toEqual({ ok: false, why: 'this is the lab itself' });
    expect(opened('10.9.8.1', 9000, true)).toEqual({ ok: true });
    expect(guard()('10.9.8.1', 9000, true).ok).toBe(false);
  });

  it('while the system cannot tell its interfaces, what was known before stands', () => {
    let isTelling = true;
    const interfaces = (): string[] => {
      if (!isTelling) throw new Error('too many open files');
      return own;
    };
    const decide = createDestinationGuard({ allowDestinations: [], ownPorts: () => [], now: () => time, interfaces });
    expect(decide('192.168.7.9', 80).ok).toBe(false);
    isTelling = false;
    time += 6000;
    expect(decide('192.168.7.9', 80).ok).toBe(false);
    expect(decide('93.184.215.14', 80).ok).toBe(true);
  });

  it('interfaces are looked at again when the clock was set back', () => {
    time = 1_000_000;
    const decide = guard();
    expect(decide('2001:db8:9::9', 80).ok).toBe(true);
    own = [...own, '2001:db8:9::1/64'];
    time = 0;
    expect(decide('2001:db8:9::9', 80).ok).toBe(false);
  });

  it('interfaces that come later are noticed', () => {
    const decide = guard();
    expect(decide('2001:db8:9::9', 80).ok).toBe(true);
    own = [...own, '2001:db8:9::1/64'];
    time += 6000;
    expect(decide('2001:db8:9::9', 80).ok).toBe(false);
  });

  it('a flag that is no range says so', () => {
    expect(() => parseRanges(['nonsense'], '--allow-clients')).toThrow(/--allow-clients nonsense/);
  });
});
