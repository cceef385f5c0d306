/** `phonehome verify`: holds what is stored against the chain that was kept while it was stored. A lab may run meanwhile. */
import type { StoreVerdict } from '../../model/verdict.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';

export async function verify(given: Record<string, unknown>): Promise<number> {
  const { data, json } = given as unknown as { data: string; json: boolean };
  const verdict = await (await loadLab()).verifyRecorded(data);
  if (json) printJson({ type: 'verdict', ...verdict });
  else print(...describe(verdict));
  return verdict.isIntact ? 0 : 1;
}

function describe({
  isIntact,
  records,
  rows,
  destroyed,
  began,
  head,
  signed,
  problem,
  problems,
}: StoreVerdict): string[] {
  const lines: string[] = [];
  if (isIntact) lines.push(`Intact: ${rows} rows are what was written, in a chain of ${records} records.`);
  else if (problem) {
    const { position, type, what } = problem;
    lines.push(
      `Changed. The first that does not fit: ${position === null ? '' : `record ${position}`}${type ? ` (${type})` : ''}: ${what}.`,
    );
    if (problems > 1) lines.push(`${problems} things do not fit in all.`);
  }
  if (destroyed > 0)
    lines.push(`${destroyed} records lost their rows by age, or because somebody was forgotten; each has a tombstone.`);
  for (const { position, time, reason, rows: taken } of began) {
    const counts = Object.entries(taken).map(([table, count]) => `${count} ${table}`);
    if (counts.length > 0)
      lines.push(
        `From ${time} on (record ${position}, ${reason}): ${counts.join(', ')} were taken in as they were found.`,
      );
  }
  const behind = records - (signed?.position ?? 0);
  lines.push(
    signed === null
      ? 'Nothing is signed yet.'
      : `Signed as far as record ${signed.position}, ${signed.time}${behind > 0 ? `; ${behind} after it` : ''}.`,
    `Last record: ${head.position} ${head.hash}`,
  );
  return lines;
}
