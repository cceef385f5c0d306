/** `phonehome backup FILE` and `restore FILE`: a lab moves to another machine. */
import type { BackupFacts } from '../../model/lab.ts';
import { UsageError } from '../errors.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { readNewPassphrase, readPassphrase } from '../passphrase.ts';

interface BackupFlags {
  data: string;
  json: boolean;
  encrypt?: boolean;
  passphraseFile: string | null;
}

const VARIABLE = 'PHONEHOME_BACKUP_PASSPHRASE';

export async function backup(given: Record<string, unknown>, [file = '']: string[]): Promise<number> {
  const { data, json, encrypt = false, passphraseFile } = given as unknown as BackupFlags;
  const question = encrypt ? 'Passphrase for the backup: ' : null;
  const passphrase = await readNewPassphrase({ file: passphraseFile, variable: VARIABLE, question });
  if (encrypt && passphrase === null)
    throw new UsageError(`no passphrase to encrypt with: --passphrase-file FILE or ${VARIABLE}`);
  const facts = await (await loadLab()).backUp(data, file, passphrase);
  if (json) printJson({ type: 'backup', file, ...facts });
  else
    print(
      `${file} written: ${told(facts)}. It holds the lab's keys${facts.encrypted ? '' : ', in clear'}.`,
      ...(facts.head === null
        ? []
        : ['Its store ends, to be noted elsewhere (phonehome verify --expect):', facts.head]),
    );
  return 0;
}

export async function restore(given: Record<string, unknown>, [file = '']: string[]): Promise<number> {
  const { data, json, passphraseFile } = given as unknown as BackupFlags;
  const passphrase = () =>
    readPassphrase({ file: passphraseFile, variable: VARIABLE, question: 'Passphrase of the backup: ' });
  const facts = await (await loadLab()).restore(data, file, passphrase);
  if (json) printJson({ type: 'restored', data, ...facts });
  else print(`${data} is the lab of ${facts.madeAt}: ${told(facts)}. Next: phonehome start --data ${data}`);
  return 0;
}

const told = ({ files, bytes }: BackupFacts): string => `${files} files, ${(bytes / 1e6).toFixed(1)} MB`;
