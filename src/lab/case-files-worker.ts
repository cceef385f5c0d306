/** A thread that does one thing with a case and ends: whoever waits for it, or relays meanwhile, goes on. */
import { parentPort, workerData } from 'node:worker_threads';
import { told } from '../formats/refusal.ts';
import type { SaidComparison } from '../sinks/live/dependencies.ts';
import type { CaseJob, CaseJobMessage } from './case-files.ts';

const tell = (message: CaseJobMessage): void => parentPort?.postMessage(message);

async function done(job: CaseJob): Promise<unknown> {
  switch (job.job) {
    case 'report': {
      const { reportCase } = await import('./case-report.ts');
      return (await reportCase(job.dataDir, job.id, job)).content;
    }
    case 'compare':
      return compared(job);
    case 'verify': {
      const { verifyPackage } = await import('./package-check.ts');
      return verifyPackage(job.file);
    }
    case 'export': {
      const { exportCase } = await import('./export-case.ts');
      return exportCase(job.options, () => {});
    }
  }
}

async function compared({ dataDir, a, b, language }: Extract<CaseJob, { job: 'compare' }>): Promise<SaidComparison> {
  const { compareRuns } = await import('./compared-sides.ts');
  const { compareSentences, limitSentence, sideSentences } = await import('../report/comparison.ts');
  const comparison = await compareRuns(dataDir, a, b);
  const { claims, changes } = compareSentences(comparison, language);
  const sides = sideSentences(comparison, language);
  return { simulated: comparison.a.simulated, sides, claims, changes, limit: limitSentence(language) };
}

try {
  tell({ value: await done(workerData as CaseJob) });
} catch (error) {
  tell(told(error));
}
