/** Which name stands behind an address, per phone, with bounds and a clock of the test's own. */
import { describe, expect, it } from 'vitest';
import { createDnsHistory } from '../../../src/lan/dns/history.ts';

function history(macs: Record<string, string> = {}) {
  const clock = { now: 1_000_000 };
  return { clock, ...createDnsHistory({ now: () => clock.now, phoneOf: (ip) => macs[ip] ?? null }) };
}

describe('the name behind an address', () => {
  it('is the one this phone asked for last', () => {
    const { learn, nameOf } = history();
    learn('10.77.0.2', 'a.example', ['42.62.48.10'], 60);
    learn('10.77.0.2', 'B.Example', ['42.62.48.10', '42.62.48.11'], 60);
    learn('10.77.0.3', 'other.example', ['42.62.48.10'], 60);
    expect(nameOf('10.77.0.2', '42.62.48.10')).toBe('b.example');
    expect(nameOf('10.77.0.3', '42.62.48.10')).toBe('other.example');
    expect(nameOf('10.77.0.4', '42.62.48.10')).toBeNull();
  });

  it('outlives a short TTL by ten minutes in all, and a long one by no more than a day', () => {
    const { learn, nameOf, clock } = history();
    learn('10.77.0.2', 'short.example', ['42.62.48.10'], 1);
    learn('10.77.0.2', 'long.example', ['42.62.48.11'], 1_000_000);
    clock.now += 9 * 60_000;
    expect(nameOf('10.77.0.2', '42.62.48.10')).toBe('short.example');
    clock.now += 2 * 60_000;
    expect(nameOf('10.77.0.2', '42.62.48.10')).toBeNull();
    clock.now += 24 * 3_600_000;
    expect(nameOf('10.77.0.2', '42.62.48.11')).toBeNull();
  });

  it('is known over IPv6 when the phone asked over IPv4', () => {
    const { learn, nameOf } = history({ '10.77.0.2': '02:00:5e:10:00:01', 'fd77::2': '02:00:5e:10:00:01' });
    learn('10.77.0.2', 'six.example', ['2400:da00::6666'], 60);
    expect(nameOf('fd77::2', '2400:da00::6666')).toBe('six.example');
  });

  it('is kept for the newest 2,000 addresses of a phone', () => {
    const { learn, nameOf } = history();
    for (let index = 0; index < 2001; index++)
      learn('10.77.0.2', `n${index}.example`, [`10.${index >> 8}.${index & 255}.1`], 60);
    expect(nameOf('10.77.0.2', '10.0.0.1')).toBeNull();
    expect(nameOf('10.77.0.2', '10.0.1.1')).toBe('n1.example');
  });
});
