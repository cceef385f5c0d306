/** The promise of the alert room: no JSON of an alert holds a registered value, in any spelling or encoding. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAlerter } from '../../src/alert/alerter.ts';
import { looksLikeWords, maskHost, maskLocator, maskUrl } from '../../src/alert/masked-url.ts';
import { createMasking } from '../../src/lab/masking.ts';
import type { Device } from '../../src/model/device.ts';
import type { Kind } from '../../src/model/identifier.ts';
import { CHINA_TELECOM, countingIds, labContext, labFinding, labFlow, NO_PHONE } from './lab-flow.ts';

const VALUES: [Kind, string][] = [
  ['imei', '490154203237518'],
  ['imsi', '001010123456789'],
  ['iccid', '89001000000000000002'],
  ['serial', 'LABSERIAL0001'],
  ['wifi_mac', '02:00:5e:10:00:01'],
  ['phone_number', '+84912345678'],
  ['android_id', '9774d56d682e549c'],
  ['advertising_id', '38400000-8cf0-11bd-b23e-10b96e40000d'],
  ['email', 'lab@example.com'],
  ['location', '21.0278,105.8342'],
  ['ssid', 'LabWiFi'],
  ['contact', 'Canary Nguyen'],
  ['message', 'purple elephant seventeen'],
];

const PHONE: Device = {
  id: 'nokia-7-plus-01',
  model: 'Nokia 7 Plus',
  match: { ip: null, mac: null, default: true },
  identifiers: {
    ...Object.fromEntries(VALUES.slice(0, -2).map(([kind, value]) => [kind, [value]])),
    location: [{ lat: 21.0278, lon: 105.8342, radius_m: 2000 }],
  },
  canaries: {
    contacts: [{ name: 'Canary Nguyen', phone: '+84987654321' }],
    messages: ['purple elephant seventeen'],
    photos: [],
  },
  salts: [],
};
const { secretsOf } = createMasking(() => PHONE);

const sha1 = (text: string) => createHash('sha1').update(text).digest();

const ENCODINGS: Record<string, (value: string) => string> = {
  plain: (v) => v,
  'upper case': (v) => v.toUpperCase(),
  'without separators': (v) => v.replace(/[^0-9a-z]/gi, ''),
  percent: (v) => encodeURIComponent(v),
  'percent on every byte': (v) => Buffer.from(v).toString('hex').replace(/../g, '%$&'),
  base64: (v) => Buffer.from(v).toString('base64'),
  'base64url at another alignment': (v) => Buffer.from(`ab${v}`).toString('base64url'),
  hex: (v) => Buffer.from(v).toString('hex'),
  reversed: (v) => [...v].reverse().join(''),
  'base64 twice': (v) => Buffer.from(Buffer.from(v).toString('base64')).toString('base64'),
  'base64 and a letter': (v) => `${Buffer.from(v).toString('base64').replaceAll('=', '')}k`,
  base32: (v) => base32(Buffer.from(v)),
  'base32 of the bytes of hex digits': (v) =>
    /^[0-9a-f:-]{12,}$/.test(v) ? base32(Buffer.from(v.replaceAll(/[:-]/g, ''), 'hex')) : v,
  'base 36': (v) => numberOf(v)?.toString(36) ?? v,
  'hex of the number': (v) => (/^\d{10,}$/.test(v) ? BigInt(v).toString(16) : v),
  rot13: (v) => v.replace(/[a-z]/gi, (c) => String.fromCharCode(c.charCodeAt(0) + (c.toLowerCase() < 'n' ? 13 : -13))),
  'sha-1 hex': (v) => sha1(v).toString('hex'),
  'sha-1 cut to 16 base64url characters': (v) => sha1(v).toString('base64url').slice(0, 16),
};

/** RFC 4648 without padding. */
function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(Number.parseInt(five.padEnd(5, '0'), 2)))
    .join('');
}

