import { describe, expect, it } from 'vitest';
import { createPolicy } from '../../src/lab/policy.ts';
import { text } from '../../src/model/text.ts';
import { createPins, type Pins } from '../../src/wire/pins.ts';
import { createTrustTests } from '../../src/wire/trust-tests.ts';

function policy() {
  const now = () => 1000;
  const pins = createPins({ now });
  const trustTests = createTrustTests({ now, newId: () => 'test-1' });
  const made = createPolicy({
    allowClients: [],
    allowDestinations: [],
    ownPorts: () => [8080],
    pins,
    trustTests,
    now,
  });
  return { ...made, pins, trustTests };
}

const refuse = (pins: Pins) =>
  void pins.failed('phone-1', 'app.example.com', { kind: 'refused', how: 'unknown_ca', untrusted: false });

const about = {
  host: 'app.example.com',
  port: 443,
  sni: 'app.example.com',
  deviceId: 'phone-1',
  clientIp: '10.0.0.2',
  arrival: 'http-connect',
  isTls: true,
} as const;

describe('what happens to a connection', () => {
  it('is decided by who calls: phones of private networks are served, strangers are not', () => {
    const { admit } = policy();
    expect(admit('192.168.1.20')).toBe(true);
    expect(admit('203.0.113.7')).toBe(false);
  });

  it('is decided by where it leads: not to the lab itself, not to this machine', () => {
    const { mayConnect } = policy();
    expect(mayConnect('127.0.0.1', 8080)).toMatchObject({ ok: false, why: text('treated.lab') });
    expect(mayConnect('127.0.0.1', 80)).toMatchObject({ ok: false });
    expect(mayConnect('203.0.113.7', 443)).toEqual({ ok: true });
  });

  it('is reading it, when nobody decided otherwise', () => {
    expect(policy().decide(about)).toEqual({ treatment: 'intercept', reason: null });
  });

  it('is passing it through, with the reason, once the app has refused the lab often enough, and for this app alone', () => {
    const { decide, pins } = policy();
    for (let i = 0; i < 3; i++) refuse(pins);
    expect(decide(about)).toMatchObject({
      treatment: 'passthrough',
      cause: 'no-certificate',
      reason: text('pass.no-certificate', { proof: text('proof.alert', { how: 'unknown_ca', times: 3 }) }),
    });
    expect(decide({ ...about, sni: 'other.example.com' }).treatment).toBe('intercept');
    expect(decide({ ...about, deviceId: 'phone-2' }).treatment).toBe('intercept');
    // What is said in clear needs no certificate.
    expect(decide({ ...about, isTls: false }).treatment).toBe('intercept');
  });

  it('is a test where the operator asked for one, once, also of an app that is passed through', () => {
    const { decide, pins, trustTests } = policy();
    for (let i = 0; i < 3; i++) refuse(pins);
    trustTests.request({ device: 'phone-1', name: 'app.example.com', test: 'expired' });
    expect(decide({ ...about, isTls: false }).test).toBeUndefined();
    expect(decide(about)).toMatchObject({ treatment: 'intercept', test: { id: 'test-1', test: 'expired' } });
    expect(decide(about)).toMatchObject({ treatment: 'passthrough' });
  });

  it('is asked by name, or by the host where the phone names none; by address for a phone nobody registered', () => {
    const { decide, pins } = policy();
    pins.override('10.0.0.2', 'app.example.com', 'always');
    expect(decide({ ...about, deviceId: null, sni: null })).toMatchObject({
      treatment: 'passthrough',
      reason: text('pass.operator'),
    });
  });
});
