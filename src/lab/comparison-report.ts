/** A comparison in words. */
import type { LabModule } from '../model/lab.ts';
import { compareSentences, tableOf, writeComparison, writeTable } from '../report/comparison.ts';
import { reportHtml } from '../report/html.ts';

export const sayComparison: LabModule['sayComparison'] = async (given, language) => {
  if ('changes' in given)
    return { ...compareSentences(given, language), table: [], html: reportHtml(writeComparison(given, language)) };
  const { head, rows } = tableOf(given, language);
  return { claims: [], changes: [], each: [], table: [head, ...rows], html: reportHtml(writeTable(given, language)) };
};
