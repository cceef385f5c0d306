/** `phonehome backup FILE` and `restore FILE`: a lab moves to another machine. */
import type { BackupFacts } from '../../model/lab.ts';
import { UsageError } from '../errors.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { readNewPassphrase, readPassphrase } from '../passphrase.ts';
import { words } from '../words.ts';

interface BackupFlags {
  data: string;
  json: boolean;
  encrypt?: boolean;
  passphraseFile: string | null;
}

const VARIABLE = 'PHONEHOME_BACKUP_PASSPHRASE';

export async function backup(given: Record<string, unknown>, [file = '']: string[]): Promise<number> {
  const { data, json, encrypt = false, passphraseFile } = given as unknown as BackupFlags;
  const question = encrypt ? words('backup.ask') : null;
  const passphrase = await readNewPassphrase({ file: passphraseFile, variable: VARIABLE, question });
  if (encrypt && passphrase === null) throw new UsageError(words('backup.no-passphrase', { variable: VARIABLE }));
  const facts = await (await loadLab()).backUp(data, file, passphrase);
  if (json) printJson({ type: 'backup', file, ...facts });
  else
    print(
      words(facts.encrypted ? 'backup.written' : 'backup.written-clear', { file, size: told(facts) }),
      ...(facts.head === null ? [] : [words('backup.head'), facts.head]),
    );
  return 0;
}

export async function restore(given: Record<string, unknown>, [file = '']: string[]): Promise<number> {
  const { data, json, passphraseFile } = given as unknown as BackupFlags;
  const passphrase = () =>
    readPassphrase({ file: passphraseFile, variable: VARIABLE, question: words('backup.ask-of') });
  const facts = await (await loadLab()).restore(data, file, passphrase);
  if (json) printJson({ type: 'restored', data, ...facts });
  else print(words('backup.restored', { data, madeAt: facts.madeAt, size: told(facts) }));
  return 0;
}

const told = ({ files, bytes }: BackupFacts): string => words('backup.size', { files, size: (bytes / 1e6).toFixed(1) });
