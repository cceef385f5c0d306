/** A phone's coverage as the lab shows it, for tests of those who store or show it. */
import { say } from '../../src/formats/say.ts';
import type { DeviceCoverage } from '../../src/model/coverage.ts';
import { text } from '../../src/model/text.ts';

export function labCoverage(changes: Partial<DeviceCoverage> = {}): DeviceCoverage {
  const told = text('coverage.all');
  return {
    deviceId: 'nokia-7-plus-01',
    simulated: false,
    since: '2026-11-22T10:00:00.000Z',
    trust: 'trusts',
    sentence: say(told),
    text: told,
    readShare: 1,
    rows: [{ class: 'read', connections: 1, open: 0, bytesUp: 10, bytesDown: 20 }],
    unseen: [],
    gaps: [],
    ...changes,
  };
}
