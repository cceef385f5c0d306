/** Whom a name belongs to, and how the lab knows: table, platform, certificate, or not at all. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openGeo } from '../../src/enrich/geo.ts';
import type { ServerCertificate } from '../../src/model/flow.ts';
import { temporaryDirectories } from '../temporary.ts';

const temporary = temporaryDirectories();

const geo = openGeo(temporary('owners-'), { now: () => 0 });

describe('owners', () => {
  const certificate = (facts: Partial<ServerCertificate>): ServerCertificate => ({
    names: ['host.example'],
    organization: null,
    country: null,
    issuer: null,
    validTo: null,
    problem: null,
    ...facts,
  });
  const owner = (host: string, shown: ServerCertificate | null = null) => geo.locate(host, null, shown).owner;

  test.each([
    ['eservice.tinno.com', 'Tinno Mobile', 'CN', 'table'],
    ['galleryapi.micloud.xiaomi.net', 'Xiaomi', 'CN', 'table'],
    ['sa.api.intl.miui.com', 'Xiaomi', 'CN', 'table'],
    ['open.oneplus.net', 'OnePlus', 'CN', 'table'],
    ['XIAOMI.COM.', 'Xiaomi', 'CN', 'table'],
    ['svcmot.com', 'Motorola Mobility', 'US', 'table'],
    ['www.sina.com.cn', 'Sina / Weibo', 'CN', 'table'],
    ['appmetrica.yandex.com', 'Yandex', 'RU', 'table'],
    ['bucket.s3.eu-west-1.amazonaws.com', 'Amazon', 'US', 'hosting'],
    ['tenant.oss-cn-beijing.aliyuncs.com', 'Alibaba', 'CN', 'hosting'],
    ['e1234.dscb.akamaiedge.net', 'Akamai', 'US', 'hosting'],
    ['d111111abcdef8.cloudfront.net', 'Amazon', 'US', 'hosting'],
    ['someone.github.io', 'GitHub', 'US', 'hosting'],
    ['xiaomi.com.evil.example', null, null, 'unknown'],
    ['notxiaomi.com', null, null, 'unknown'],
    ['com', null, null, 'unknown'],
    ['co.uk', null, null, 'unknown'],
    ['192.0.2.1', null, null, 'unknown'],
    ['2001:db8::1', null, null, 'unknown'],
    ['', null, null, 'unknown'],
  ])('%s belongs to %s (%s), known by %s', (host, name, country, evidence) => {
    expect(owner(host)).toMatchObject({ name, country, evidence });
  });

  test('a tenant of a platform is not the platform: the kind says hosting', () => {
    expect(owner('bucket.s3.amazonaws.com').kind).toBe('hosting');
    expect(owner('www.amazon.com')).toMatchObject({ kind: 'platform', evidence: 'table' });
  });

  test('an unknown name takes the subject of a certificate that verified', () => {
    const shown = certificate({ organization: 'Example GmbH', country: 'DE' });
    expect(owner('host.example', shown)).toEqual({
      name: 'Example GmbH',
      country: 'DE',
      kind: null,
      evidence: 'certificate',
      parent: null,
    });
    expect(owner('api.account.xiaomi.com', shown).name).toBe('Xiaomi');
  });

  test.each([
    [
      'did not verify',
      certificate({ organization: 'Google LLC', country: 'US', problem: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      'unknown',
    ],
    ['names nobody (domain validation)', certificate({}), 'unknown'],
    ['names nobody but blanks', certificate({ organization: '  ' }), 'unknown'],
    [
      "is a content network's for its customer",
      certificate({ organization: 'Cloudflare, Inc.', country: 'US' }),
      'hosting',
    ],
  ])('a certificate that %s does not make an owner', (_name, shown, evidence) => {
    expect(owner('host.example', shown).evidence).toBe(evidence);
  });

  test('every entry of owners.json has a country, a kind and its evidence, under a name of its own', () => {
    const text = readFileSync(new URL('../../geoip/owners.json', import.meta.url), 'utf8');
    const entries = Object.entries(JSON.parse(text) as Record<string, Record<string, unknown>>);
    expect(entries.length).toBeGreaterThan(270);
    for (const [domain, entry] of entries) {
      expect(entry, domain).toMatchObject({
        org: expect.any(String),
        kind: expect.any(String),
        country: expect.stringMatching(/^[A-Z]{2}$/),
      });
      expect(String(entry.evidence).length, domain).toBeGreaterThan(10);
    }
    expect(text.match(/^ {2}"[^"]+":/gm)).toHaveLength(entries.length);
  });
});
