import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAlertList } from '../../src/cli/watch/alert-list.ts';
import { NO_FILTER } from '../../src/cli/watch/filter.ts';
import { labAlert } from './lab-alert.ts';

const seqs = (alerts: ReturnType<typeof createAlertList>) => alerts.view(NO_FILTER).map((alert) => alert.seq);

describe('the alert alerts', () => {
  it('shows the one seen last first and each alert once, in its latest version', () => {
    const alerts = createAlertList();
    for (const seq of [1, 2, 3]) alerts.put(labAlert({ seq }));
    alerts.put(labAlert({ seq: 4, id: labAlert({ seq: 1 }).id, count: 2 }));
    alerts.put(labAlert({ seq: 2 }));
    expect(seqs(alerts)).toEqual([4, 3, 2]);
    expect(alerts.view(NO_FILTER)[0]?.count).toBe(2);
  });

  it('brings an alert to the top when it was seen again', () => {
    const alerts = createAlertList();
    for (const seq of [1, 2, 3]) alerts.put(labAlert({ seq }));
    alerts.put(labAlert({ seq: 9, id: labAlert({ seq: 2 }).id, count: 7 }));
    expect(seqs(alerts)).toEqual([9, 3, 1]);
  });

  it('stays within its bound and says from where earlier alerts can be fetched again', () => {
    const alerts = createAlertList(10);
    for (let seq = 1; seq <= 100; seq++) alerts.put(labAlert({ seq }));
    expect(seqs(alerts)).toEqual([100, 99, 98, 97, 96, 95, 94, 93, 92, 91]);
    expect(alerts.oldestSeq()).toBe(90);
  });

  it('takes earlier pages until it is full, and asks for none once it reached the beginning', () => {
    const alerts = createAlertList(10);
    alerts.put(labAlert({ seq: 9 }));
    alerts.setOldestSeq(8);
    expect(alerts.wantsOlder()).toBe(true);
    alerts.putOlder(
      [5, 6, 7, 8].map((seq) => labAlert({ seq })),
      4,
    );
    expect(seqs(alerts)).toEqual([9, 8, 7, 6, 5]);
    alerts.putOlder(
      [1, 2, 3, 4].map((seq) => labAlert({ seq })),
      0,
    );
    expect(alerts.wantsOlder()).toBe(false);
  });

  it('counts every alert once per severity, follows a change of severity, and forgets nothing that fell off', () => {
    const alerts = createAlertList(2);
    for (const seq of [1, 2, 3]) alerts.put(labAlert({ seq, severity: 'high' }));
    alerts.put(labAlert({ seq: 4, id: labAlert({ seq: 3 }).id, severity: 'critical', count: 2 }));
    alerts.put(labAlert({ seq: 5, id: labAlert({ seq: 1 }).id, severity: 'high', count: 2 }));
    expect(alerts.totals()).toEqual({ info: 0, low: 0, medium: 0, high: 2, critical: 1 });
  });

  it('holds, in order, the newest of whatever came in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 100 }), (arrivals) => {
        const alerts = createAlertList(1000);
        for (const seq of arrivals) alerts.put(labAlert({ seq }));
        expect(seqs(alerts)).toEqual([...new Set(arrivals)].sort((a, b) => b - a));
      }),
    );
  });
});

describe('filters', () => {
  const alerts = createAlertList();
  alerts.put(
    labAlert({ seq: 1, severity: 'low', kind: 'imsi', device: 'redmi', host: 'api.xiaomi.com', owner: '小米 Xiaomi' }),
  );
  alerts.put(labAlert({ seq: 2, severity: 'critical', kind: 'imei', device: 'nokia' }));
  it.each([
    ['one phone', { device: 'redmi' }, [1]],
    ['this severe or more', { severity: 'high' as const }, [2]],
    ['one kind', { kind: 'imsi' }, [1]],
    ['text of the host, in any case', { text: 'XIAOMI.com' }, [1]],
    ['text of the owner in any script', { text: '小米' }, [1]],
    ['text of the decoding', { text: 'base64' }, [2, 1]],
    ['the world', { simulated: false }, []],
    ['what is simulated', { simulated: true }, [2, 1]],
    ['all of them together', { device: 'nokia', severity: 'low' as const, text: 'vnet' }, [2]],
    ['nothing', { text: 'no such thing' }, []],
  ])('find %s', (_name, filter, expected) => {
    expect(alerts.view({ ...NO_FILTER, ...filter }).map((alert) => alert.seq)).toEqual(expected);
  });
});
