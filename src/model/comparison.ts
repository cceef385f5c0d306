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
}
