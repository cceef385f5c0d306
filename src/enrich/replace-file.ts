/** Whole or not there: written beside, then renamed. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** @throws what the disk says; the old file is then still there and nothing is left beside it. */
export function replaceFile(path: string, bytes: Buffer): void {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, bytes, { flush: true });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
