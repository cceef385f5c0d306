/**
 * What a lab's disk holds for certain, by strace(1): which parts of the store's files were written and not synced since. A sync
 * covers what was written before it was asked for, once it has returned.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { toolPath } from '../clients/tools.ts';

const FILES = ['evidence.db', 'evidence.db-wal', 'evidence.reserve'];
const CALLS = 'pwrite64,write,pwritev,ftruncate,fsync,fdatasync';

export interface Written {
  file: string;
  from: number;
  length: number;
}

/** Of a trace made with `-f -ttt -y`. */
export function readTrace(trace: string): Written[] {
  const open = new Map<string, Written[]>();
  const asked = new Map<string, { file: string; covers: number }>();
  const finish = (thread: string): void => {
    const sync = asked.get(thread);
    if (!sync) return;
    open.set(sync.file, (open.get(sync.file) ?? []).slice(sync.covers));
    // Another one under way covers as much less.
    for (const other of asked.values())
      if (other !== sync && other.file === sync.file) other.covers = Math.max(0, other.covers - sync.covers);
    asked.delete(thread);
  };
  for (const line of trace.split('\n')) {
    const resumed = /^(\d+) +[\d.]+ <\.\.\. f(?:data)?sync resumed>.*= 0$/.exec(line);
    if (resumed?.[1]) finish(resumed[1]);
    const [, thread = '', name = '', file = '', rest = ''] = /^(\d+) +[\d.]+ (\w+)\(\d+<([^>]+)>(.*)$/.exec(line) ?? [];
    if (name === 'fsync' || name === 'fdatasync') {
      asked.set(thread, { file, covers: open.get(file)?.length ?? 0 });
      if (/= 0$/.test(rest)) finish(thread);
    }
    const [, length, from] = /, (\d+), (\d+)(?:\)| <unfinished)/.exec(rest) ?? [];
    if (name === 'pwrite64' && from !== undefined)
      open.set(file, [...(open.get(file) ?? []), { file, from: Number(from), length: Number(length) }]);
  }
  return [...open.values()].flat();
}

/** Watches a running lab until it ends. Resolves when nothing of it is missed any more. */
export async function traceDisk(
  pid: number,
  dataDir: string,
  into: string,
): Promise<{ ended: Promise<unknown>; unsynced(): Written[] }> {
  const paths = FILES.flatMap((name) => ['-P', path.join(dataDir, name)]);
  const child = spawn(
    toolPath('strace'),
    ['-f', '-y', '-ttt', '-s', '0', '-e', `trace=${CALLS}`, ...paths, '-o', into, '-p', String(pid)],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(child, 'exit');
  await once(child.stderr, 'data');
  child.stderr.resume();
  return { ended, unsynced: () => readTrace(readFileSync(into, 'utf8')) };
}
