/** Columns as wide as their widest cell, measured in terminal cells; control characters never reach the terminal. */
import { clean } from '../formats/terminal.ts';
import { cells } from './terminal-text.ts';

export function table(rows: string[][]): string[] {
  const widths: number[] = [];
  const cleaned = rows.map((row) => row.map(clean));
  for (const row of cleaned) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cells(cell));
    });
  }
  return cleaned.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - cells(cell)))
      .join('  ')
      .trimEnd(),
  );
}
