/**
 * The severity policy as data: rules in order, the first that fits decides. What an operator may change is `AlertPolicy`.
 * The words come from the outer contract: critical = a certain device identifier or private content that anyone on the
 * path can read, or that left before consent; high = certain, encrypted, to a third country or a third party;
 * medium = likely, or the phone's own maker after consent; low = possible.
 */
import type { Severity } from '../model/alert.ts';
import type { Confidence } from '../model/identifier.ts';
import type { KindGroup } from '../model/kinds.ts';

export interface AlertPolicy {
  /** ISO 3166-1 alpha-2; null: every country counts as abroad. */
  homeCountry: string | null;
  /** A flow here is worth an alert even when nothing in it could be read. */
  watchedCountries: readonly string[];
  /** Compared without case with the owner's name and its parent's; a part of the name is enough. */
  watchedOwners: readonly string[];
  /** Different values in one place of one destination that get an alert each; further ones share one. */
  maxValuesPerPlace: number;
  /** Different places of one destination (a JSON object may have keys as thrown) that get an alert each. */
  maxPlacesPerReceiver: number;
  /** Different destinations of one kind, or of one sort of event, that get an alert each: names can be made up. */
  maxReceivers: number;
  /** Alerts kept in memory for folding repeats: about 2 KB each, so 10 MB. The oldest is forgotten first. */
  maxFolded: number;
}

/** CN is watched by default because all five reported cases went there; the operator's list replaces it. */
export const DEFAULT_POLICY: AlertPolicy = {
  homeCountry: null,
  watchedCountries: ['CN'],
  watchedOwners: [],
  maxValuesPerPlace: 20,
  maxPlacesPerReceiver: 50,
  maxReceivers: 300,
  maxFolded: 5000,
};

/** What a rule may look at. */
export interface SeverityFacts {
  group: KindGroup | 'contact';
  confidence: Confidence;
  /** Readable by anyone on the path: no TLS, or a name in DNS or SNI. */
  clear: boolean;
  /** The server said it to the phone. */
  response: boolean;
  phase: string | null;
  /** Server, network or owner in another country than home. */
  abroad: boolean;
  /** The owner is the phone's own maker. */
  firstParty: boolean;
  /** A watched country or owner. */
  watched: boolean;
}

type Condition = { [K in keyof SeverityFacts]?: SeverityFacts[K] | readonly SeverityFacts[K][] };

export interface SeverityRule {
  when: Condition;
  severity: Severity;
  because: string;
}

const IDENTIFYING = ['device', 'content'] as const;

export const SEVERITY_RULES: readonly SeverityRule[] = [
  {
    when: { group: IDENTIFYING, response: true, clear: false },
    severity: 'low',
    because: 'the server repeated what it already knew, under encryption',
  },
  {
    when: { group: IDENTIFYING, confidence: 'certain', clear: true },
    severity: 'critical',
    because: 'anyone on the path can read it',
  },
  {
    when: { group: IDENTIFYING, confidence: 'certain', phase: 'before-consent' },
    severity: 'critical',
    because: 'it left before consent was given',
  },
  {
    when: { group: IDENTIFYING, confidence: 'certain', firstParty: true, phase: ['after-consent', 'consent-given'] },
    severity: 'medium',
    because: "it went to the phone's own maker after consent",
  },
  {
    when: { group: IDENTIFYING, confidence: 'certain', abroad: true },
    severity: 'high',
    because: 'it went to another country',
  },
  {
    when: { group: IDENTIFYING, confidence: 'certain', firstParty: false },
    severity: 'high',
    because: 'it went to a third party',
  },
  {
    when: { group: IDENTIFYING, confidence: 'certain' },
    severity: 'medium',
    because: "it went to the phone's own maker",
  },
  { when: { group: IDENTIFYING, confidence: 'likely' }, severity: 'medium', because: 'it is likely, not certain' },
  { when: { group: IDENTIFYING }, severity: 'low', because: 'it is only possible' },

  {
    when: { group: 'environment', confidence: ['certain', 'likely'], clear: true },
    severity: 'medium',
    because: 'anyone on the path can read it, though it says little by itself',
  },
  { when: { group: 'environment' }, severity: 'low', because: 'it says little by itself' },

  {
    when: { group: 'opaque', watched: true, clear: true },
    severity: 'high',
    because: 'nobody can tell what a watched receiver was sent outside TLS',
  },
  {
    when: { group: 'opaque', watched: true, phase: 'before-consent' },
    severity: 'high',
    because: 'nobody can tell what a watched receiver was sent before consent',
  },
  { when: { group: 'opaque', watched: true }, severity: 'medium', because: 'the receiver is watched' },
  { when: { group: 'opaque', clear: true }, severity: 'medium', because: 'a private cipher was used in place of TLS' },
  { when: { group: 'opaque' }, severity: 'low', because: 'the lab could not look inside' },

  {
    when: { group: 'contact', phase: 'before-consent' },
    severity: 'high',
    because: 'a watched receiver was contacted before consent and nothing could be read',
  },
  { when: { group: 'contact' }, severity: 'medium', because: 'the receiver is watched and nothing could be read' },
];

/** The first rule that fits. Every group ends in a rule without further conditions, so one always does. */
export function decideSeverity(facts: SeverityFacts): { severity: Severity; because: string } {
  for (const rule of SEVERITY_RULES) if (fits(rule.when, facts)) return rule;
  return { severity: 'info', because: 'no rule fits' };
}

function fits(when: Condition, facts: SeverityFacts): boolean {
  for (const key of Object.keys(when) as (keyof SeverityFacts)[]) {
    const wanted = when[key];
    const holds = Array.isArray(wanted) ? (wanted as unknown[]).includes(facts[key]) : wanted === facts[key];
    if (!holds) return false;
  }
  return true;
}