/** Of digits, and of an address of hex digits. */
function numberOf(value: string): bigint | null {
  if (/^\d{10,}$/.test(value)) return BigInt(value);
  const digits = value.replaceAll(/[:-]/g, '');
  return /^(?:[0-9a-f]{12}|[0-9a-f]{16})$/.test(digits) ? BigInt(`0x${digits}`) : null;
}

const PLACES: Record<string, (text: string) => { target: string; authority: string; path: string | null }> = {
  'a path segment': (t) => ({ target: `/pass/activate/dev/${t}/activating`, authority: 'api.example', path: '[3]' }),
  'a path segment the finding does not point at': (t) => ({
    target: `/v3/${t}.json`,
    authority: 'api.example',
    path: '$.a',
  }),
  'a query value': (t) => ({ target: `/r?type=MXPH&externalId=${t}`, authority: 'api.example', path: 'externalId' }),
  'a query name': (t) => ({ target: `/r?${t}=1`, authority: 'api.example', path: t }),
  'a query without a name': (t) => ({ target: `/r?${t}`, authority: 'api.example', path: null }),
  'a fragment': (t) => ({ target: `/r#${t}`, authority: 'api.example', path: null }),
  'a matrix parameter': (t) => ({ target: `/r;id=${t}/x`, authority: 'api.example', path: null }),
  'an absolute target': (t) => ({ target: `http://api.example/${t}?a=${t}`, authority: 'api.example', path: null }),
  'the user name of an address': (t) => ({ target: '/', authority: `${t}:pw@api.example`, path: null }),
  'a host label': (t) => ({ target: '/', authority: `${hostLabel(t)}.track.api.example`, path: 'header:Host' }),
  'a JSON key': (t) => ({ target: '/', authority: 'api.example', path: `$.phones.${t}.seen[3]` }),
  'a file name': (t) => ({ target: '/', authority: 'api.example', path: `part:${t}` }),
};

const hostLabel = (text: string) => text.replace(/[^0-9a-z-]/gi, '-').slice(0, 63);

describe('an alert never holds the value', () => {
  for (const [place, put] of Object.entries(PLACES)) {
    for (const [encoding, encode] of Object.entries(ENCODINGS)) {
      it(`${encoding} in ${place}`, () => {
        for (const [kind, value] of VALUES) {
          const seen = encode(value);
          const { target, authority, path } = put(seen);
          const host = authority.split('@').at(-1) ?? authority;
          const lab = createAlerter({ newId: countingIds(), secretsOf });
          const record = lab.finding(
            labFinding({
              kind,
              value,
              seen,
              path,
              where: 'path',
              reasoning: `registered value ${value} seen as ${seen}`,
            }),
            labContext({
              head: { protocol: 'http/1.1', method: 'GET', target, scheme: 'http', authority },
              flow: labFlow({ destination: { host, port: 80, ip: '42.62.48.10' } }),
            }),
          );
          const json = JSON.stringify({ ...record?.alert, device: null }).toLowerCase();
          const forbidden = [value, seen, bare(value), hostLabel(seen)].map((text) => text.toLowerCase());
          for (const text of forbidden) expect(json, `${kind} ${text}`).not.toContain(text);
        }
      });
    }
  }

  it('neither does the alert about another identifier of the same request', () => {
    const lab = createAlerter({ newId: countingIds(), secretsOf });
    const record = lab.finding(
      labFinding({ path: 'imei', where: 'query' }),
      labContext({
        head: {
          protocol: 'http/1.1',
          method: 'GET',
          target: '/report/LabWiFi/LABSERIAL0001?imei=490154203237518&e=lab%40example.com',
          scheme: 'http',
          authority: 'labwifi.zzhc.vnet.cn',
        },
      }),
    );
    expect(record?.alert.flow?.url).toBe('http://….zzhc.vnet.cn/report/…/…?imei=…&e=…');
  });

  it('nor an alert about a flow whose server name carries one', () => {
    const lab = createAlerter({ newId: countingIds(), secretsOf });
    const [record] = lab.flowEvent(
      { type: 'flow-closed', flowId: 'flow-1', time: 0, reason: 'ended', detail: null, bytesUp: 5, bytesDown: 5 },
      labContext({
        head: null,
        facts: { ...CHINA_TELECOM, owner: { ...CHINA_TELECOM.owner, name: null } },
        flow: labFlow({ destination: { host: 'labserial0001.490154203237518.vnet.cn', port: 443, ip: null } }),
      }),
    );
    expect(JSON.stringify(record?.alert)).not.toMatch(/labserial0001|490154203237518/i);
    expect(record?.alert.destination?.host).toBe('….….vnet.cn');
  });
});

