/** FAULTS.md: "phone A at its registered address logs in to the proxy as B: its leaks stand under B". */
import { describe, expect, it } from 'vitest';
import { createMatchTable, type LoginConflict, type PhoneMatch } from '../../src/devices/match-table.ts';

const phone = (id: string, match: Partial<PhoneMatch['match']> = {}): PhoneMatch => ({
  id,
  match: { ip: null, mac: null, default: false, ...match },
});
const MAC = '02:00:5e:10:00:01';

function table(phones: PhoneMatch[]) {
  const conflicts: LoginConflict[] = [];
  const matches = createMatchTable({ macOf: (ip) => (ip === '10.0.0.9' ? MAC : null) }, (one) => conflicts.push(one));
  matches.set(phones);
  return {
    conflicts,
    who: (ip: string, proxyUser?: string, peer?: string) => matches.resolve({ ip, proxyUser, peer })?.id,
  };
}

describe('a proxy login', () => {
  it.each([
    ['its address', '10.0.0.1', phone('a', { ip: '10.0.0.1' })],
    ['its MAC address', '10.0.0.9', phone('a', { mac: MAC })],
  ])('of another phone never outranks %s, and is told', (_name, ip, a) => {
    const { who, conflicts } = table([a, phone('b', { ip: '10.0.0.2' })]);
    expect(who(ip, 'b')).toBe('a');
    expect(conflicts).toEqual([{ ip, login: 'b', filed: 'a', other: 'b' }]);
  });

  it('that the operator gave to a phone is that phone at any address, and no conflict', () => {
    const { who, conflicts } = table([phone('a', { ip: '10.0.0.1' }), phone('b', { ip: '10.0.0.2', login: 'b' })]);
    expect([who('10.0.0.1', 'b'), who('10.0.0.7', 'b'), conflicts]).toEqual(['b', 'b', []]);
  });

  it('may be given to a phone although another one is called so', () => {
    const { who } = table([phone('a', { login: 'b' }), phone('b')]);
    expect(who('10.0.0.7', 'b')).toBe('a');
  });

  it('says who it is where no address does, and before the default', () => {
    const { who, conflicts } = table([phone('a'), phone('rest', { default: true })]);
    expect([who('10.0.0.7', 'a'), who('10.0.0.7'), conflicts]).toEqual(['a', 'rest', []]);
  });

  it('its own is no conflict', () => {
    const { who, conflicts } = table([phone('a', { ip: '10.0.0.1' })]);
    expect([who('10.0.0.1', 'a'), who('10.0.0.1', 'nobody'), conflicts]).toEqual(['a', 'a', []]);
  });

  it('never outranks the key of a tunnel', () => {
    const { who } = table([phone('a'), phone('b', { login: 'b' })]);
    expect(who('10.0.0.7', 'b', 'a')).toBe('a');
  });

  it('of a phone of a replay is taken on this machine only', () => {
    const replayed = [phone('replay.a'), phone('me', { ip: '127.0.0.1' }), phone('a', { ip: '10.0.0.1' })];
    const { who, conflicts } = table(replayed);
    expect(who('127.0.0.1', 'replay.a')).toBe('replay.a');
    expect(who('::ffff:127.0.0.1', 'replay.a')).toBe('replay.a');
    expect([who('10.0.0.1', 'replay.a'), who('10.0.0.7', 'replay.a')]).toEqual(['a', undefined]);
    expect(conflicts).toEqual([]);
  });
});
