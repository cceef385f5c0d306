/**
 * What the running lab does to its store by the clock: destroys what is older than it is to be kept, a little at a time, and
 * signs the chain when something came. Promise: no step takes the thread longer than some ten milliseconds.
 */
import { RETENTION_DAYS } from '../model/lab.ts';
import type { ContentStore } from '../sinks/content/store.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';

const LOOK_MS = 60_000;
/** While there is more to destroy. */
const NEXT_MS = 1000;
/** Of alerts and of connections, in one step: 26 million a day. */
const STEP = 300;
/** Of kept content, each of up to 64 KB, which is overwritten. */
const PIECES = 30;
const DAY_MS = 86_400_000;

/** @returns the function that ends it */
export function openUpkeep(
  evidence: Pick<EvidenceStore, 'prune' | 'checkpoint'>,
  retentionDays = RETENTION_DAYS,
  now: () => number = Date.now,
  content: Pick<ContentStore, 'prune'> | null = null,
  more: (now: number) => void = () => {},
): () => void {
  let timer = setTimeout(look, 0);

  function look(): void {
    const before = now() - retentionDays * DAY_MS;
    const isWanted = retentionDays > 0 && before > 0;
    const { alerts, flows } = isWanted ? evidence.prune(before, STEP) : { alerts: 0, flows: 0 };
    const pieces = isWanted ? (content?.prune(before, PIECES) ?? 0) : 0;
    if (isWanted && alerts + flows === 0) more(now());
    if (alerts + flows === 0) evidence.checkpoint();
    timer = setTimeout(look, alerts + flows + pieces > 0 ? NEXT_MS : LOOK_MS).unref();
  }
  timer.unref();
  return () => clearTimeout(timer);
}
