/**
 * The process that compiles tables: `node compile-main.ts '<Task[] as JSON>'`, so that its memory is not the lab's.
 * Prints its progress (0 to 1) on stdout, one number per line; on failure one line on stderr and exit code 1.
 */
import { readFileSync } from 'node:fs';
import { PUBLIC, replaceFile } from '../formats/replace-file.ts';
import { type CompileInput, compileAsTables } from './as-table-compiler.ts';
import { encodeVendors } from './vendors.ts';

export type Task =
  | ({ table: 'networks' } & CompileInput)
  | { table: 'vendors'; registry: string; source: string; path: string };

async function run(task: Task, onProgress: (done: number) => void): Promise<void> {
  if (task.table === 'networks') return compileAsTables(task, onProgress);
  replaceFile(task.path, encodeVendors(JSON.parse(readFileSync(task.registry, 'utf8')), task.source), PUBLIC);
}

try {
  const tasks = JSON.parse(process.argv[2] ?? '') as Task[];
  for (const [i, task] of tasks.entries()) {
    const report = (done: number): boolean => process.stdout.write(`${(i + done) / tasks.length}\n`);
    await run(task, report);
    report(1);
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
