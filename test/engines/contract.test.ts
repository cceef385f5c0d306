/** Both engines, the same questions. Where their answers differ, known-differences.ts says how. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MITM_LIMITS } from '../../src/mitm/limits.ts';
import { KNOWN } from './known-differences.ts';
import { PROBES } from './probes.ts';
import { ENGINES, startStand } from './stand.ts';

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

describe('the table of known differences', () => {
  const sources = ['.', '../e2e'].flatMap((dir) =>
    readdirSync(path.join(import.meta.dirname, dir))
      .filter((name) => name.endsWith('.ts') && name !== 'known-differences.ts')
      .map((name) => readFileSync(path.join(import.meta.dirname, dir, name), 'utf8')),
  );

  it.each(Object.keys(KNOWN))('has a test that asks for: %s', (row) => {
    expect(sources.some((text) => text.includes(`KNOWN['${row}']`))).toBe(true);
  });

  it('holds no row in which the engines agree', () => {
    for (const [row, seen] of Object.entries(KNOWN)) expect(seen.wire, row).not.toBe(seen['http-mitm-proxy']);
  });

  it('counts as many limits as are said at start', () => {
    expect(KNOWN['product: limits said at start']['http-mitm-proxy']).toBe(String(MITM_LIMITS.length));
  });
});
