import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { SOURCE } from '../house.ts';

const STATIC = /^\s*(?:import|export)\s+(?!type\b)[^;'"]*?from\s+['"]([^'"]+)['"]/gm;

function reachedFrom(start: string): Set<string> {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    if (!file.endsWith('.ts')) return;
    for (const [, target = ''] of readFileSync(path.join(SOURCE, file), 'utf8').matchAll(STATIC))
      visit(target.startsWith('.') ? path.join(path.dirname(file), target) : target);
  };
  visit(start);
  return reached;
}

it.each(['lab/lab-worker.ts', 'lab/start.ts', 'main.ts'])('a lab without a hub loads nothing of it: %s', (start) => {
  const reached = [...reachedFrom(start)];
  expect(reached.length).toBeGreaterThan(1);
  expect(reached.filter((name) => /@nats-io|^pg$|(?:^|\/)hub\//.test(name) || name === 'lab/hub.ts')).toEqual([]);
});

it('and the program that publishes loads no database, the hub no store', () => {
  expect([...reachedFrom('lab/hub-worker.ts')]).toContain('@nats-io/transport-node');
  expect([...reachedFrom('lab/hub-worker.ts')]).not.toContain('pg');
  expect([...reachedFrom('hub/serve.ts')]).toContain('pg');
  expect([...reachedFrom('hub/serve.ts')].filter((name) => name.startsWith('sinks/'))).toEqual([]);
});
