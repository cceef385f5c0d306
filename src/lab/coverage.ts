/**
 * The coverage of a running lab, kept beyond it: goes on where the run before stopped, and knows when no lab ran.
 * Promise: a killed lab loses the last seconds of its counts at most, and the time it was away is an entry of its own.
 */
import { type Coverage, type CoverageOptions, createCoverage } from '../coverage/coverage.ts';
import { say } from '../formats/say.ts';
import type { Text } from '../model/text.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';

export interface KeptCoverageOptions extends Omit<CoverageOptions, 'initial' | 'gaps' | 'onGap'> {
  evidence: EvidenceStore;
  /** Fingerprint of the lab's certificate: what a phone made of an earlier one says nothing of this one. */
  root: string;
  /** Another thread of this lab ended: phones went on through the relay, and their open connections are told anew. */
  isRestart: boolean;
  now: () => number;
}

export interface LabCoverage extends Coverage {
  /** What a watcher of the network says of itself: a line of trouble, or null when it works again. */
  heard(subject: string, line: Text | null): void;
  /** Nobody looked for so long; it is over. */
  wasDeaf(sinceMs: number): void;
  /** Call about once a second. */
  keep(): void;
  close(): void;
}

/** A killed lab loses at most this much, and seems to have been away for as much longer. */
const KEEP_MS = 5000;

/** Watchers without which something a phone sends is not counted. */
const COUNTING: ReadonlySet<string> = new Set([
  'look-ups',
  'refused attempts',
  'datagrams',
  'inventory',
  'flows as they come',
  'counters',
  'many flows',
]);

export function openCoverage({ evidence, root, isRestart, now, ...options }: KeptCoverageOptions): LabCoverage {
  const time = now();
  const last = evidence.lastAlive();
  if (last !== null && last < time) {
    const [from, to] = [last, time].map((at) => new Date(at).toISOString()) as [string, string];
    evidence.putGap({ kind: isRestart ? 'unwatched' : 'lab-down', subject: 'lab', from, to, detail: null });
  }
  evidence.putAlive(time);
  const coverage = createCoverage({
    ...options,
    initial: evidence.coverage().map((kept) => {
      const counted = isRestart ? kept.closed : kept.withOpen;
      return kept.root === root ? counted : { ...counted, trust: 'unknown' as const };
    }),
    gaps: evidence.gaps(),
    onGap: (gap) => void evidence.putGap(gap),
  });
  let keptAt = time;

  function keep(): void {
    keptAt = now();
    evidence.putCoverage(coverage.changed().map((kept) => ({ ...kept, root })));
    evidence.putAlive(keptAt);
  }

  return {
    ...coverage,
    heard(subject, line) {
      if (!COUNTING.has(subject)) return;
      if (line === null) coverage.gaps.end(subject, now());
      else coverage.gaps.begin('not-counted', subject, say(line), now(), line);
    },
    wasDeaf(sinceMs) {
      const time = now();
      coverage.gaps.begin('unwatched', 'lab', null, time - sinceMs);
      coverage.gaps.end('lab', time);
    },
    keep() {
      if (now() - keptAt >= KEEP_MS) keep();
    },
    close() {
      coverage.gaps.close(now());
      keep();
    },
  };
}
