/** Run as a process of its own: writes lines in a loop that breathes, then reports over stderr and ends. */
import { createLineWriter, openStandardOutput } from '../../src/cli/line-writer.ts';

const lines = Number(process.argv[2]);
const writer = createLineWriter(openStandardOutput(), { gapLine: (from, to) => `gap ${from}-${to}` });
let ticks = 0;
for (let seq = 1; seq <= lines; seq++) {
  writer.write(`${seq} ${'x'.repeat(200)}`, seq);
  if (seq % 500 === 0) {
    await new Promise(setImmediate);
    ticks++;
  }
}
// When the reader left, the error arrives with the next turns of the loop.
for (let turn = 0; turn < 100 && !writer.stats().gone && lines > 1000; turn++) await new Promise(setImmediate);
process.stderr.write(`${JSON.stringify({ ...writer.stats(), ticks })}\n`);
await writer.end(30_000);
