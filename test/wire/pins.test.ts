import { beforeEach, describe, expect, it } from 'vitest';
import type { PinState } from '../../src/model/pin.ts';
import { text } from '../../src/model/text.ts';
import { createPins, type Failure, type Pins, RESET, SILENT } from '../../src/wire/pins.ts';

const MINUTE = 60_000;
let time = 0;
let pins: Pins;
let changes: PinState[];
beforeEach(() => {
  time = 1_000_000;
  changes = [];
  pins = createPins({ now: () => time, trusting: ['phone'], onChange: (state) => changes.push(state) });
});
const refusal = (how: string, untrusted = false): Failure => ({ kind: 'refused', how, untrusted });
const fail = (failure: Failure, device = 'phone') => pins.failed(device, 'pin.test', failure);
const alert = (device = 'phone') => fail(refusal('unknown_ca'), device);
const silence = () => fail(refusal(SILENT));
const decide = () => pins.decide('phone', 'pin.test');
const passes = () => decide().passthrough;
/** How many are passed before one is intercepted; that one is included. */
const passesBeforeProbe = () => {
  let count = 0;
  while (count < 5000 && passes()) count++;
  return count;
};

describe('an app that refuses the certificate with an alert', () => {
  it('is intercepted twice more and passed through after the third time, with the proof', () => {
    const counts: number[] = [];
    for (let n = 0; n < 3; n++) {
      expect(passes()).toBe(false);
      counts.push(alert().count);
    }
    expect(counts).toEqual([1, 2, 3]);
    expect(decide()).toMatchObject({
      passthrough: true,
      cause: 'pinned',
      watched: false,
      reason: text('pass.pinned', { proof: text('proof.alert', { how: 'unknown_ca', times: 3 }) }),
    });
  });

  it('is told once: further alerts prove nothing new', () => {
    alert();
    alert();
    expect(alert().proven).toMatchObject({ cause: 'pinned' });
    passesBeforeProbe();
    expect(alert().proven).toBeNull();
  });

  it('is told apart by device and by name, whatever the case of the name', () => {
    for (let n = 0; n < 3; n++) alert();
    expect(pins.decide('phone', 'PIN.test').passthrough).toBe(true);
    expect(pins.decide('other', 'pin.test').passthrough).toBe(false);
    expect(pins.decide('phone', 'other.test').passthrough).toBe(false);
  });

  it('is passed through for 2, 4, 8 … connections, each time after one that was refused', () => {
    for (let n = 0; n < 3; n++) alert();
    const runs = [passesBeforeProbe()];
    for (let n = 0; n < 3; n++) {
      alert();
      runs.push(passesBeforeProbe());
    }
    expect(runs).toEqual([2, 4, 8, 16]);
  });

  it('is passed through for ten minutes at most', () => {
    for (let n = 0; n < 3; n++) alert();
    time += 10 * MINUTE - 1;
    expect(passes()).toBe(true);
    time += 1;
    expect(passes()).toBe(false);
  });

  it('is probed by one connection, while the others go on for half a minute', () => {
    for (let n = 0; n < 3; n++) alert();
    passesBeforeProbe();
    expect(pins.list()).toMatchObject([{ state: 'probing' }]);
    expect([passes(), passes()]).toEqual([true, true]);
    time += 30_000;
    expect(passes()).toBe(false);
  });

  it('is intercepted again as soon as one intercepted connection carries data', () => {
    for (let n = 0; n < 3; n++) alert();
    passesBeforeProbe();
    pins.accepted('phone', 'pin.test');
    expect(passes()).toBe(false);
    expect(pins.list()).toMatchObject([{ state: 'watching', rejections: 0, cause: null, proof: null, passes: 0 }]);
  });

  it('keeps its count when another app of the phone accepts meanwhile', () => {
    alert();
    alert();
    pins.accepted('phone', 'pin.test');
    expect(alert().proven).not.toBeNull();
  });

  it('starts from nothing when its alerts are a day old', () => {
    alert();
    alert();
    time += 25 * 60 * MINUTE;
    expect(alert().count).toBe(1);
  });
});

