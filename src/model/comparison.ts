/** What is remembered of values to compare phones and runs by, and what a comparison says. Never a value itself. */
import type { Kind, Where } from './identifier.ts';

/** One place of one phone's requests to one host, in one phase of one case: which value stood there, and how often. */
export interface TokenRow {
  device: string;
  model: string | null;
  caseId: string | null;
  phase: string | null;
  host: string;
  where: Where;
  /** Locator with list positions left out: `$.data[].id`; null when there is none. */
  path: string | null;
  /** Of the value, keyed with a secret of this installation; null: another one almost every time. */
  hash: string | null;
  /** e.g. `40 hex digits`. */
  shape: string;
  /** What the detector called the value in this place; null when it knows nothing. */
  kind: Kind | null;
  /** The server said it first: a session, not the phone. */
  issued: boolean;
  requests: number;
  connections: number;
  /** Milliseconds since the epoch. */
  firstSeen: number;
  lastSeen: number;
  /** Of a replay or a test; absent in rows of earlier versions. */
  simulated?: boolean;
}

/** A phone, a case, or a phase of a case: what `compare` was asked about. */
export interface ComparedSide {
  /** As given: `nokia-01`, `01J…`, `01J…:before-consent`. */
  name: string;
  /** For people. */
  title: string;
  devices: string[];
  hosts: number;
  requests: number;
  /** Of replays and tests; the two sides of a comparison are of one sort. */
  simulated: boolean;
}

/** What the store holds of one side. */
export interface SideRecord {
  name: string;
  title: string;
  simulated: boolean;
  tokens: TokenRow[];
  /** Alerts about an identifier, one per kind and place. */
  identifiers: { device: string; kind: Kind; host: string; owner: string | null; where: Where; path: string | null }[];
  flows: { device: string; host: string; owner: string | null; requests: number }[];
  /** Alerts about what left. */
  findings: ComparedFinding[];
  /** By host. */
  contacts: Record<string, ComparedContact>;
  /** For how long it was looked at, without the times in which no lab ran. */
  watchedMs: number;
  /** How often each event or phase was marked. */
  marks: Record<string, number>;
}

/** A value that stays the same on each phone and is another one on each. */
export interface UnknownIdentifier {
  host: string;
  where: Where;
  path: string | null;
  shape: string;
  kind: Kind | null;
  requests: { a: number; b: number };
}

export type Change = 'appeared' | 'disappeared' | 'changed' | 'kept';

/** One thing that is different, or tellingly the same, in B. */
export interface Difference {
  change: Change;
  what: 'destination' | 'identifier' | 'token';
  host: string;
  /** Who owns the host, when known. */
  owner: string | null;
  kind: Kind | null;
  where: Where | null;
  path: string | null;
  /** Of a token, e.g. `UUID`. */
  shape: string | null;
}

export interface Comparison {
  a: ComparedSide;
  b: ComparedSide;
  /** `phones`: two units are held against each other; `runs`: two times of one. */
  of: 'phones' | 'runs';
  /** Of two phones; empty for runs. */
  persistent: UnknownIdentifier[];
  differences: Difference[];
  /** Places left out of `differences` because their value is another one every time anyway. */
  volatile: number;
  /** What left, before and after: what matters first. */
  changes: StreamChange[];
  claims: JudgedClaim[];
  watchedMs: { a: number; b: number };
}

/** An alert about an identifier or about what nobody could read, as a comparison needs it. */
export interface ComparedFinding {
  kind: Kind;
  host: string;
  owner: string | null;
  ownerCountry: string | null;
  country: string | null;
  where: Where;
  path: string | null;
  /** Hash, or layers that ordinary requests do not have: `sha1[:16 base64url]`, `base64 in gzip`; empty: as it is. */
  encoding: string;
  encrypted: boolean;
  sightings: number;
  beforeConsent: boolean;
  /** After how many marks of a name it was seen within a minute. */
  after: Record<string, number>;
}

/** When connections to one host came. */
export interface ComparedContact {
  connections: number;
  /** Connections with ten minutes of silence before them: bursts count once. */
  visits: number;
  /** Between two visits, milliseconds; null: there was one. */
  longestGapMs: number | null;
}

/** One kind of thing going to one host, in whatever places. */
export interface Stream {
  kind: Kind;
  host: string;
  owner: string | null;
  ownerCountry: string | null;
  country: string | null;
  places: string[];
  encodings: string[];
  /** Anyone on the path could read it, at least once. */
  clear: boolean;
  sightings: number;
  beforeConsent: boolean;
  after: Record<string, number>;
  visits: number;
  longestGapMs: number | null;
}

export const MOVES = ['host', 'owner', 'country', 'place', 'encoding', 'encryption', 'consent'] as const;
export type Move = (typeof MOVES)[number];

/** How sure one can be that something stopped, from how often it came before and how long was watched since. */
export interface Sureness {
  level: 'very-likely' | 'likely' | 'open' | 'unknown';
  /** That it goes on and was only not seen; null: cannot be computed. */
  chance: number | null;
  by: 'time' | 'marks' | null;
  /** Name of the mark it used to follow, how often of how many, and how many there were since. */
  marks: { name: string; seen: number; of: number; since: number } | null;
  watchedMs: number;
  /** Watched for this long without it, chance would be below one in twenty; null: cannot be said. */
  neededMs: number | null;
  why: 'seen-once' | 'nothing-sent' | null;
}

export interface StreamChange {
  change: 'stopped' | 'new' | 'moved' | 'kept';
  before: Stream | null;
  after: Stream | null;
  moved: Move[];
  /** Of what stopped. */
  sureness: Sureness | null;
}

/** `gone` with a host or domain, `to` with `europe` or a country; the others of everything that left. */
export interface Claim {
  what: 'gone' | 'none' | 'once' | 'to' | 'encrypted' | 'after-consent';
  subject: string | null;
}

export interface JudgedClaim {
  claim: Claim;
  /** `holds`: nothing that was seen speaks against it. */
  verdict: 'holds' | 'broken' | 'open';
  /** What speaks against it, or keeps it open. */
  against: Stream[];
  connections: { before: number; after: number };
  sureness: Sureness | null;
  watchedMs: number;
  /** Companies at home elsewhere than the claimed country. */
  owners: { name: string; country: string }[];
}

/** One side in a table of several. */
export interface SideSummary {
  name: string;
  title: string;
  simulated: boolean;
  kinds: Kind[];
  receivers: string[];
  countries: string[];
  hosts: number;
  clear: boolean;
  beforeConsent: boolean;
  sightings: number;
  watchedMs: number;
}
