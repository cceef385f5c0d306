/**
 * Whom phones contacted, from recorded connections: by country for the map, by company with its three facts, each with its doubt.
 * Pure: connections and alerts in, rows out.
 */
import type { z } from 'zod';
import type { Alert, Severity } from '../../src/model/alert.ts';
import type { DestinationFacts } from '../../src/model/destination.ts';
import type { flowRecord } from '../../src/model/schemas/flow.ts';
import { isLeak, rank } from './verdict.ts';

export type Flow = Pick<z.infer<typeof flowRecord>, 'facts' | 'findings' | 'bytesUp' | 'destination'>;

export interface CompanyRow {
  /** Null: nobody knows whose. */
  name: string | null;
  /** Where the company is at home. */
  country: string | null;
  evidence: DestinationFacts['owner']['evidence'];
  networks: string[];
  /** Where servers are; `null` among them: nobody knows. */
  servers: (string | null)[];
  /** Countries between which databases did not agree. */
  disputed: string[];
  connections: number;
  findings: number;
  bytesUp: number;
}

/** Those with findings first, then those that were sent most. */
export function companyRows(flows: readonly Flow[]): CompanyRow[] {
  const rows = new Map<string, CompanyRow>();
  for (const { facts, findings, bytesUp } of flows) {
    if (facts === null) continue;
    const { owner, network, location } = facts;
    const key = `${owner.name} ${owner.country}`;
    const row = rows.get(key) ?? {
      name: owner.name,
      country: owner.country ?? null,
      evidence: owner.evidence,
      networks: [],
      servers: [],
      disputed: [],
      connections: 0,
      findings: 0,
      bytesUp: 0,
    };
    rows.set(key, row);
    row.connections++;
    row.findings += findings;
    row.bytesUp += bytesUp;
    add(row.servers, location.country);
    if (network.org !== null) add(row.networks, network.org);
    for (const code of disputedIn(facts)) add(row.disputed, code);
  }
  return [...rows.values()].sort(
    (one, other) => other.findings - one.findings || other.bytesUp - one.bytesUp || other.connections - one.connections,
  );
}

/** Countries that databases named for one address; empty where they agree. */
export function disputedIn({ location }: DestinationFacts): string[] {
  if (location.confidence !== 'disputed') return [];
  return [...new Set(location.votes.flatMap(({ country }) => country ?? []))].sort();
}

/** Of each country the worst severity of what left to a server there. */
export function worstByCountry(alerts: readonly Alert[]): Map<string, Severity> {
  const worst = new Map<string, Severity>();
  for (const alert of alerts) {
    const code = alert.destination?.location.country;
    if (!code || !isLeak(alert)) continue;
    const known = worst.get(code);
    if (known === undefined || rank(alert.severity) > rank(known)) worst.set(code, alert.severity);
  }
  return worst;
}

function add<T>(list: T[], one: T): void {
  if (!list.includes(one)) list.push(one);
}
