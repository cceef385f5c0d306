/** The chain of a package of millions of records. */
import { expect, it } from 'vitest';
import { createChainCheck } from '../../src/lab/package-chain.ts';
import { retainedBytes } from '../retained-memory.ts';

it('holds of a signed end its text, and no block that others’ bytes were cut from', () => {
  const SIGNED = 1000;
  const check = createChainCheck(false);
  const lines = (value: object): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);
  check.push('chain.ndjson', lines({ epoch: 'e', after: { position: 0, hash: '0'.repeat(64) } }));
  const before = retainedBytes();
  for (let position = 1; position <= SIGNED; position++) {
    const line = { position, type: 'flow', replaces: null, commitment: 'c'.repeat(64), hash: 'h'.repeat(64) };
    check.push('chain.ndjson', lines(line));
    check.push('chain.ndjson', lines({ signed: position, time: 't', signature: 's'.repeat(128) }));
    // What is read between two of them.
    for (let read = 0; read < Buffer.poolSize; read += 1000) Buffer.allocUnsafe(1000);
  }
  expect(retainedBytes() - before).toBeLessThan(SIGNED * 2000);
  expect(check.counts().records).toBe(SIGNED);
});
