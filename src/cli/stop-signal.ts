/**
 * Waits for the end of a long-running command: Ctrl-C, SIGTERM, SIGHUP, or a reader that closed our pipe.
 * Promise: the first signal resolves, so that everything can be flushed; the second one ends the process at once with 130.
 */

export type StopCause = 'signal' | 'pipe-closed';

export function untilStopped(): Promise<StopCause> {
  return stopSignal().stopped;
}

const PARENT_EVERY_MS = 500;

/** npm and npx run a command in a shell that passes no signal on: it dies, and what it ran would go on for ever. */
function whenOrphaned(stop: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, PARENT_EVERY_MS).unref();
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
    if (process.env.npm_command !== undefined) whenOrphaned(() => resolve('signal'));
    pipeClosed = () => resolve('pipe-closed');
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') pipeClosed();
    });
  });
  return { stopped, pipeClosed };
}
