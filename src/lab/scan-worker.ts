/** A thread that scans one file: what it finds goes out in batches, no further ahead than its reader allows. */
import { parentPort, workerData } from 'node:worker_threads';
import { told } from '../formats/refusal.ts';
import { type ScannedFile, scanFile } from './scan-file.ts';
import { BATCH, type ScanMessage, type ScanOrder, type ScanWorkerData } from './scanning.ts';

const { file, index, options, ahead } = workerData as ScanWorkerData;
const port = parentPort as NonNullable<typeof parentPort>;
const tell = (message: ScanMessage): void => port.postMessage(message);
let credit = ahead;
let go = (): void => {};
const stopping = new AbortController();
port.on('message', (order: ScanOrder) => {
  if (order === 'stop') {
    stopping.abort();
    return;
  }
  credit++;
  go();
});

async function send(batch: ScannedFile[]): Promise<void> {
  if (credit === 0)
    await new Promise<void>((resolve) => {
      go = resolve;
    });
  credit--;
  tell({ batch });
}

try {
  let batch: ScannedFile[] = [];
  for await (const one of scanFile(file, index, options, stopping.signal)) {
    batch.push(one);
    if (batch.length < BATCH && one.type !== 'progress') continue;
    await send(batch);
    batch = [];
  }
  await send(batch);
  tell({ isOver: true });
} catch (error) {
  tell(told(error));
}
port.close();
