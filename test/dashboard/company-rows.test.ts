/** Whom phones contacted, in rows: three facts kept apart, their doubts with them. */
import { expect, it } from 'vitest';
import { companyRows, disputedIn, type Flow, worstByCountry } from '../../dashboard/src/company-rows.ts';
import type { Alert } from '../../src/model/alert.ts';

const flow = (
  name: string | null,
  server: string | null,
  more: { findings?: number; bytesUp?: number; votes?: string[] } = {},
): Flow => ({
  destination: { host: 'a.example', port: 443, ip: '192.0.2.1' },
  findings: more.findings ?? 0,
  bytesUp: more.bytesUp ?? 10,
  facts: {
    location: {
      country: server,
      confidence: more.votes ? 'disputed' : server === null ? 'none' : 'agreed',
      votes: (more.votes ?? []).map((country) => ({ source: 'x', country })),
      note: null,
    },
    network: { asn: 1, org: 'Net', country: 'US' },
    owner: {
      name,
      country: name === null ? null : 'CN',
      kind: null,
      evidence: name === null ? 'unknown' : 'table',
      parent: null,
    },
  },
});

it('puts connections of one company together, findings first, whatever its servers are', () => {
  const rows = companyRows([
    flow('Big', 'DE', { bytesUp: 9999 }),
    flow('Leaky', 'CN', { findings: 2 }),
    flow('Leaky', 'SG', { votes: ['SG', 'CN', 'SG'] }),
    flow(null, null),
  ]);
  expect(rows.map(({ name, connections, findings }) => [name, connections, findings])).toEqual([
    ['Leaky', 2, 2],
    ['Big', 1, 0],
    [null, 1, 0],
  ]);
  expect(rows[0]).toMatchObject({ country: 'CN', servers: ['CN', 'SG'], networks: ['Net'], disputed: ['CN', 'SG'] });
  expect(rows[2]).toMatchObject({ country: null, servers: [null], evidence: 'unknown', disputed: [] });
});

it('calls a country disputed only where databases named several', () => {
  expect(disputedIn(flow('A', 'CN').facts!)).toEqual([]);
  expect(disputedIn(flow('A', 'CN', { votes: ['HK', 'CN'] }).facts!)).toEqual(['CN', 'HK']);
});

it('colours a country by the worst that left for it, not by what only came back or may be', () => {
  const alert = (severity: string, country: string, more: object = {}): Alert =>
    ({
      type: 'leak',
      severity,
      identifier: { kind: 'imei', confidence: 'certain' },
      evidence: { direction: 'request' },
      destination: { location: { country } },
      ...more,
    }) as unknown as Alert;
  const worst = worstByCountry([
    alert('medium', 'CN'),
    alert('critical', 'CN'),
    alert('high', 'CN'),
    alert('critical', 'DE', { evidence: { direction: 'response' } }),
    alert('critical', 'FR', { identifier: { kind: 'imei', confidence: 'possible' } }),
  ]);
  expect([...worst]).toEqual([['CN', 'critical']]);
});
