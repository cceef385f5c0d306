/** A progress bar on stderr, on terminals only, at most ten times a second. */
import { words } from './words.ts';

export interface Progress {
  show(bytes: number, totalBytes: number, counts: { entries: number; findings: number }): void;
  /** Steps of which nobody counts anything else. */
  showShare(done: number, total: number): void;
  clear(): void;
}

const EVERY_MS = 100;
const BAR_CELLS = 30;

export function createProgress(stream: NodeJS.WriteStream, now: () => number = Date.now): Progress {
  if (!stream.isTTY) return { show: () => {}, showShare: () => {}, clear: () => {} };
  let shownAt = 0;
  return {
    show(bytes, totalBytes, { entries, findings }) {
      if (now() - shownAt < EVERY_MS) return;
      shownAt = now();
      const done = totalBytes
        ? drawShare(Math.min(1, bytes / totalBytes))
        : words('scan.megabytes', { size: (bytes / 1e6).toFixed(1) });
      stream.write(`\r${words('scan.progress', { done, entries, findings })}\u001b[K`);
    },
    showShare(done, total) {
      if (now() - shownAt < EVERY_MS) return;
      shownAt = now();
      stream.write(`\r${drawShare(Math.min(1, done / Math.max(1, total)))}\u001b[K`);
    },
    clear() {
      if (shownAt) stream.write('\r\u001b[K');
    },
  };
}

function drawShare(share: number): string {
  const full = Math.round(share * BAR_CELLS);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_CELLS - full);
  return `${bar} ${String(Math.round(share * 100)).padStart(3)} %`;
}
