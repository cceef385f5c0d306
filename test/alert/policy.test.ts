import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, decideSeverity, SEVERITY_RULES, type SeverityFacts } from '../../src/alert/policy.ts';
import { isAbroad, isFirstParty, isWatched, nameReceiver, UNKNOWN_FACTS } from '../../src/alert/receiver.ts';
import { say } from '../../src/formats/say.ts';
import type { DestinationFacts } from '../../src/model/destination.ts';
import { text } from '../../src/model/text.ts';
import { CHINA_TELECOM, XIAOMI_SINGAPORE } from './lab-flow.ts';

const base: SeverityFacts = {
  group: 'device',
  confidence: 'certain',
  clear: false,
  response: false,
  phase: null,
  abroad: false,
  firstParty: false,
  watched: false,
};

describe('severity', () => {
  it.each<[string, Partial<SeverityFacts>, string]>([
    ['certain identifier anyone on the path can read', { clear: true }, 'critical'],
    ['certain private content anyone on the path can read', { group: 'content', clear: true }, 'critical'],
    ['certain, encrypted, before consent', { phase: 'before-consent' }, 'critical'],
    ['certain, encrypted, before consent, to the own maker', { phase: 'before-consent', firstParty: true }, 'critical'],
    ['certain, encrypted, abroad', { abroad: true, firstParty: true }, 'high'],
    ['certain, encrypted, third party at home', {}, 'high'],
    ['certain, encrypted, own maker at home', { firstParty: true }, 'medium'],
    [
      'certain, encrypted, own maker after consent',
      { firstParty: true, abroad: true, phase: 'after-consent' },
      'medium',
    ],
    ['likely in clear', { confidence: 'likely', clear: true }, 'medium'],
    ['possible in clear', { confidence: 'possible', clear: true }, 'low'],
    ['the server repeats it under encryption', { response: true }, 'low'],
    ['the server repeats it in clear', { response: true, clear: true }, 'critical'],
    ['device name in clear', { group: 'environment', clear: true }, 'medium'],
    ['device name encrypted', { group: 'environment' }, 'low'],
    ['opaque in clear to a watched receiver', { group: 'opaque', clear: true, watched: true }, 'high'],
    ['opaque in TLS to a watched receiver', { group: 'opaque', watched: true }, 'medium'],
    ['opaque in TLS', { group: 'opaque' }, 'low'],
    ['contact before consent', { group: 'contact', watched: true, phase: 'before-consent' }, 'high'],
    ['contact', { group: 'contact', watched: true }, 'medium'],
  ])('%s → %s', (_name, facts, severity) => {
    expect(decideSeverity({ ...base, ...facts }).severity).toBe(severity);
  });

  it('some rule fits every combination of facts', () => {
    const facts = fc.record<SeverityFacts>({
      group: fc.constantFrom('device', 'content', 'environment', 'opaque', 'contact'),
      confidence: fc.constantFrom('certain', 'likely', 'possible'),
      clear: fc.boolean(),
      response: fc.boolean(),
      phase: fc.constantFrom(null, 'before-consent', 'after-consent', 'boot'),
      abroad: fc.boolean(),
      firstParty: fc.boolean(),
      watched: fc.boolean(),
    });
    fc.assert(fc.property(facts, (given) => SEVERITY_RULES.includes(decideSeverity(given) as never)));
  });
});

describe('the receiver', () => {
  it('a Redmi talks to its maker when the owner is Xiaomi, a Nokia does not', () => {
    expect(isFirstParty('Redmi Note 4G', XIAOMI_SINGAPORE)).toBe(true);
    expect(isFirstParty('Nokia 7 Plus', XIAOMI_SINGAPORE)).toBe(false);
    expect(isFirstParty('constructor', XIAOMI_SINGAPORE)).toBe(false);
    expect(isFirstParty(null, XIAOMI_SINGAPORE)).toBe(false);
  });

  it('without a home country every known country is abroad; with one, server and owner both count', () => {
    expect(isAbroad(DEFAULT_POLICY, CHINA_TELECOM)).toBe(true);
    expect(isAbroad({ ...DEFAULT_POLICY, homeCountry: 'CN' }, CHINA_TELECOM)).toBe(false);
    expect(isAbroad({ ...DEFAULT_POLICY, homeCountry: 'CN' }, UNKNOWN_FACTS)).toBe(false);
    expect(isAbroad({ ...DEFAULT_POLICY, homeCountry: 'SG' }, XIAOMI_SINGAPORE)).toBe(true);
  });

  it('is watched for its owner although the server stands elsewhere, and is named with both', () => {
    expect(isWatched(DEFAULT_POLICY, XIAOMI_SINGAPORE)).toBe(true);
    const to = { host: 'api.account.xiaomi.com', port: 443, ip: null };
    const said = (facts: DestinationFacts) =>
      say(text('leak.sent', { receiver: nameReceiver(to, facts) })).slice('went to '.length);
    expect(said(XIAOMI_SINGAPORE)).toBe('Xiaomi (China; server in Singapore)');
    expect(said(CHINA_TELECOM)).toBe('China Telecom (China)');
  });
});
