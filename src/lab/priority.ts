/**
 * Lets the relay's thread go first where both halves of the lab want the same core: a phone's packet does not wait until the
 * request before it was read. Elsewhere nothing changes.
 */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Of `nice`: a third of the weight of the relay's thread, so that who reads never stands still either. */
const BEHIND = 5;

/** Of the thread that calls; Linux counts priorities by thread. Where that cannot be had nothing happens. */
export function stepBehind(): void {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), BEHIND);
  } catch {
    // Another system, or one that allows nothing.
  }
}
