/** A thread that does one thing with a case and ends: whoever waits for it, or relays meanwhile, goes on. */
import { parentPort, workerData } from 'node:worker_threads';
import { LabError } from '../model/lab.ts';
import type { CaseJob, CaseJobMessage } from './case-files.ts';

const tell = (message: CaseJobMessage): void => parentPort?.postMessage(message);

async function done(job: CaseJob): Promise<unknown> {
  const { dataDir, id, format, language } = job;
  const { reportCase } = await import('./case-report.ts');
  return (await reportCase(dataDir, id, { format, language })).content;
}

try {
  tell({ value: await done(workerData as CaseJob) });
} catch (error) {
  tell({ fault: error instanceof Error ? error.message : String(error), isExpected: error instanceof LabError });
}
