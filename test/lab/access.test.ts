/** Who may use the lab and where it may connect: pure decisions, no network. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createAdmission, createDestinationGuard, parseRanges } from '../../src/lab/access.ts';
import { text } from '../../src/model/text.ts';
import { DESTINATIONS, OWN } from './destination-table.ts';

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
    own = OWN;
    time = 0;
  });
  const guard = (allowDestinations: string[] = []) =>
    createDestinationGuard({ allowDestinations, ownPorts: () => [8080, 8081], now: () => time, interfaces: () => own });
  it.each(DESTINATIONS)('%s', (_what, ip, port, allowed) => {
    expect(guard()(ip, port).ok).toBe(allowed);
  });

  it('a range that was opened is open, but never the lab’s own ports', () => {
    const opened = guard(['127.0.0.0/8', '192.168.7.0/24']);
    expect(opened('127.0.0.1', 9000)).toEqual({ ok: true });
    expect(opened('192.168.7.9', 9100)).toEqual({ ok: true });
    expect(opened('127.0.0.1', 8080)).toEqual({ ok: false, why: text('treated.lab') });
    expect(opened('192.168.7.1', 8081)).toEqual({ ok: false, why: text('treated.lab') });
  });

  it('an address that turned out to be this machine is one, whatever the interfaces say', () => {
    const opened = guard(['10.9.0.0/16']);
    expect(opened('10.9.8.1', 8081)).toEqual({ ok: true });
    expect(opened('10.9.8.1', 8081, true)).toEqual({ ok: false, why: text('treated.lab') });
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
