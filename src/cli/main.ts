/**
 * The entry of `phonehome`: runs one command line and sets the exit code.
 * Promise: errors are one line on stderr; a closed pipe (`| head`) ends quietly; output that a disk did not take is a failure.
 */
import { exitCodeOf, report } from './errors.ts';
import { runCommandLine } from './program.ts';

const args = process.argv.slice(2);
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A command that has something to finish (start) listens itself.
    if (stream.listenerCount('error') > 1) return;
    if (error.code === 'EPIPE') process.exit(0);
    if (stream === process.stderr) return;
    report(error, args.includes('--verbose'));
    process.exit(1);
  });
}

try {
  process.exitCode = await runCommandLine(args);
} catch (error) {
  report(error, args.includes('--verbose'));
  process.exitCode = exitCodeOf(error);
}