function bare(text: string): string {
  return text.replace(/[^0-9a-z]/gi, '');
}

describe('what stays readable', () => {
  const none = NO_PHONE.secretsOf(null);
  const head = (target: string, authority = 'eservice.tinno.com') => ({
    protocol: 'http/1.1',
    method: 'GET',
    target,
    scheme: 'http',
    authority,
  });

  it.each([
    ['/eservice/stsReport?reptype=report&msgid=1', 'http://eservice.tinno.com/eservice/stsReport?reptype=…&msgid=…'],
    [
      '/pass/activate/dev/l6IQUjLsyHVvA6Ap/activating?imsi=x',
      'http://eservice.tinno.com/pass/activate/dev/…/activating?imsi=…',
    ],
    ['/pass/user@id?type=MXPH', 'http://eservice.tinno.com/pass/user@id?type=…'],
    ['/a?externalId=1&userIp=2', 'http://eservice.tinno.com/a?externalId=…&userIp=…'],
    ['/v3/api-docs/main.css', 'http://eservice.tinno.com/v3/api-docs/main.css'],
    ['http://other.example:8080/a/b', 'http://other.example:8080/a/b'],
    ['*', 'http://eservice.tinno.com'],
    ['', 'http://eservice.tinno.com/'],
  ])('%s is shown as %s', (target, shown) => {
    expect(maskUrl(head(target), none, null, false)).toBe(shown);
  });

  it('ordinary host names stay, addresses stay, token-like labels go only where the finding stands in the name', () => {
    expect(maskHost('sa.api.intl.miui.com', none, true)).toBe('sa.api.intl.miui.com');
    expect(maskHost('42.62.48.10', none, true)).toBe('42.62.48.10');
    expect(maskHost('2001:db8::1', none, true)).toBe('2001:db8::1');
    expect(maskHost('d1a2b3c4.cloudfront.net', none, false)).toBe('d1a2b3c4.cloudfront.net');
    expect(maskHost('d1a2b3c4.cloudfront.net', none, true)).toBe('….cloudfront.net');
  });

  it('locators keep their shape', () => {
    expect(maskLocator('$.data[0].SIM1LTEIMSI', none)).toBe('$.data[0].SIM1LTEIMSI');
    expect(maskLocator('header:X-Imei', none)).toBe('header:X-Imei');
    expect(maskLocator('field 3.1', none)).toBe('field 3.1');
  });

  it.each([
    ['deviceInfo', true],
    ['v1.2.3', true],
    ['a'.repeat(32), true],
    ['a'.repeat(33), false],
    ['build-123', true],
    ['build-12-34', false],
    ['Bangkok', true],
    ['kxzwqpt', false],
    ['track', true],
    ['bcdfg', true],
    ['bcdfgh', false],
    ['', true],
  ])('%j looks like words: %s', (text, isSo) => {
    expect(looksLikeWords(text)).toBe(isSo);
  });

  it('no string of more than three digits looks like words, and any target is masked without throwing', () => {
    fc.assert(fc.property(fc.stringMatching(/^[0-9]{4,40}$/), (digits) => !looksLikeWords(digits)));
    fc.assert(
      fc.property(fc.string(), fc.string(), (target, authority) => {
        expect(maskUrl(head(target, authority), none, 1, true).length).toBeLessThanOrEqual(512);
      }),
    );
  });
});
