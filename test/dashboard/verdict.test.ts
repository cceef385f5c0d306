/** The one sentence of a phone: never more than was seen, and the worst of it first. */
import { describe, expect, it } from 'vitest';
import { partsOf, type Seen, verdictOf } from '../../dashboard/src/verdict.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { DeviceCoverage } from '../../src/model/coverage.ts';

let number = 0;
function leak(more: {
  kind?: string;
  owner?: string | null;
  host?: string;
  severity?: Alert['severity'];
  encrypted?: boolean;
  confidence?: 'certain' | 'likely' | 'possible';
  direction?: 'request' | 'response';
  type?: Alert['type'];
}): Alert {
  const {
    kind = 'imei',
    owner = 'China Telecom',
    host = 'zzhc.vnet.cn',
    severity = 'critical',
    encrypted = false,
  } = more;
  number++;
  return {
    id: String(number),
    seq: number,
    type: more.type ?? 'leak',
    severity,
    identifier: { kind, masked: '490154*******18', known: true, confidence: more.confidence ?? 'certain' },
    evidence: { direction: more.direction ?? 'request' },
    flow: { encrypted },
    destination: { host, owner: { name: owner, country: owner && 'CN' }, location: { country: 'CN' } },
    lastSeen: new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString(),
  } as Alert;
}

const covered = (rows: [string, number][], trust = 'trusts'): DeviceCoverage =>
  ({ trust, rows: rows.map(([name, connections]) => ({ class: name, connections })) }) as DeviceCoverage;
const READ = covered([['read', 3]]);
const seen = (more: Partial<Seen>): Seen => ({ isRegistered: true, alerts: [], coverage: READ, ...more });

describe('the sentence of a phone', () => {
  it.each<[string, Seen, string, string]>([
    ['in the clear', seen({ alerts: [leak({})] }), 'critical', 'Sends its IMEI in the clear to China Telecom (China)'],
    [
      'encrypted, to a server nobody is known to own',
      seen({ alerts: [leak({ encrypted: true, severity: 'high', owner: null })] }),
      'high',
      'Sends its IMEI to zzhc.vnet.cn (China)',
    ],
    [
      'the worst, not the latest',
      seen({ alerts: [leak({}), leak({ severity: 'medium', kind: 'serial', owner: 'Other', encrypted: true })] }),
      'critical',
      'Sends its IMEI in the clear to China Telecom (China)',
    ],
    [
      'several kinds to one receiver',
      seen({
        alerts: [leak({ kind: 'serial', owner: 'Other' }), leak({}), leak({ kind: 'imsi' }), leak({ kind: 'cell' })],
      }),
      'critical',
      'Sends its IMEI and 2 more in the clear to China Telecom (China)',
    ],
    [
      'likely only',
      seen({ alerts: [leak({ confidence: 'likely', severity: 'medium' })] }),
      'medium',
      'Probably sends its IMEI to China Telecom (China)',
    ],
    [
      'possible only is no leak',
      seen({ alerts: [leak({ confidence: 'possible' })] }),
      'ok',
      'Nothing of its own seen leaving so far',
    ],
    [
      'sent back by the server is no leak',
      seen({ alerts: [leak({ direction: 'response' })] }),
      'ok',
      'Nothing of its own seen leaving so far',
    ],
    [
      'unreadable data',
      seen({ alerts: [leak({ type: 'opaque', severity: 'high' })] }),
      'high',
      'Sends data that nobody can read to China Telecom (China)',
    ],
    [
      'refuses the certificate',
      seen({ coverage: covered([['lab-failed', 9]], 'refuses') }),
      'medium',
      'Does not trust the lab yet',
    ],
    ['a stranger', seen({ isRegistered: false }), 'grey', 'Who is this?'],
    ['registered, and silent', seen({ coverage: null }), 'grey', 'Has sent nothing yet'],
    [
      'registered, and silent since',
      seen({ coverage: null, hasSpokenUnnamed: true }),
      'grey',
      'Has sent nothing since it was named',
    ],
    [
      'nothing of it could be read',
      seen({ coverage: covered([['pinned', 4]]) }),
      'grey',
      'Nothing it sent could be read',
    ],
    ['registered, seen, and nothing found', seen({}), 'ok', 'Nothing of its own seen leaving so far'],
  ])('%s', (_, phone, light, sentence) => {
    expect(verdictOf(phone)).toMatchObject({ light, sentence });
  });

  it('counts kinds and receivers beside it, and asks for the name of a phone nobody registered', () => {
    const alerts = [leak({}), leak({ kind: 'imsi' }), leak({ owner: 'Other' })];
    expect(verdictOf(seen({ alerts })).more).toBe('2 kinds of identifiers · 2 receivers');
    expect(verdictOf(seen({ alerts, isRegistered: false })).step).toBe('name-it');
    expect(verdictOf(seen({ alerts })).step).toBe('open');
  });
});

describe('the bar', () => {
  it('holds every connection once, in the same order', () => {
    const parts = partsOf(
      covered([
        ['pinned', 2],
        ['read', 5],
        ['lab-failed', 1],
        ['failed', 1],
        ['opaque', 1],
      ]),
    );
    expect(parts.map(({ part, connections }) => [part, connections])).toEqual([
      ['read', 5],
      ['closed', 1],
      ['passed', 2],
      ['failed', 2],
    ]);
    expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });

  it('is empty for a phone that made none', () => {
    expect(partsOf(null)).toEqual([]);
    expect(partsOf(covered([]))).toEqual([]);
  });
});
