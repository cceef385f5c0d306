/**
 * Waits for the end of a long-running command: Ctrl-C, SIGTERM, SIGHUP, or a reader that closed our pipe.
 * Promise: the first signal resolves, so that everything can be flushed; the second one ends the process at once with 130.
 */

export type StopCause = 'signal' | 'pipe-closed';

export function untilStopped(): Promise<StopCause> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve('signal');
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') resolve('pipe-closed');
    });
  });
}
