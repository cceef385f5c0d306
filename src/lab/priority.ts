/**
 * Lets the relay's thread go first where both halves of the lab want the same core: a phone's packet does not wait until the
 * request before it was read. Elsewhere nothing changes.
 */
import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** Steps of `nice` behind the relay's thread, however that was started: a third of its weight, so that who reads never stands still either. */
const BEHIND = 5;

/** Of the thread that calls; Linux counts priorities by thread. Where that cannot be had nothing happens. */
export function stepBehind(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, Math.min(getPriority(thread) + BEHIND, constants.priority.PRIORITY_LOW));
  } catch {
    // Another system, or one that allows nothing.
  }
}
