/**
 * Waits for the end of a long-running command: Ctrl-C, SIGTERM, SIGHUP, or a reader that closed our pipe.
 * Promise: the first signal resolves, so that everything can be flushed; the second one ends the process at once with 130.
 */

export type StopCause = 'signal' | 'pipe-closed';

export function untilStopped(): Promise<StopCause> {
  return stopSignal().stopped;
}

/** The same, for a command that writes to standard output by other means than `process.stdout`. */
export function stopSignal(): { stopped: Promise<StopCause>; pipeClosed: () => void } {
  let pipeClosed = () => {};
  const stopped = new Promise<StopCause>((resolve) => {
    let asked = false;
    const stop = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve('signal');
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    pipeClosed = () => resolve('pipe-closed');
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') pipeClosed();
    });
  });
  return { stopped, pipeClosed };
}
