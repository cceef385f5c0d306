/**
 * What the API makes of a case, as the commands make it: each in a thread of its own with a limit of memory and time, one after
 * the other, and few that wait. The audit entry is the caller's.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { refused, type Told } from '../formats/refusal.ts';
import type { ExportFacts, ExportOptions, PackageVerdict } from '../model/lab.ts';
import { text } from '../model/text.ts';
import type { LiveDependencies, Outcome, SaidComparison } from '../sinks/live/dependencies.ts';
import { signingFingerprint } from './evidence.ts';
import { ownVersion } from './own-version.ts';
import { MAX_UPLOAD, nameless, receive } from './uploads.ts';

export type CaseJob =
  | {
      job: 'report';
      dataDir: string;
      id: string;
      format: 'html' | 'pdf';
      language: 'en' | 'vi';
      passphrase: string | null;
    }
  | { job: 'compare'; dataDir: string; a: string; b: string; language: 'en' | 'vi' }
  | { job: 'export'; options: ExportOptions }
  | { job: 'verify'; file: string };

export type CaseJobMessage = { value: unknown } | Told;

export type CaseFiles = Pick<LiveDependencies, 'caseReport' | 'compareCases' | 'exportCase' | 'verifyPackage'>;

const MEGABYTES = 512;
const TOO_LONG_MS = 120_000;
/** A page asks again whenever its language is changed. */
const MOST_READERS = 4;

const EXPORT_MS = 15 * 60_000;
/** Where a package lies until it is sent. */
const SCRATCH = 'export-';

export interface CaseFilesOptions {
  data: string;
  devicesFile: string | null;
  /** Of the lab's keys, where they are encrypted. */
  passphrase: string | null;
  /** Writes down what waits, so that the thread reads it. */
  flush(): void;
  /** Signs the chain as far as it goes. */
  sign(): void;
  /** Of a package that is verified. */
  maxBytes?: number;
}

export function createCaseFiles({
  data,
  devicesFile,
  passphrase,
  flush,
  sign,
  maxBytes = MAX_UPLOAD,
}: CaseFilesOptions): CaseFiles {
  // Of a lab that was killed meanwhile.
  for (const name of readdirSync(data).filter((one) => one.startsWith(SCRATCH)))
    rmSync(join(data, name), { recursive: true, force: true });
  const reading = createLine(MOST_READERS);
  const exporting = createLine(1);
  const verifying = createLine(1);
  return {
    verifyPackage: (body) =>
      verifying(async () => {
        const file = await nameless(data);
        try {
          if ((await receive(body, file, maxBytes)) === null) return { ok: true, value: null };
          const read = await inThread<PackageVerdict>({ job: 'verify', file: `/dev/fd/${file.fd}` }, TOO_LONG_MS);
          if (!read.ok) return read;
          // Whose key it is, no package can say of itself.
          const { fingerprint } = read.value;
          const isOwn = fingerprint !== null && fingerprint === signingFingerprint(data);
          return { ok: true, value: { ...read.value, isOwn } };
        } finally {
          await file.close();
        }
      }),
    caseReport: (id, given) =>
      reading(() => {
        flush();
        return inThread<string | Uint8Array>({ job: 'report', dataDir: data, id, passphrase, ...given }, TOO_LONG_MS);
      }),
    compareCases: (a, b, language) =>
      reading(() => {
        flush();
        return inThread<SaidComparison>({ job: 'compare', dataDir: data, a, b, language }, TOO_LONG_MS);
      }),
    exportCase: (id, { redact, language }) =>
      exporting(async () => {
        flush();
        sign();
        const scratch = mkdtempSync(join(data, SCRATCH));
        try {
          const file = join(scratch, 'case.zip');
          const facts = { dataDir: data, id, file, devicesFile, passphrase, timestamp: null, version: ownVersion() };
          const made = await inThread<ExportFacts>(
            { job: 'export', options: { ...facts, redact, language } },
            EXPORT_MS,
          );
          if (!made.ok) return made;
          const { bytes, fingerprint } = made.value;
          // From here on it has no name: it is gone when it was sent, or nobody takes it any more.
          return { ok: true, value: { bytes, fingerprint, stream: (await open(file)).createReadStream() } };
        } finally {
          rmSync(scratch, { recursive: true, force: true });
        }
      }),
  };
}

/** One after the other; more than `most` of them are refused. */
function createLine(most: number): <T>(task: () => Promise<Outcome<T>>) => Promise<Outcome<T>> {
  let before: Promise<unknown> = Promise.resolve();
  let asked = 0;
  return async (task) => {
    if (asked >= most) return refused(text('files.busy'));
    asked++;
    const own = before.then(task);
    before = own.catch(() => {});
    return own.finally(() => asked--);
  };
}

/** What can be mended is a refusal; anything else rejects. */
async function inThread<T>(job: CaseJob, limitMs: number): Promise<Outcome<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome<T>>();
  const worker = new Worker(new URL(`./case-files-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: MEGABYTES },
  });
  worker.unref();
  worker.on('message', (message: CaseJobMessage) => {
    if ('value' in message) resolve({ ok: true, value: message.value as T });
    else if (message.isExpected) resolve({ ok: false, why: message.fault, text: message.text });
    else reject(new Error(message.fault));
  });
  worker.on('error', reject);
  worker.on('exit', () => reject(new Error('the thread ended before it was done')));
  const timer = setTimeout(() => {
    resolve(refused(text('files.long')));
  }, limitMs).unref();
  return promise.finally(() => {
    clearTimeout(timer);
    void worker.terminate();
  });
}
