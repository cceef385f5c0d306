/**
 * Runs the kernel's tools for the lab, which asks over the channel between the two (`tool-runner.ts`). It is small, so that a program
 * is started in a millisecond. It ends with the channel, when what
 * it runs has ended; signals of the terminal are the lab's.
 */
import { runTool, streamTool } from './tool.ts';
import type { Answer, Asked } from './tool-runner.ts';

/** A tool that does not heed the end is left to the machine. */
const LONGEST_END_MS = 2000;
const ending = new AbortController();
const running = new Set<Promise<unknown>>();

const answer = (said: Answer): void => void (process.connected && process.send?.(said));

async function run({ id, kind, prefix, name, args, limitMs }: Asked): Promise<void> {
  if (kind === 'run') answer({ id, said: await runTool(prefix, name, args, limitMs, ending.signal) });
  else answer({ id, said: await streamTool(prefix, name, args, (chunk) => answer({ id, chunk }), ending.signal) });
}

process.on('message', (asked: Asked) => {
  const one = run(asked).finally(() => running.delete(one));
  running.add(one);
});
process.on('disconnect', () => {
  ending.abort();
  setTimeout(() => process.exit(), LONGEST_END_MS).unref();
  void Promise.allSettled(running).then(() => process.exit());
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
