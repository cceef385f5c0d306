/** A replay sends the same each time it is played: what earlier ones sent is no persistent identifier of a phone. */
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { openComparison } from '../../src/lab/comparing.ts';
import { createMasking } from '../../src/lab/masking.ts';
import type { TokenRow } from '../../src/model/comparison.ts';

const row: TokenRow = {
  device: 'a',
  model: 'Lab Phone',
  caseId: null,
  phase: null,
  host: 'vendor.example',
  where: 'body',
  path: 'value',
  hash: 'kept-hash',
  shape: '40 hex digits',
  kind: null,
  issued: false,
  requests: 9,
  connections: 9,
  firstSeen: 1,
  lastSeen: 2,
};

it.each([
  ['of the world is remembered', { ...row, simulated: false }, 1],
  ['kept by an earlier version is remembered', row, 1],
  ['of a server stood in for is remembered', { ...row, simulated: true }, 1],
  ['of a replay is not', { ...row, device: 'replay.nokia', simulated: true }, 0],
])('what was compared before a restart, %s', (_what, kept, pairs) => {
  const evidence = { tokens: () => [kept], putTokens: () => ({ ok: true }) as const };
  const comparison = openComparison({
    evidence,
    key: randomBytes(32),
    devices: () => [],
    masking: createMasking(() => null),
    now: () => 0,
  });
  expect(comparison.stats().pairs).toBe(pairs);
});