describe('a phone that never trusted the certificate', () => {
  it('lacks it: the app is not called pinned', () => {
    for (let n = 0; n < 3; n++) alert('other');
    expect(pins.decide('other', 'pin.test')).toMatchObject({
      passthrough: true,
      cause: 'no-certificate',
      reason: text('pass.no-certificate', { proof: text('proof.alert', { how: 'unknown_ca', times: 3 }) }),
    });
  });

  it('is intercepted everywhere as soon as it trusts on any name', () => {
    for (let n = 0; n < 3; n++) alert('other');
    pins.accepted('other', 'phonehome.lab');
    expect(pins.decide('other', 'pin.test').passthrough).toBe(false);
  });
});

describe('silent closes', () => {
  it('pass the next connection only, and prove nothing by themselves', () => {
    for (let n = 0; n < 30; n++) {
      expect(decide()).toEqual({ passthrough: false });
      silence();
      expect(decide()).toMatchObject({ passthrough: true, cause: 'silent', watched: true });
      expect(pins.passed('phone', 'pin.test', false)).toBeNull();
    }
    expect(pins.list()).toMatchObject([{ state: 'watching', cause: null }]);
  });

  it('and data on the connection that was passed through, twice running, are proof', () => {
    silence();
    passes();
    expect(pins.passed('phone', 'pin.test', true)).toBeNull();
    expect(passes()).toBe(false);
    silence();
    passes();
    expect(pins.passed('phone', 'pin.test', true)).toMatchObject({ cause: 'pinned' });
    expect(decide()).toMatchObject({ passthrough: true, watched: false });
    expect(pins.list()[0]?.proof).toBe('silent when intercepted, with data when passed through, 2 times running');
  });

  it('twice, but not running, are none', () => {
    for (const spoke of [true, false, true]) {
      silence();
      passes();
      expect(pins.passed('phone', 'pin.test', spoke)).toBeNull();
    }
    silence();
    pins.accepted('phone', 'pin.test');
    expect(passes()).toBe(false);
  });

  it('confirm what silence had proven, when one tries again', () => {
    for (let n = 0; n < 2; n++) {
      silence();
      passes();
      pins.passed('phone', 'pin.test', true);
    }
    expect(passesBeforeProbe()).toBe(2);
    silence();
    expect(passesBeforeProbe()).toBe(4);
  });

  it('of one that tries again confirm no alert: one connection passes, then the next tries', () => {
    for (let n = 0; n < 3; n++) alert();
    expect(passesBeforeProbe()).toBe(2);
    silence();
    expect(passesBeforeProbe()).toBe(1);
    alert();
    expect(passesBeforeProbe()).toBe(4);
  });

  it('beside a connection that worked a moment ago is a spare one of a browser: one, so that a pinned app works at the third try', () => {
    pins.accepted('phone', 'pin.test');
    expect(silence().count).toBe(0);
    expect(passes()).toBe(false);
    expect(silence().count).toBe(1);
    expect(passes()).toBe(true);
  });
});

describe('resets after a whole handshake', () => {
  const reset = () => fail(refusal(RESET));

  it('are a bad network, until an app has done nothing else three times: then one passes, and data twice is proof', () => {
    for (let n = 0; n < 2; n++) {
      expect(reset().count).toBe(0);
      expect(passes()).toBe(false);
    }
    reset();
    expect(decide()).toMatchObject({ passthrough: true, cause: 'silent', watched: true });
    expect(pins.passed('phone', 'pin.test', true)).toBeNull();
    expect(passes()).toBe(false);
    reset();
    expect(passes()).toBe(true);
    expect(pins.passed('phone', 'pin.test', true)).toMatchObject({ cause: 'pinned' });
    expect(pins.list()[0]?.proof).toContain('reset after the whole handshake');
  });

  it('prove nothing where the app worked lately, however many', () => {
    pins.accepted('phone', 'pin.test');
    for (let n = 0; n < 30; n++) {
      reset();
      expect(passes()).toBe(false);
    }
    expect(pins.list()).toEqual([]);
  });

  it('on a network that is bad for everything pass one connection in two at most, and prove nothing', () => {
    for (let n = 0; n < 30; n++) {
      reset();
      if (passes()) expect(pins.passed('phone', 'pin.test', false)).toBeNull();
    }
    expect(pins.list()).toMatchObject([{ state: 'watching', cause: null }]);
  });
});

