import { beforeEach, describe, expect, it } from 'vitest';
import { createTrustTests, type TrustTests } from '../../src/wire/trust-tests.ts';

let time = 0;
let tests: TrustTests;
beforeEach(() => {
  time = 1000;
  let id = 0;
  tests = createTrustTests({ now: () => time, newId: () => `t${++id}` });
});
const ask = (changes: Partial<Parameters<TrustTests['request']>[0]> = {}) =>
  tests.request({ device: 'phone', name: 'App.test', test: 'self-signed', limitMs: 60_000, ...changes });

describe('a trust test', () => {
  it('is given to nobody who was not asked about', () => {
    expect(tests.take('phone', 'app.test')).toBeNull();
    ask();
    expect(tests.take('other', 'app.test')).toBeNull();
    expect(tests.take('phone', 'other.test')).toBeNull();
  });

  it('takes one connection, whatever the case of the name; others of the app go on as usual', () => {
    ask();
    expect(tests.take('phone', 'APP.test')).toMatchObject({ test: 'self-signed', state: 'running' });
    expect(tests.take('phone', 'app.test')).toBeNull();
  });

  it('is over when the app decided', () => {
    const { id } = ask();
    tests.take('phone', 'app.test');
    time = 2000;
    tests.settle(id, { outcome: 'refused', how: 'unknown_ca' });
    expect(tests.list()).toMatchObject([{ state: 'refused', how: 'unknown_ca', decidedAt: 2000 }]);
    expect(tests.take('phone', 'app.test')).toBeNull();
    tests.settle(id, { outcome: 'accepted' });
    expect(tests.list()).toMatchObject([{ state: 'refused' }]);
  });

  it('waits on after a connection that told nothing', () => {
    const { id } = ask();
    tests.take('phone', 'app.test');
    tests.settle(id, { outcome: 'unclear' });
    expect(tests.take('phone', 'app.test')).toMatchObject({ id });
  });

  it('is over when nobody came in time', () => {
    ask();
    time += 60_000;
    expect(tests.take('phone', 'app.test')).toBeNull();
    expect(tests.list()).toMatchObject([{ state: 'expired', decidedAt: 61_000 }]);
  });

  it('is called off, once', () => {
    const { id } = ask();
    expect(tests.cancel(id)).toBe(true);
    expect(tests.cancel(id)).toBe(false);
    expect(tests.take('phone', 'app.test')).toBeNull();
  });

  it('takes the place of one that still waits for the same app', () => {
    ask();
    ask({ test: 'expired' });
    expect(tests.list().map(({ test, state }) => [test, state])).toEqual([
      ['expired', 'waiting'],
      ['self-signed', 'cancelled'],
    ]);
    expect(tests.take('phone', 'app.test')?.test).toBe('expired');
  });

  it('is forgotten when 200 newer ones were asked for', () => {
    for (let n = 0; n < 300; n++) ask({ name: `n${n}.test` });
    expect(tests.list()).toHaveLength(200);
    expect(tests.list()[0]?.name).toBe('n299.test');
  });
});
