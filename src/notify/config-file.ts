/**
 * `DATA/notify.yaml` and the secrets it names. Promise: comments and order of the file survive what the API and commands write;
 * a file that cannot be understood is never overwritten; a secret that others can read is none.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { replaceFile } from '../formats/replace-file.ts';
import { LabError } from '../model/lab.ts';
import type { NotifyConfig } from '../model/notify.ts';
import { NOTHING, readConfig } from './config.ts';
import { SecretError } from './webhook.ts';

/** One line that says what is wrong with what lies there, and what to do; null: nothing. */
export type PrivacyCheck = (path: string, keep: 'secret' | 'own', otherwise: string) => string | null;

/** Nothing is configured where there is no file. @throws LabError with one line a problem */
export function loadConfig(file: string, privacy: PrivacyCheck): NotifyConfig {
  if (!existsSync(file)) return NOTHING;
  const problem = privacy(file, 'own', 'look through it, since somebody else may have named receivers in it');
  if (problem) throw new LabError(problem);
  return accepted(readFileSync(file, 'utf8'), file);
}

/** @throws LabError, and the file is as it was */
export function editConfig(file: string, edit: (document: Document) => void): NotifyConfig {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  accepted(text, file);
  const document = parseDocument(text);
  // What is written into a file that held nothing is written in lines.
  if (document.contents && 'flow' in document.contents) document.contents.flow = false;
  edit(document);
  const changed = document.toString({ lineWidth: 120 });
  const config = accepted(changed, file);
  try {
    replaceFile(file, changed);
  } catch (error) {
    throw new LabError(
      `${file} cannot be written (${(error as NodeJS.ErrnoException).code}): check the data directory`,
    );
  }
  return config;
}

function accepted(text: string, file: string): NotifyConfig {
  const read = readConfig(text, file);
  if (read.ok) return read.config;
  const [first, ...more] = read.problems;
  throw new LabError(`${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`);
}

/** Reads a secret each time it is needed, so that a renewed one is used at once. */
export function secretsIn(directory: string, privacy: PrivacyCheck): (name: string) => string {
  return (name) => {
    const file = join(directory, name);
    const problem = privacy(file, 'secret', 'replace the secret');
    if (problem) throw new SecretError(problem);
    let text: string;
    try {
      text = readFileSync(file, 'utf8').trim();
    } catch (error) {
      throw new SecretError(
        `${file} cannot be read (${(error as NodeJS.ErrnoException).code}): put the secret into it, mode 600`,
      );
    }
    if (text === '') throw new SecretError(`${file} is empty: put the secret into it`);
    return text;
  };
}
