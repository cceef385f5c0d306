/**
 * Runs the kernel's tools for the lab, which asks over the channel between the two (`tool-runner.ts`). It is small, so that a program
 * is started in a millisecond. It ends with the channel; signals of the terminal are the lab's.
 */
import { runTool, streamTool } from './tool.ts';
import type { Answer, Asked } from './tool-runner.ts';

const answer = (said: Answer): void => void process.send?.(said);

process.on('message', async ({ id, kind, prefix, name, args, limitMs }: Asked) => {
  if (kind === 'run') return answer({ id, said: await runTool(prefix, name, args, limitMs) });
  return answer({ id, said: await streamTool(prefix, name, args, (chunk) => answer({ id, chunk })) });
});
process.on('disconnect', () => process.exit());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
