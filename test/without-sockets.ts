/**
 * Which test files open no socket and start no program or thread: neither they nor the test code they import, directly or not,
 * imports what opens one, and nothing they reach at all starts a thread or a program. They leave nothing behind in a process, so
 * they share one (`vitest.config.ts`).
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { importsIn } from './house.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const OPENS = /^(?:node:(?:net|tls|https?2?|dgram)|ws|playwright-core|@grpc\/.*)$/;
const STARTS = /'node:child_process'|\bnew (?:Worker|WebSocket)\(|\bfetch\(/;

/** Of all rooms, as paths from the root; the few tests beside the rooms are not asked. */
export function testsWithoutSockets(): string[] {
  const read = new Map<string, { text: string; imports: string[] }>();
  const contentOf = (file: string): { text: string; imports: string[] } => {
    const known = read.get(file);
    if (known) return known;
    const text = existsSync(path.join(ROOT, file)) ? readFileSync(path.join(ROOT, file), 'utf8') : '';
    const content = { text, imports: importsIn(text) };
    read.set(file, content);
    return content;
  };
  const opens = (file: string): boolean => {
    const reached = new Set([file]);
    for (const each of reached) {
      const { text, imports } = contentOf(each);
      if (STARTS.test(text) || (each.startsWith('test/') && imports.some((name) => OPENS.test(name)))) return true;
      for (const name of imports)
        if (name.startsWith('.') && name.endsWith('.ts')) reached.add(path.join(path.dirname(each), name));
    }
    return false;
  };
  return globSync('test/*/**/*.test.ts', { cwd: ROOT })
    .filter((file) => !file.startsWith('test/load/') && !opens(file))
    .toSorted();
}
