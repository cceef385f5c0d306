/** A case with one leak, for tests of what is written about it. */
import type { Alert } from '../../src/model/alert.ts';
import type { CaseRecord } from '../../src/model/case-record.ts';
import { labAlert } from '../sinks/lab-alert.ts';

export const AT = '2026-11-22T10:00:00.000Z';

export function labRecord(changes: Partial<CaseRecord> = {}, more: Partial<CaseRecord['case']> = {}): CaseRecord {
  return {
    case: {
      id: 'c1',
      title: 'First start',
      deviceId: 'nokia-01',
      label: null,
      openedAt: AT,
      closedAt: '2026-11-22T11:00:00.000Z',
      marks: [{ phase: 'before-consent', at: AT }],
      events: [1, 2].map((minute) => ({ event: 'unlock', at: `2026-11-22T10:0${minute}:00.000Z` })),
      ...more,
    },
    simulated: false,
    leftOut: 0,
    madeAt: '2026-11-22T12:00:00.000Z',
    until: '2026-11-22T11:00:00.000Z',
    alerts: [leak()],
    phases: [],
    counts: [],
    contacts: [],
    furtherContacts: 0,
    connections: 3,
    readShare: 1,
    coverage: [],
    gaps: [],
    apps: [
      { app: 'com.example.pinned', connections: 3, unread: 2, bytesUp: 1000, unreadBytesUp: 4 },
      { app: null, connections: 1, unread: 0, bytesUp: 9, unreadBytesUp: 0 },
    ],
    clock: { answers: 3, ahead: 0.4 },
    openings: new Map([['zzhc.vnet.cn', [Date.parse('2026-11-22T10:01:02.000Z')]]]),
    versions: [{ name: 'Node', version: '26' }],
    ...changes,
  };
}

export const leak = (changes: Partial<Alert> = {}): Alert => ({
  ...labAlert(1),
  type: 'leak',
  case: {
    id: 'c1',
    phase: 'before-consent',
    phases: { 'before-consent': 2 },
    mark: { name: 'unlock', seconds: 2.1 },
    after: {
      unlock: {
        marks: 2,
        shortest: 2,
        longest: 2.2,
        median: 2.1,
        phases: { 'before-consent': { marks: 2, median: 2.1 } },
      },
    },
  },
  ...changes,
});
