/** What could be read of each phone, and what not: the sentence, the numbers behind it, and when the lab saw nothing. */

import { paint } from '../../formats/terminal.ts';
import type { DeviceCoverage } from '../../model/coverage.ts';
import { cells, fitCells, wrap } from '../terminal-text.ts';
import { words } from '../words.ts';

/** Never rounded up, and never alone where apps failed: 100 % means that nothing is left of what got through. */
export function shareOf({ readShare, trust, unseen }: DeviceCoverage): string {
  const failed = unseen.filter((one) => one.class === 'lab-failed' && !one.reached).length;
  const apps = failed === 0 ? null : words('share.failed', { count: failed });
  const read = readShare === null ? null : words('share.read', { percent: Math.floor(readShare * 100) });
  const distrust = trust === 'refuses' ? words('share.distrust') : null;
  return [distrust, read, apps].filter((part) => part !== null).join(', ') || words('share.nothing');
}

const CLASS_CELLS = 26;

export function coverageLines(coverage: readonly DeviceCoverage[], columns: number, colour: boolean): string[] {
  if (coverage.length === 0) return [fitCells(words('coverage.none-yet'), columns)];
  return coverage.flatMap((one) => [
    paint(fitCells(`${one.deviceId}${one.simulated ? words('coverage.simulated') : ''}`, columns), '1', colour),
    paint(fitCells(words(`trust.${one.trust}`), columns), one.trust === 'refuses' ? '1;97;41' : '0', colour),
    ...wrap(one.sentence, columns).map((line) => fitCells(line, columns)),
    ...one.rows.map((row) => fitCells(`  ${rowOf(row)}`, columns)),
    ...one.gaps.map(({ from, to, subject, detail }) =>
      fitCells(words('coverage.gap', { from, to: to ?? words('coverage.now'), what: detail ?? subject }), columns),
    ),
    ' '.repeat(columns),
  ]);
}

function rowOf(row: DeviceCoverage['rows'][number]): string {
  const name = words(`class.${row.class}`);
  const connections = String(row.connections).padStart(7);
  const open = row.open ? words('coverage.open', { open: row.open }) : '';
  const counts = words('coverage.row', { connections, open, bytes: row.bytesUp });
  return `${name}${' '.repeat(Math.max(0, CLASS_CELLS - cells(name)))} ${counts}`;
}
