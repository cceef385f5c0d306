/** The summary of a replay: case, expected, seen; for people a table, with `--json` one line per case. */
import stringWidth from 'string-width';
import type { ReplayOutcome } from '../model/lab.ts';
import { paint } from './colour.ts';

export function outcomeTable(outcomes: ReplayOutcome[], colour: boolean): string {
  const head = ['case', 'expected', 'seen', ''];
  const rows = outcomes.map((each) => [each.case, each.expected, each.seen, each.ok ? 'ok' : 'MISSED']);
  const lines = table([head, ...rows]).map((line, index) => {
    if (index === 0) return paint(line, '1', colour);
    const outcome = outcomes[index - 1];
    return outcome && !outcome.ok ? paint(line, '31', colour) : line;
  });
  const notes = outcomes.filter((each) => each.note).map((each) => `  ${each.case}: ${each.note}`);
  const missed = outcomes.filter((each) => !each.ok).length;
  const verdict = missed ? `${missed} of ${outcomes.length} cases missed.` : `${outcomes.length} cases, none missed.`;
  return [...lines, ...notes, verdict, ''].join('\n');
}

/** Columns as wide as their widest cell, measured in terminal cells. */
export function table(rows: string[][]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell));
    });
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell)))
      .join('  ')
      .trimEnd(),
  );
}
