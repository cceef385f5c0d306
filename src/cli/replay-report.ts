/** The summary of a replay: case, expected, seen; for people a table, with `--json` one line per case. */

import { paint } from '../formats/terminal.ts';
import type { ReplayOutcome } from '../model/lab.ts';
import { table } from './table.ts';
import { words } from './words.ts';

export function outcomeTable(outcomes: ReplayOutcome[], colour: boolean): string {
  const head = [words('outcome.case'), words('outcome.expected'), words('outcome.seen'), ''];
  const rows = outcomes.map((each) => [
    each.case,
    each.expected,
    each.seen,
    words(each.ok ? 'outcome.ok' : 'outcome.missed'),
  ]);
  const lines = table([head, ...rows]).map((line, index) => {
    if (index === 0) return paint(line, '1', colour);
    const outcome = outcomes[index - 1];
    return outcome && !outcome.ok ? paint(line, '31', colour) : line;
  });
  const notes = outcomes.filter((each) => each.note).map((each) => `  ${each.case}: ${each.note}`);
  const missed = outcomes.filter((each) => !each.ok).length;
  const verdict = missed
    ? words('outcome.some', { missed, all: outcomes.length })
    : words('outcome.none', { all: outcomes.length });
  return [...lines, ...notes, verdict, ''].join('\n');
}
