/** Both engines, the same questions. What they answer differently is printed as a table at the end. */
import { afterAll, describe, expect, it } from 'vitest';
import { PROBES } from './probes.ts';
import { ENGINES, type EngineName, startStand } from './stand.ts';

describe.each(ENGINES)('%s', (engine) => {
  it.each(PROBES)('$name', async ({ run, expected }) => {
    const stand = await startStand(engine);
    try {
      expect(await run(stand)).toBe(typeof expected === 'string' ? expected : expected[engine]);
    } finally {
      await stand.stop();
    }
  });
});

afterAll(() => {
  const different = PROBES.flatMap(({ name, expected }) =>
    typeof expected === 'string' ? [] : [{ name, ...expected }],
  );
  const rows = [
    ['', ...ENGINES],
    ...different.map((row) => [row.name, ...ENGINES.map((engine: EngineName) => row[engine])]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  process.stdout.write(
    `\nThe two engines agree on ${PROBES.length - different.length} of ${PROBES.length} questions and differ on:\n${lines.join('\n')}\n\n`,
  );
});
