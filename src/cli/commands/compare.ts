/**
 * `phonehome compare A B`: two phones of one model, or one phone before and after something (a reset, an update, a
 * consent), from what is stored; `compare A B C …`: a row for each. A and B are phone ids, case ids, or phases of cases: `CASE:before-consent`.
 */

import { clean, paint } from '../../formats/terminal.ts';
import type { Comparison, Difference, UnknownIdentifier } from '../../model/comparison.ts';
import type { LabModule } from '../../model/lab.ts';
import { wantsColour } from '../colour.ts';
import { UsageError } from '../errors.ts';
import { loadLab } from '../main-module.ts';
import { writeNamed } from '../named-file.ts';
import { print, printJson } from '../output.ts';
import { table } from '../table.ts';
import { words } from '../words.ts';

interface CompareFlags {
  data: string;
  json: boolean;
  html: string | null;
  lang: 'en' | 'vi';
  claim: string[];
}

export async function compare(given: Record<string, unknown>, names: string[]): Promise<number> {
  const { data, json, html, lang, claim } = given as unknown as CompareFlags;
  const [a = '', b = '', ...more] = names;
  const lab = await loadLab();
  if (more.length > 0) {
    if (claim.length > 0) throw new UsageError(words('compare.two-sides'));
    const sides = await lab.summarizeSides(data, names);
    const said = await lab.sayComparison(sides, lang);
    if (json) for (const side of sides) printJson({ type: 'side', ...side });
    else print(...table(said.table.map((row) => row.map(clean))));
    return writeHtml(html, said.html, json);
  }
  const comparison = await lab.compareRuns(data, a, b, claim);
  const said = await lab.sayComparison(comparison, lang);
  if (json) printLines(comparison, said);
  else print(...describe(comparison, wantsColour(), said));
  return writeHtml(html, said.html, json);
}

function writeHtml(file: string | null, html: string, json: boolean): number {
  if (file === null) return 0;
  writeNamed(file, html);
  if (!json) print('', `${file} written, readable by you only.`);
  return 0;
}

type Said = Pick<Awaited<ReturnType<LabModule['sayComparison']>>, 'claims' | 'changes' | 'each'>;

function printLines({ persistent, differences, changes, claims, ...summary }: Comparison, said: Said): void {
  for (const [index, one] of claims.entries()) printJson({ type: 'claim', ...one, sentence: said.claims[index] });
  for (const [index, one] of changes.entries()) printJson({ type: 'change', ...one, sentence: said.each[index] });
  for (const one of persistent) printJson({ type: 'persistent', ...one });
  for (const one of differences) printJson({ type: 'difference', ...one });
  printJson({ type: 'summary', ...summary, persistent: persistent.length, differences: differences.length });
}

/** What a person reads; exported for its test. */
export function describe(
  comparison: Comparison,
  colour: boolean,
  said: Said = { claims: [], changes: [], each: [] },
): string[] {
  const { a, b, of, persistent, differences, volatile } = comparison;
  const lines = [
    ...table([
      ['A', a.name, a.title, a.devices.join(', '), `${a.hosts} destinations`, `${a.requests} requests`],
      ['B', b.name, b.title, b.devices.join(', '), `${b.hosts} destinations`, `${b.requests} requests`],
    ]),
    ...(a.simulated ? ['', 'Both are simulated: replays or tests, not the world.'] : []),
    '',
    ...said.claims.flatMap((sentence) => [clean(sentence), '']),
    ...said.changes.map((sentence) => `- ${clean(sentence)}`),
    ...(said.changes.length > 0 ? [''] : []),
  ];
  if (of === 'phones') {
    lines.push(
      persistent.length > 0
        ? 'The same on each phone, and another one on each: these tell the two apart.'
        : 'No value was found that is the same on each phone and another one on each.',
    );
    lines.push(...table(persistent.map(persistentRow)), '');
  }
  const shown = differences.filter(({ change, what }) => of === 'runs' || change !== 'kept' || what !== 'token');
  if (shown.length === 0) lines.push('Nothing else is different.');
  const rows = table(shown.map((one) => differenceRow(one, of)));
  lines.push(...rows.map((row, index) => paint(row, COLOURS[shown[index]?.change ?? 'kept'], colour)));
  if (volatile > 0) lines.push('', `${volatile} more values are other ones in every request and were left out.`);
  return lines;
}

const COLOURS: Record<Difference['change'], string> = { appeared: '31', disappeared: '32', changed: '33', kept: '0' };

function persistentRow(one: UnknownIdentifier): string[] {
  const name = one.kind === null ? 'unknown' : one.kind;
  return [
    `  ${name}`,
    one.shape,
    one.host,
    place(one.where, one.path),
    `${one.requests.a} + ${one.requests.b} requests`,
  ];
}

const OF_PHONES: Record<Difference['change'], string> = {
  appeared: 'only B',
  disappeared: 'only A',
  changed: 'both, another value',
  kept: 'both',
};

function differenceRow(one: Difference, of: Comparison['of']): string[] {
  const thing =
    one.what === 'token' ? (one.shape ?? 'value') : one.what === 'destination' ? 'destination' : (one.kind ?? '');
  const host = one.owner === null ? one.host : `${one.host} (${one.owner})`;
  return [
    of === 'phones' ? OF_PHONES[one.change] : one.change,
    thing,
    host,
    one.where === null ? '' : place(one.where, one.path),
  ];
}

function place(where: string, path: string | null): string {
  return path === null ? where : `${where} ${path}`;
}
