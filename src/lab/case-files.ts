/**
 * What the API makes of a case, as the commands make it: each in a thread of its own with a limit of memory and time, one after
 * the other, and few that wait. The audit entry is the caller's.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LiveDependencies, Outcome, SaidComparison } from '../sinks/live/dependencies.ts';

export type CaseJob =
  | { job: 'report'; dataDir: string; id: string; format: 'html' | 'pdf'; language: 'en' | 'vi' }
  | { job: 'compare'; dataDir: string; a: string; b: string; language: 'en' | 'vi' };

export type CaseJobMessage = { value: unknown } | { fault: string; isExpected: boolean };

export type CaseFiles = Pick<LiveDependencies, 'caseReport' | 'compareCases'>;

const MEGABYTES = 512;
const TOO_LONG_MS = 120_000;
/** A page asks again whenever its language is changed. */
const MOST_READERS = 4;

/** @param flush writes down what waits, so that the thread reads it */
export function createCaseFiles(dataDir: string, flush: () => void): CaseFiles {
  const reading = createLine(MOST_READERS);
  return {
    caseReport: (id, given) =>
      reading(() => {
        flush();
        return inThread<string | Uint8Array>({ job: 'report', dataDir, id, ...given });
      }),
    compareCases: (a, b, language) =>
      reading(() => {
        flush();
        return inThread<SaidComparison>({ job: 'compare', dataDir, a, b, language });
      }),
  };
}

/** One after the other; more than `most` of them are refused. */
function createLine(most: number): <T>(task: () => Promise<Outcome<T>>) => Promise<Outcome<T>> {
  let before: Promise<unknown> = Promise.resolve();
  let asked = 0;
  return async (task) => {
    if (asked >= most) return { ok: false, why: 'others are being made: ask again when they are done' };
    asked++;
    const own = before.then(task);
    before = own.catch(() => {});
    return own.finally(() => asked--);
  };
}

/** What can be mended is a refusal; anything else rejects. */
async function inThread<T>(job: CaseJob): Promise<Outcome<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome<T>>();
  const worker = new Worker(new URL(`./case-files-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: MEGABYTES },
  });
  worker.unref();
  worker.on('message', (message: CaseJobMessage) => {
    if ('value' in message) resolve({ ok: true, value: message.value as T });
    else if (message.isExpected) resolve({ ok: false, why: message.fault });
    else reject(new Error(message.fault));
  });
  worker.on('error', reject);
  worker.on('exit', () => reject(new Error('the thread ended before it was done')));
  const timer = setTimeout(() => {
    resolve({ ok: false, why: 'it took too long: make it with the command of the same name' });
  }, TOO_LONG_MS).unref();
  return promise.finally(() => {
    clearTimeout(timer);
    void worker.terminate();
  });
}
