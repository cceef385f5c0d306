/** A thread that makes one package: whoever waits for it, or relays meanwhile, goes on. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Told, told } from '../formats/refusal.ts';
import type { ExportFacts, ExportOptions } from '../model/lab.ts';
import { type ExportProgress, exportCase } from './export-case.ts';

export type ExportMessage = { progress: ExportProgress } | { facts: ExportFacts } | Told;

const tell = (message: ExportMessage): void => parentPort?.postMessage(message);

try {
  const facts = await exportCase(workerData as ExportOptions, (progress) => tell({ progress }));
  tell({ facts });
} catch (error) {
  tell(told(error));
}
