/**
 * A passphrase from a file, from the environment, or asked on the terminal, in this order.
 * Promise: it is not shown, and no program that is started later finds it in its environment.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { LabError, type LabModule } from '../model/lab.ts';
import { ask } from './output.ts';
import { words } from './words.ts';

export interface PassphraseSource {
  file: string | null;
  /** Of the environment. */
  variable: string;
  /** Null: nobody is asked. */
  question: string | null;
}

/** Null when it was given nowhere. @throws LabError for a file that cannot be read, or an empty one */
export async function readPassphrase({ file, variable, question }: PassphraseSource): Promise<string | null> {
  if (file !== null) return fromFile(file);
  const given = process.env[variable];
  delete process.env[variable];
  if (given) return given;
  return question !== null && process.stdin.isTTY ? (await asked(question)) || null : null;
}

/** Twice, so that nobody locks himself out by a slip. */
export async function readNewPassphrase(source: PassphraseSource): Promise<string | null> {
  const given = await readPassphrase({ ...source, question: null });
  if (given !== null || source.question === null || !process.stdin.isTTY) return given;
  const first = await asked(source.question);
  if (first !== (await asked(words('passphrase.again')))) throw new LabError(words('passphrase.differ'));
  return first || null;
}

function fromFile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new LabError(words('passphrase.unread', { file, code: (error as NodeJS.ErrnoException).code ?? '' }));
  }
  if (text === '') throw new LabError(words('passphrase.empty', { file }));
  return text;
}

async function asked(question: string): Promise<string> {
  ask(question);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: unseen, terminal: true });
  try {
    return await prompt.question('');
  } finally {
    prompt.close();
    ask('\n');
  }
}

export const CA_VARIABLE = 'PHONEHOME_CA_PASSPHRASE';

/** Of the authority's key, asked for only where that is encrypted. */
export async function caPassphrase(
  module: Pick<LabModule, 'isAuthorityKeySealed'>,
  data: string,
  file: string | null,
): Promise<string | null> {
  const isSealed = await module.isAuthorityKeySealed(data);
  const question = isSealed ? "Passphrase of the lab's certificate authority: " : null;
  const given = await readPassphrase({ file, variable: CA_VARIABLE, question });
  return isSealed ? given : null;
}
