import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attribute, type Clues } from '../../src/attribution/attributor.ts';
import { parseSignatures } from '../../src/attribution/signatures.ts';

const signatures = parseSignatures(
  readFileSync(new URL('../../src/attribution/signatures.yaml', import.meta.url), 'utf8'),
);
const clues = (headers: Record<string, string> = {}, rest: Partial<Clues> = {}): Clues => ({
  headers: new Map(Object.entries(headers)),
  host: null,
  ja4: null,
  ...rest,
});
const nameOf = (given: Clues) => attribute(given, signatures)?.name ?? null;

describe('headers', () => {
  it.each([
    ['a package name in X-Requested-With', { 'x-requested-with': 'com.example.shop' }, 'com.example.shop'],
    ['a script library in the same field is no package', { 'x-requested-with': 'XMLHttpRequest' }, null],
    ['words with a dot are no package', { 'x-requested-with': 'v1.2 beta' }, null],
    ['a number in it may be the phone’s own', { 'x-requested-with': 'com.example.i490154203237518' }, null],
    ['the package of a Google API client', { 'x-android-package': 'com.example.maps' }, 'com.example.maps'],
    ['Crashlytics', { 'x-crashlytics-api-client-type': 'android' }, 'Firebase Crashlytics'],
    [
      'Crashlytics with the package of its app',
      { 'x-crashlytics-api-client-type': 'android', 'x-android-package': 'com.example.maps' },
      'Firebase Crashlytics in com.example.maps',
    ],
    [
      'Sentry',
      { 'x-sentry-auth': 'Sentry sentry_version=7, sentry_client=sentry.java.android/6.1' },
      'Sentry (sentry.java.android)',
    ],
    ['Adjust', { 'client-sdk': 'android4.33.0' }, 'Adjust'],
    ['Adjust inside Unity', { 'client-sdk': 'unity4.33.0@android4.33.0' }, 'Adjust'],
    ['another SDK’s field of the same name', { 'client-sdk': 'mine' }, null],
  ])('%s', (_what, headers, name) => {
    expect(nameOf(clues(headers as unknown as Record<string, string>))).toBe(name);
  });
});

describe('User-Agent', () => {
  it.each([
    ['okhttp/4.12.0', 'an app using OkHttp 4.12.0'],
    [
      'Dalvik/2.1.0 (Linux; U; Android 9; Nokia 7 plus Build/PPR1.180610.011)',
      "an app or system service on Nokia 7 plus (Android's own client)",
    ],
    ['Dalvik/2.1.0 (Linux; U; Android 13; SM-A137F)', "an app or system service on SM-A137F (Android's own client)"],
    ['com.google.android.youtube/17.36.4 (Linux; U; Android 12; GB) gzip', 'com.google.android.youtube'],
    ['FBAndroidSDK.16.0.0', 'Facebook SDK'],
    ['Android-Finsky/30.2 (versionCode=83021810)', 'Google Play Store'],
    ['MyApp/3 CFNetwork/1410.0.3 Darwin/22.6.0', 'MyApp'],
    ['Dart/3.1 (dart:io)', 'an app made with Flutter'],
    [
      'Mozilla/5.0 (Linux; Android 13; SM-A137F; wv) AppleWebKit/537.36 Version/4.0 Chrome/116.0 Mobile Safari/537.36',
      "an app's web view",
    ],
    [
      'Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36',
      'Chrome or a browser made from it',
    ],
    [
      'Mozilla/5.0 (Linux; Android 9) AppleWebKit/537.36 Chrome/71.0 Mobile Safari/537.36 XiaoMi/MiuiBrowser/12.2',
      'Mi Browser',
    ],
    ['something nobody knows', null],
    ['', null],
  ])('%s', (agent, name) => {
    expect(nameOf(clues({ 'user-agent': agent }))).toBe(name);
  });

  it('is cut before it is searched', () => {
    expect(nameOf(clues({ 'user-agent': `${' '.repeat(600)}Firefox/1` }))).toBeNull();
  });
});

describe('host and fingerprint', () => {
  it.each([
    ['app-measurement.com', 'Google Analytics for Firebase'],
    ['region1.APP-MEASUREMENT.com', 'Google Analytics for Firebase'],
    ['not-app-measurement.com', null],
    ['zzhc.vnet.cn', "China Telecom's self-registration"],
    ['vnet.cn', null],
    ['example.com', null],
    ['', null],
  ])('%s', (host, name) => {
    expect(nameOf(clues({}, { host }))).toBe(name);
  });

  it('a TLS fingerprint counts only where nothing else is known', () => {
    const ja4 = 't13d3112h2_e8f1e7e78f70_b26ce05bbdd6';
    expect(attribute(clues({}, { ja4 }), signatures)).toMatchObject({
      name: 'curl',
      reason: 'its TLS fingerprint is known.',
      evidence: 'ja4',
    });
    expect(nameOf(clues({ 'user-agent': 'okhttp/4.1' }, { ja4 }))).toBe('an app using OkHttp 4.1');
  });
});

describe('several hints', () => {
  it('an app in a header, an SDK by its host and a library: the SDK in the app, with both places', () => {
    const given = clues(
      { 'x-requested-with': 'com.example.shop', 'user-agent': 'okhttp/4.9' },
      { host: 'app.adjust.com' },
    );
    expect(attribute(given, signatures)).toMatchObject({
      name: 'Adjust in com.example.shop',
      reason: 'the field x-requested-with names com.example.shop; adjust.com is where Adjust reports to.',
      evidence: 'header:x-requested-with, host',
    });
  });

  it('an SDK by its host is worth more than the library that made the request', () => {
    expect(nameOf(clues({ 'user-agent': 'okhttp/4.9' }, { host: 'api2.branch.io' }))).toBe('Branch');
  });
});

it('anything at all in a header, host or fingerprint: a hint or none, never an exception, never slow', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...signatures.headers.keys(), 'user-agent'), fc.string({ maxLength: 2000 })),
      fc.string(),
      (headers, host) => {
        const found = attribute(clues(headers, { host, ja4: host }), signatures);
        if (found) expect(found.name.length).toBeLessThan(400);
      },
    ),
  );
});

describe('the table', () => {
  const entry = (changes: object) => JSON.stringify({ headers: [], agents: [], hosts: [], ja4: [], ...changes });
  it.each([
    [
      'an entry without a source',
      { hosts: [{ host: 'a.test', name: 'A', kind: 'sdk' }] },
      'hosts[0]: source is missing',
    ],
    ['a kind nobody knows', { ja4: [{ ja4: 'x', name: 'A', kind: 'virus', source: 's' }] }, 'ja4[0]: kind virus'],
    [
      'a host twice',
      { hosts: [1, 2].map(() => ({ host: 'a.test', name: 'A', kind: 'sdk', source: 's' })) },
      'a.test stands there twice',
    ],
    ['a list that is none', { agents: null }, 'agents is no list'],
  ])('refuses %s', (_what, changes, message) => {
    expect(() => parseSignatures(entry(changes))).toThrow(message);
  });
});
