/** What could be read of each phone, and what not: the sentence, the numbers behind it, and when the lab saw nothing. */

import { paint } from '../../formats/terminal.ts';
import type { CoverageClass, DeviceCoverage } from '../../model/coverage.ts';
import { fitCells, wrap } from '../terminal-text.ts';

/** Never rounded up, and never alone where apps failed: 100 % means that nothing is left of what got through. */
export function shareOf({ readShare, trust, unseen }: DeviceCoverage): string {
  const failed = unseen.filter((one) => one.class === 'lab-failed' && !one.reached).length;
  const apps = failed === 0 ? null : `${failed} ${failed === 1 ? 'app' : 'apps'} could not connect`;
  const read = readShare === null ? null : `${Math.floor(readShare * 100)} % read`;
  const distrust = trust === 'refuses' ? 'does not trust the lab' : null;
  return [distrust, read, apps].filter((part) => part !== null).join(', ') || 'sent nothing';
}

const TRUST = {
  trusts: 'trusts the lab',
  refuses: 'does not trust the lab yet: nothing encrypted can be read',
  unknown: 'has not tried the lab’s certificate yet',
};

const CLASSES: Record<CoverageClass, string> = {
  read: 'read',
  unreadable: 'in no known language',
  opaque: 'locked inside',
  'partially-scanned': 'searched in part',
  pinned: 'pinned, passed through',
  passed: 'passed through',
  refused: 'refused by the lab',
  failed: 'failed by themselves',
  'lab-failed': 'failed because of the lab',
  unwatched: 'nobody looked',
  udp: 'datagrams',
  quic: 'QUIC, refused',
  bypassing: 'past the lab',
};

export function coverageLines(coverage: readonly DeviceCoverage[], columns: number, colour: boolean): string[] {
  if (coverage.length === 0) return [fitCells('No phone has sent anything yet.', columns)];
  return coverage.flatMap((one) => [
    paint(fitCells(`${one.deviceId}${one.simulated ? ' (simulated)' : ''}`, columns), '1', colour),
    paint(fitCells(TRUST[one.trust], columns), one.trust === 'refuses' ? '1;97;41' : '0', colour),
    ...wrap(one.sentence, columns).map((line) => fitCells(line, columns)),
    ...one.rows.map((row) =>
      fitCells(
        `  ${CLASSES[row.class].padEnd(26)} ${String(row.connections).padStart(7)} connections${row.open ? ` (${row.open} open)` : ''}, ${row.bytesUp} bytes sent`,
        columns,
      ),
    ),
    ...one.gaps.map(({ from, to, subject, detail }) =>
      fitCells(`  not seen from ${from} to ${to ?? 'now'}: ${detail ?? subject}`, columns),
    ),
    ' '.repeat(columns),
  ]);
}