describe('an app that knows a certificate the lab cannot verify', () => {
  it('is passed through after refusing the untrusted copy three times, in a book of its own', () => {
    fail(refusal('unknown_ca', true));
    alert();
    fail(refusal('unknown_ca', true));
    expect(passes()).toBe(false);
    expect(fail(refusal('unknown_ca', true))).toMatchObject({ count: 3, proven: { cause: 'own-root' } });
    expect(decide()).toMatchObject({ cause: 'own-root' });
  });
});

describe('other failures', () => {
  it('a server that asks for a certificate: the next connection is passed through at once', () => {
    expect(fail({ kind: 'client-certificate' }).proven).toMatchObject({ cause: 'client-certificate' });
    expect(decide()).toMatchObject({
      cause: 'client-certificate',
      reason: text('pass.client-certificate'),
    });
  });

  it('TLS that fails passes the next connection, and is proof when that carries data twice running', () => {
    for (let n = 0; n < 2; n++) {
      expect(passes()).toBe(false);
      fail({ kind: 'server-tls', how: text('ended.code', { code: 'ECONNRESET' }) });
      expect(decide()).toMatchObject({ passthrough: true, cause: 'server-tls', watched: true });
      pins.passed('phone', 'pin.test', true);
    }
    expect(decide()).toMatchObject({ cause: 'server-tls', watched: false });
  });

  it('of a server that is broken for everybody is no proof', () => {
    for (let n = 0; n < 5; n++) {
      expect(passes()).toBe(false);
      fail({ kind: 'server-tls', how: text('ended.code', { code: 'ECONNRESET' }) });
      passes();
      pins.passed('phone', 'pin.test', false);
    }
  });
});

describe('the operator', () => {
  it('decides before anything that was counted', () => {
    pins.override('phone', 'pin.test', 'always');
    expect(decide()).toMatchObject({ passthrough: true, cause: 'operator' });
    pins.override('phone', 'pin.test', 'never');
    for (let n = 0; n < 5; n++) alert();
    expect(passes()).toBe(false);
    pins.override('phone', 'pin.test', 'auto');
    expect(passes()).toBe(true);
  });

  it('sees every state, and a store hears every change', () => {
    alert();
    pins.override('phone', 'own.test', 'never');
    expect(pins.list()).toMatchObject([
      { device: 'phone', name: 'own.test', override: 'never', state: 'watching', how: null, until: null },
      { device: 'phone', name: 'pin.test', override: 'auto', state: 'watching', rejections: 1, how: 'unknown_ca' },
    ]);
    expect(changes).toHaveLength(2);
  });

  it('finds the states of an earlier run again, with cause and proof', () => {
    for (let n = 0; n < 3; n++) alert();
    pins.override('phone', 'own.test', 'never');
    const again = createPins({ now: () => time, initial: pins.list() });
    expect(again.list()).toEqual(expect.arrayContaining(pins.list()));
    expect(again.decide('phone', 'pin.test')).toMatchObject({ passthrough: true, cause: 'pinned' });
  });

  it('finds those of a lab that counted otherwise', () => {
    const old = { device: 'phone', name: 'pin.test', override: 'auto', state: 'pinned', rejections: 3 };
    const kept = [{ ...old, how: 'silent-close', since: 1, until: time - 1 }] as unknown as PinState[];
    const again = createPins({ now: () => time, initial: kept });
    // The time is over: it tries again at once.
    expect(again.decide('phone', 'pin.test').passthrough).toBe(false);
  });
});

describe('the lab’s own name', () => {
  it('is never passed through, however often it is refused, and what is read there says that the phone has the certificate', () => {
    pins = createPins({ now: () => time, isOwn: (name) => name === 'phonehome.lab' });
    for (let n = 0; n < 9; n++) {
      expect(pins.failed('new', 'phonehome.lab', refusal('unknown_ca'))).toEqual({ count: 1, proven: null });
      expect(pins.decide('new', 'phonehome.lab').passthrough).toBe(false);
    }
    expect(pins.list()).toEqual([]);
    for (let n = 0; n < 3; n++) alert('new');
    expect(pins.decide('new', 'pin.test')).toMatchObject({ cause: 'no-certificate' });
    pins.accepted('new', 'phonehome.lab');
    expect(pins.decide('new', 'pin.test').passthrough).toBe(false);
  });
});
