/** Runs command lines one after the other in a process that stands, as `src/cli/main.ts` runs one; asked and answered over IPC. */
import { exitCodeOf, report } from '../../src/cli/errors.ts';
import { runCommandLine } from '../../src/cli/program.ts';

const STREAMS = ['stdout', 'stderr'] as const;

// With who asks it ends, whatever a command left open.
process.once('disconnect', () => process.exit());
process.on('message', async (args: string[]) => {
  const said = { stdout: '', stderr: '' };
  const writes = STREAMS.map((stream) => process[stream].write);
  for (const stream of STREAMS)
    process[stream].write = (chunk: string | Uint8Array, ...more: unknown[]) => {
      said[stream] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      const written = more.at(-1);
      if (typeof written === 'function') process.nextTick(written);
      return true;
    };
  let code: number;
  try {
    code = await runCommandLine(args);
  } catch (error) {
    report(error, args.includes('--verbose'));
    code = exitCodeOf(error);
  }
  STREAMS.forEach((stream, index) => {
    process[stream].write = writes[index] as typeof process.stdout.write;
  });
  process.send?.({ code, signal: null, ...said });
});
