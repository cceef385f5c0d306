/**
 * The files that a stopped scan did not read to their end.
 * Promise: each is named, up to a bound; those beyond it are counted.
 */
import { words } from './words.ts';

export interface StoppedFiles {
  /** @param entries of it that were read; null: it was not begun */
  add(file: string, entries: number | null): void;
  count(): { inPart: number; notBegun: number };
  /** For people. */
  notes(): string[];
  /** For programs. Null: nothing was stopped. */
  summary(): object | null;
}

/** Named to people. */
const MOST_NAMED = 50;
/** Named to programs. */
const MOST_KEPT = 10_000;

export function createStoppedFiles(): StoppedFiles {
  const inPart: { file: string; entries: number }[] = [];
  const notBegun: string[] = [];
  let unnamed = 0;
  return {
    add(file, entries) {
      if (entries !== null) inPart.push({ file, entries });
      else if (notBegun.length < MOST_KEPT) notBegun.push(file);
      else unnamed++;
    },
    count: () => ({ inPart: inPart.length, notBegun: notBegun.length + unnamed }),
    notes() {
      const named = notBegun.slice(0, MOST_NAMED);
      const left = notBegun.length + unnamed - named.length;
      const more = left > 0 ? words('scan.stopped.more', { count: left }) : '';
      return [
        ...inPart.map(({ file, entries }) => words('scan.stopped.in', { file, count: entries })),
        ...(named.length > 0 ? [words('scan.stopped.not-begun', { files: named.join(', '), more })] : []),
      ];
    },
    summary: () =>
      inPart.length + notBegun.length === 0
        ? null
        : { readInPart: inPart, notRead: notBegun, ...(unnamed > 0 ? { notNamed: unnamed } : {}) },
  };
}
