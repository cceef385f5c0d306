/**
 * The values of a head are looked through at once, and only those in which something may be one by one: nobody may be able
 * to tell. New ways to find something must be asked for in head-text.ts as well, which these tests notice.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RULES, Meter } from '../../src/inspect/budget.ts';
import { CleanValues } from '../../src/inspect/clean-values.ts';
import { LatestHead } from '../../src/inspect/latest-head.ts';
import { DEFAULT_LIMITS } from '../../src/inspect/limits.ts';
import { searchPiece } from '../../src/inspect/request-places.ts';
import { Scope } from '../../src/inspect/scope.ts';
import { prepareKnown } from '../../src/inspect/search/known.ts';
import { Names } from '../../src/inspect/structure/names.ts';
import { registry } from '../../src/kinds/registry.ts';
import type { InspectEvent, Token } from '../../src/model/identifier.ts';
import { labPhone } from './lab-phone.ts';

type Header = [string, string];
const known = prepareKnown(labPhone, registry);

function inScope(isRegistered: boolean, work: (scope: Scope) => void): { events: InspectEvent[]; tokens: Token[] } {
  const events: InspectEvent[] = [];
  const tokens: Token[] = [];
  work(
    new Scope(
      {
        kinds: registry,
        decoders: [],
        limits: DEFAULT_LIMITS,
        judgeImage: null,
        names: new Names(),
        rules: DEFAULT_RULES,
        meter: new Meter(null),
        emit: (event) => events.push(event),
        onToken: (token) => tokens.push(token),
      },
      'f',
      {
        host: 'vendor.example',
        device: isRegistered ? labPhone : null,
        known: isRegistered ? known : null,
        clean: new CleanValues(),
        work: { later: () => undefined },
      },
      1,
    ),
  );
  return { events, tokens };
}

function expectSame(target: string, headers: Header[]): void {
  for (const isRegistered of [true, false]) {
    const oneByOne = inScope(isRegistered, (scope) => {
      searchPiece(scope, null, target);
      for (const [name, value] of headers) searchPiece(scope, name, value);
    });
    expect(inScope(isRegistered, (scope) => new LatestHead().search(scope, target, headers, null))).toEqual(oneByOne);
  }
}

const sha1 = (text: string): Buffer => createHash('sha1').update(text).digest();
/** With one byte, so that it stays printable. */
const xored = (text: string): string => Buffer.from(Buffer.from(text).map((byte) => byte ^ 0x07)).toString('latin1');
/** What stands for something: registered values as they are written, and what shapes are tried on. */
const TELLING = [
  ...registry.flatMap((kind) => kind.spell(labPhone).map(({ text }) => text)),
  ...registry.flatMap(({ vectors }) => vectors.map(({ text }) => text)),
].filter((text) => /^[\x20-\x7e]{1,300}$/.test(text));
const telling = fc.constantFrom(...TELLING);
const written = fc.oneof(
  telling,
  telling.map((text) => Buffer.from(text).toString('base64')),
  telling.map((text) => Buffer.from(text).toString('hex')),
  telling.map((text) => sha1(text).toString('hex')),
  telling.map((text) => sha1(text).toString('base64url').slice(0, 20)),
  telling.map((text) => xored(text.slice(0, 40))),
  telling.map((text) => encodeURIComponent(text)),
);
const dull = fc.constantFrom(
  ...['v2', 'events', 'true', 'wOFF', 'a=b', '1700000000000', 'okhttp/4.12.0', 'max-age=0', 'x^zlib-like', '{"a":1}'],
  ...['7c9e6679-7425-40de-944b-e07fc1f90ae7', 'd41d8cd98f00b204e9800998ecf8427e', 'A1b2C3d4E5f6', 'eyJhIjoxfQ=='],
  ...[
    'Weather/4.12.0 (Linux; Android 9; Nokia 7 plus)',
    'k'.repeat(70),
    '+4712345678',
    'name: imei',
    '<key>imei</key>',
    'ssid: HomeNet-5G',
    'serial:R58N30ABCDE',
  ],
);
const noise = fc.string({ unit: fc.constantFrom(...' -_.:+/=~{}@%,;"\\<>0123456789abcdefxyzXYZ'), maxLength: 40 });
const value = fc.oneof(
  written,
  dull,
  noise,
  fc.tuple(dull, written).map(([a, b]) => `${a} ${b}`),
);
const name = fc.constantFrom('x-imei', 'x-id', 'x-tag', 'user-agent', 'accept', 'host', 'id', 'X-Device-Serial');
const word = fc.constantFrom('v2', 'id', 'imei', 'serial', 'value', 'a', 'advertising_identifier_of_it');
const plainly = (text: string): string => text.replace(/[\s?#&;]/g, '_');

describe('a head looked through at once', () => {
  it('says what its values say one by one: fields', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 5 }), (headers) => expectSame('/', headers)),
      { numRuns: 1500 },
    );
  });

  it('says what its values say one by one: path, parameters and cookies', () => {
    const parameter = fc.tuple(word, value).map(([key, text]) => `${key}=${plainly(text)}`);
    const target = fc
      .tuple(fc.array(fc.oneof(word, value.map(plainly)), { maxLength: 3 }), fc.array(parameter, { maxLength: 3 }))
      .map(([path, query]) => `/${path.join('/')}${query.length > 0 ? `?${query.join('&')}` : ''}`);
    const cookie = fc.array(parameter, { maxLength: 3 }).map((all): Header => ['Cookie', all.join('; ')]);
    fc.assert(
      fc.property(target, cookie, (path, cookies) => expectSame(path, [cookies])),
      { numRuns: 1500 },
    );
  });

  it('says what parameters say together', () => {
    for (const query of ['a=21.0278&b=105.8342', 'lat=21.0278&lon=105.8342', 'x=1&y=210278000&z=1058342000'])
      for (const headers of [[], [['Cookie', query.replaceAll('&', '; ')]] as Header[]])
        expectSame(`/?${query}`, headers);
  });

  it('has room for any number of values of any length', () => {
    const many = Array.from(
      { length: 300 },
      (_, n): Header => [`x-${n}`, n === 250 ? '490154203237518' : `value ${n}`],
    );
    expectSame('/', many);
    expectSame(`/${'a'.repeat(5000)}/490154203237518`, [['x-long', `${'b '.repeat(4000)}490154203237518`]]);
    expectSame(`/?${'a=bcde&'.repeat(200)}id=490154203237518`, []);
  });

  it('is clean when it is', () => {
    const { events, tokens } = inScope(true, (scope) =>
      new LatestHead().search(scope, '/v2/events/abc-1x2y3z4w5v?seq=17', [['cookie', 'sid=k3y9Zq7Lm2Xw']], 'a.example'),
    );
    expect(events).toEqual([]);
    expect(tokens.map(({ path, text }) => `${path} ${text}`)).toEqual([
      '[3] abc-1x2y3z4w5v',
      'cookie:sid k3y9Zq7Lm2Xw',
    ]);
  });
});
