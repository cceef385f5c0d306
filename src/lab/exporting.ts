/** Starts the export of a case in a thread of its own, with its entry in the audit and the chain signed as far as it goes. */

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { heard, labError } from '../formats/refusal.ts';
import type { ExportFacts, LabModule } from '../model/lab.ts';
import { text } from '../model/text.ts';
import { openSigning } from './evidence.ts';
import type { ExportMessage } from './export-worker.ts';

/** @throws LabError, and no file is left */
export const exportPackage: LabModule['exportPackage'] = async (options, onProgress = () => {}) => {
  const store = openSigning(options.dataDir, options.passphrase);
  try {
    if (store.case(options.id) === null) throw labError(text('records.no-case', { id: options.id }));
    const action = options.redact ? 'export redacted' : 'export';
    const noted = store.audit({
      time: new Date().toISOString(),
      action,
      subject: `case ${options.id}`,
      who: 'terminal',
    });
    if (!noted.ok) throw labError(text('refused.unaudited.exported'));
    store.checkpoint();
  } finally {
    store.close();
  }
  const { promise, resolve, reject } = Promise.withResolvers<ExportFacts>();
  const worker = new Worker(new URL(`./export-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: options,
  });
  worker.on('message', (message: ExportMessage) => {
    if ('progress' in message) onProgress(message.progress.done, message.progress.total);
    else if ('facts' in message) resolve(message.facts);
    else reject(heard(message));
  });
  worker.on('error', reject);
  worker.on('exit', () => reject(new Error('the export ended before it was done')));
  return promise;
};
