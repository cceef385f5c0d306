import { beforeEach, describe, expect, it } from 'vitest';
import type { PinState } from '../../src/model/pin.ts';
import { createPins, type Pins, SILENT } from '../../src/wire/pins.ts';

const HOUR = 3_600_000;
let time = 0;
let pins: Pins;
let changes: PinState[];
beforeEach(() => {
  time = 1_000_000;
  changes = [];
  pins = createPins({ now: () => time, passMs: HOUR, onChange: (state) => changes.push(state) });
});
const reject = (times: number, how = 'unknown_ca') => {
  for (let n = 0; n < times; n++) pins.rejected('phone', 'pin.test', how);
};
const passes = () => pins.decide('phone', 'pin.test').passthrough;

describe('an app that refuses the certificate', () => {
  it('is intercepted twice more and passed through after the third time', () => {
    const counts: number[] = [];
    for (let n = 0; n < 3; n++) {
      expect(passes()).toBe(false);
      counts.push(pins.rejected('phone', 'pin.test', 'unknown_ca'));
    }
    expect(counts).toEqual([1, 2, 3]);
    expect(passes()).toBe(true);
    expect(pins.decide('phone', 'pin.test').reason).toBe("the app refused the lab's certificate (unknown_ca)");
  });

  it('is told apart by device and by name, whatever the case of the name', () => {
    reject(3);
    expect(pins.decide('phone', 'PIN.test').passthrough).toBe(true);
    expect(pins.decide('other', 'pin.test').passthrough).toBe(false);
    expect(pins.decide('phone', 'other.test').passthrough).toBe(false);
  });

  it('is probed by one connection when the time is over, while the others go on', () => {
    reject(3);
    time += HOUR;
    expect([passes(), passes(), passes()]).toEqual([false, true, true]);
    expect(pins.list()).toMatchObject([{ state: 'probing' }]);
    // The probe was refused: passed through again, for as long again.
    reject(1);
    expect(passes()).toBe(true);
    time += HOUR - 1;
    expect(passes()).toBe(true);
    time += 1;
    expect(passes()).toBe(false);
  });

  it('is probed anew when a probe told nothing', () => {
    reject(3);
    time += HOUR;
    expect(passes()).toBe(false);
    time += 30_000;
    expect(passes()).toBe(false);
  });

  it('is intercepted again when the probe is accepted', () => {
    reject(3);
    time += HOUR;
    passes();
    pins.accepted('phone', 'pin.test');
    expect(passes()).toBe(false);
    expect(pins.list()).toMatchObject([{ state: 'watching', rejections: 0 }]);
  });

  it('starts from nothing when its rejections are old', () => {
    reject(2);
    time += 25 * HOUR;
    expect(pins.rejected('phone', 'pin.test', 'unknown_ca')).toBe(1);
  });
});

describe('silent closes', () => {
  it('count, because some apps pin without an alert', () => {
    reject(3, SILENT);
    expect(passes()).toBe(true);
  });

  it('are taken back by one connection that works: they were spare connections', () => {
    reject(2, SILENT);
    pins.accepted('phone', 'pin.test');
    time += HOUR;
    expect(pins.rejected('phone', 'pin.test', SILENT)).toBe(1);
  });

  it('do not count while another connection worked a moment ago: a browser opens two and keeps one', () => {
    pins.accepted('phone', 'pin.test');
    expect(pins.rejected('phone', 'pin.test', SILENT)).toBe(0);
    expect(pins.rejected('other', 'pin.test', SILENT)).toBe(1);
    expect(pins.rejected('phone', 'pin.test', 'unknown_ca')).toBe(1);
    time += 600_000;
    expect(pins.rejected('phone', 'pin.test', SILENT)).toBe(2);
  });

  it('leave the alerts counted when another app of the phone accepts', () => {
    reject(2);
    pins.accepted('phone', 'pin.test');
    reject(1);
    expect(passes()).toBe(true);
  });
});

describe('the operator', () => {
  it('decides before anything that was counted', () => {
    pins.override('phone', 'pin.test', 'always');
    expect(passes()).toBe(true);
    pins.override('phone', 'pin.test', 'never');
    reject(5);
    expect(passes()).toBe(false);
    pins.override('phone', 'pin.test', 'auto');
    expect(passes()).toBe(true);
  });

  it('sees every state, and a store hears every change', () => {
    reject(1);
    pins.override('phone', 'own.test', 'never');
    expect(pins.list()).toMatchObject([
      { device: 'phone', name: 'own.test', override: 'never', state: 'watching', how: null, until: null },
      { device: 'phone', name: 'pin.test', override: 'auto', state: 'watching', rejections: 1, how: 'unknown_ca' },
    ]);
    expect(changes).toHaveLength(2);
  });

  it('finds the states of an earlier run again', () => {
    reject(3);
    pins.override('phone', 'own.test', 'never');
    const again = createPins({ now: () => time, initial: pins.list() });
    expect(again.decide('phone', 'pin.test').passthrough).toBe(true);
    expect(again.list()).toEqual(expect.arrayContaining(pins.list()));
  });
});
