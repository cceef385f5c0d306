/**
 * `DATA/notify.yaml` and the secrets it names. Promise: comments and order of the file survive what the API and commands write;
 * a file that cannot be understood is never overwritten; a secret that others can read is none.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from 'yaml';
import { labError } from '../formats/refusal.ts';
import { replaceFile } from '../formats/replace-file.ts';
import { yaml } from '../formats/yaml.ts';
import type { NotifyConfig } from '../model/notify.ts';
import { type Text, text } from '../model/text.ts';
import { NOTHING, readConfig } from './config.ts';
import { SecretError } from './webhook.ts';

/** One line that says what is wrong with what lies there, and what to do; null: nothing. */
export type PrivacyCheck = (path: string, keep: 'secret' | 'own', otherwise: 'receivers' | 'secret') => Text | null;

/** Nothing is configured where there is no file. @throws LabError with one line a problem */
export function loadConfig(file: string, privacy: PrivacyCheck): NotifyConfig {
  if (!existsSync(file)) return NOTHING;
  const problem = privacy(file, 'own', 'receivers');
  if (problem) throw labError(problem);
  return accepted(readFileSync(file, 'utf8'), file);
}

/** @throws LabError, and the file is as it was */
export function editConfig(file: string, edit: (document: Document) => void): NotifyConfig {
  const written = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  accepted(written, file);
  const document = yaml().parseDocument(written);
  // What is written into a file that held nothing is written in lines.
  if (document.contents && 'flow' in document.contents) document.contents.flow = false;
  edit(document);
  const changed = document.toString({ lineWidth: 120 });
  const config = accepted(changed, file);
  try {
    replaceFile(file, changed);
  } catch (error) {
    throw labError(text('fault.unwritten-data', { file, code: (error as NodeJS.ErrnoException).code ?? '' }));
  }
  return config;
}

function accepted(written: string, file: string): NotifyConfig {
  const read = readConfig(written, file);
  if (read.ok) return read.config;
  const [first, ...more] = read.problems;
  const problem = first ?? text('notify.file.missing');
  throw labError(more.length > 0 ? text('fault.and-more', { first: problem, count: more.length }) : problem);
}

/** Reads a secret each time it is needed, so that a renewed one is used at once. */
export function secretsIn(directory: string, privacy: PrivacyCheck): (name: string) => string {
  return (name) => {
    const file = join(directory, name);
    const problem = privacy(file, 'secret', 'secret');
    if (problem) throw new SecretError(problem);
    let written: string;
    try {
      written = readFileSync(file, 'utf8').trim();
    } catch (error) {
      throw new SecretError(text('fault.unread-secret', { file, code: (error as NodeJS.ErrnoException).code ?? '' }));
    }
    if (written === '') throw new SecretError(text('fault.empty-secret', { file }));
    return written;
  };
}
