/** "At 14 of 14 unlocks": what is counted, phase by phase. */
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { Case } from '../../src/model/case.ts';
import { markStatistics } from '../../src/model/mark-statistics.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 10, 22, 10, minute)).toISOString();

function labCase(changes: Partial<Case> = {}): Case {
  return {
    id: 'c',
    title: 'c',
    deviceId: 'nokia-01',
    label: null,
    openedAt: at(0),
    closedAt: null,
    marks: [
      { phase: 'before-consent', at: at(1) },
      { phase: 'after-update', at: at(30) },
    ],
    events: [2, 3, 31, 32, 33].map((minute) => ({ event: 'unlock', at: at(minute) })),
    ...changes,
  };
}

const seenAfter = (given: NonNullable<NonNullable<Alert['case']>['after']>) => ({
  case: { id: 'c', phase: null, after: given },
});

describe('statistics of marks', () => {
  it('tell for each phase at how many of its marks something was seen, none too', () => {
    const phases = { 'before-consent': { marks: 2, median: 2.1 } };
    expect(
      markStatistics(seenAfter({ unlock: { marks: 2, shortest: 2, longest: 2.2, median: 2.1, phases } }), labCase()),
    ).toEqual([
      { mark: 'unlock', phase: 'before-consent', seen: 2, all: 2, median: 2.1 },
      { mark: 'unlock', phase: 'after-update', seen: 0, all: 3, median: null },
    ]);
  });

  it('of an alert of an earlier version tell of all marks together, and no median', () => {
    expect(markStatistics(seenAfter({ unlock: { marks: 2, shortest: 2, longest: 2.2 } }), labCase())).toEqual([
      { mark: 'unlock', phase: null, seen: 2, all: 5, median: null },
    ]);
  });

  it('take marks in the order of their times, however they are stored, and names that objects have of their own', () => {
    const given = labCase({
      marks: [
        { phase: 'constructor', at: at(30) },
        { phase: 'before-consent', at: at(1) },
      ],
    });
    expect(
      markStatistics(
        seenAfter({
          unlock: {
            marks: 1,
            shortest: 1,
            longest: 1,
            median: 1,
            phases: { 'before-consent': { marks: 1, median: 1 } },
          },
        }),
        given,
      ),
    ).toEqual([
      { mark: 'unlock', phase: 'before-consent', seen: 1, all: 2, median: 1 },
      { mark: 'unlock', phase: 'constructor', seen: 0, all: 3, median: null },
    ]);
  });
});
