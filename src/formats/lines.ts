/** Chunks of a tool's output, cut into lines. */

/** Longer than any line of the tools that are read; a longer one is cut rather than kept. */
const MAX_LINE = 4096;

/** Empty lines are left out. */
export function createLines(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) if (line !== '') onLine(line);
  };
}
