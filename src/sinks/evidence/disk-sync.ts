/**
 * Asks a disk to hold what was written to a file. Many may ask at a time: one request, off this thread, is for all who asked before
 * it began (group commit).
 */
import { closeSync, constants, fdatasync, fdatasyncSync, openSync } from 'node:fs';

/** Whether the disk holds it now. */
export type OnDisk = (isHeld: boolean) => void;

export interface DiskSync {
  /** Everything written before this call will be on the disk soon; then, or when it refuses, the disk's answer is told. */
  soon(told?: OnDisk): void;
  /** The same, waiting for it; who waits for an earlier request is told as well. */
  now(): boolean;
  close(): void;
}

export function createDiskSync(file: string): DiskSync {
  let descriptor: number | null = null;
  let underWay: OnDisk[] | null = null;
  let next: OnDisk[] = [];
  let isWanted = false;
  let isClosed = false;

  /** Null: nothing was written to it yet. */
  function open(): number | null {
    try {
      descriptor ??= openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch {
      return null;
    }
    return descriptor;
  }
  function tell(waiting: OnDisk[], isHeld: boolean): void {
    for (const told of waiting.splice(0)) told(isHeld);
  }
  function begin(): void {
    isWanted = false;
    const opened = open();
    const covered = next;
    next = [];
    if (opened === null) {
      tell(covered, true);
      return;
    }
    underWay = covered;
    fdatasync(opened, (error) => {
      underWay = null;
      if (isWanted && !isClosed) begin();
      tell(covered, error === null);
      if (isClosed) release();
    });
  }
  function release(): void {
    if (descriptor !== null) closeSync(descriptor);
    descriptor = null;
  }

  return {
    soon(told) {
      if (told) next.push(told);
      isWanted = true;
      if (underWay === null) begin();
    },
    now() {
      const opened = open();
      try {
        if (opened !== null) fdatasyncSync(opened);
      } catch {
        return false;
      }
      tell([...(underWay?.splice(0) ?? []), ...next.splice(0)], true);
      return true;
    },
    close() {
      isClosed = true;
      if (underWay === null) release();
    },
  };
}
