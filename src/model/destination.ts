/** Three separate facts about where a flow goes. They are never merged: see docs/decisions. */

export interface CountryVote {
  /** e.g. `dbip-country 2026-06-01`. */
  source: string;
  country: string | null;
}

export interface ServerLocation {
  /** ISO 3166-1 alpha-2; null when nobody knows or the address has no single place. */
  country: string | null;
  confidence: 'agreed' | 'disputed' | 'single' | 'none';
  votes: CountryVote[];
  /** `anycast`, `private`, `loopback`, `documentation`…; null for ordinary addresses. */
  note: string | null;
}

export interface NetworkOperator {
  asn: number | null;
  org: string | null;
  /** Where the AS is registered. Never a location. */
  country: string | null;
}

export interface Owner {
  name: string | null;
  country: string | null;
  /** `device-maker`, `telecom`, `hosting`…; null when unknown. */
  kind: string | null;
  /** How the owner is known. */
  evidence: 'table' | 'hosting' | 'certificate' | 'unknown';
  parent: string | null;
}

export interface DestinationFacts {
  location: ServerLocation;
  network: NetworkOperator;
  owner: Owner;
}
