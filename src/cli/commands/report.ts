/** `phonehome report CASE --out FILE`: a case as one file for people, from what is stored; a lab may run meanwhile. */
import { extname } from 'node:path';
import type { LabModule } from '../../model/lab.ts';
import { openCaseStore } from '../case-store.ts';
import { chooseCase } from '../chosen-case.ts';
import { UsageError } from '../errors.ts';
import { loadLab } from '../main-module.ts';
import { writeNamed } from '../named-file.ts';
import { print, printJson, tell } from '../output.ts';
import { caPassphrase } from '../passphrase.ts';
import { words } from '../words.ts';

type ReportOptions = Parameters<LabModule['reportCase']>[2];

interface ReportFlags {
  data: string;
  json: boolean;
  out: string | null;
  lang: ReportOptions['language'];
  simulated: boolean;
  reveal: boolean;
  letter: boolean;
  caPassphraseFile: string | null;
}

const FORMATS: Record<string, ReportOptions['format']> = {
  '.html': 'html',
  '.htm': 'html',
  '.pdf': 'pdf',
  '.txt': 'txt',
};

export async function report(given: Record<string, unknown>, [id]: string[]): Promise<number> {
  const { data, json, out, lang, simulated, reveal, letter, caPassphraseFile } = given as unknown as ReportFlags;
  const format = FORMATS[extname(out ?? '').toLowerCase()];
  if (out === null || format === undefined || (format === 'txt' && !letter))
    throw new UsageError(words(letter ? 'letter.where' : 'report.where'));
  if (letter && reveal) throw new UsageError(words('letter.masked'));
  const store = await openCaseStore(data);
  const { id: found } = await chooseCase(store, id).finally(() => store.end());
  const module = await loadLab();
  // A letter opens nothing.
  const passphrase = letter ? null : await caPassphrase(module, data, caPassphraseFile);
  if (passphrase === null && !letter && !reveal && (await module.isAuthorityKeySealed(data)))
    tell(
      'The lab’s keys are encrypted: the report is written without decoded examples; --ca-passphrase-file FILE brings them.',
    );
  const { content, simulated: isSimulated } = await module.reportCase(data, found, {
    format,
    language: lang,
    ...(simulated ? { simulated } : {}),
    reveal,
    letter,
    passphrase,
  });
  writeNamed(out, content);
  if (json)
    printJson({ type: letter ? 'letter' : 'report', file: out, case: found, simulated: isSimulated, revealed: reveal });
  else
    print(
      `${out} written, readable by you only${reveal ? ', with values in clear' : '; values are masked'}${isSimulated ? ' [simulated]' : ''}.`,
    );
  return 0;
}
