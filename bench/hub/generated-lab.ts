/** A lab's store as its publisher reads it, generated and never on a disk: so that many publish as fast as the broker takes it. */
import { createHash } from 'node:crypto';
import { hashOf, START } from '../../src/formats/chain-link.ts';
import type { HubReader, StoredRecord } from '../../src/sinks/hub/reader.ts';
import { alertOf } from './generated.ts';

export function generatedLab(name: string, phones: number, alerts: number): HubReader {
  const hashes: Buffer[] = [Buffer.from(START.hash)];
  const recordAt = (position: number): StoredRecord => {
    const json = JSON.stringify(alertOf(name, position % phones, position, Date.now()));
    const commitment = createHash('sha256').update(`${name} ${position}`).digest();
    const record = { position, type: 'alert', replaces: null } as const;
    hashes[position] ??= hashOf(hashes[position - 1] as Buffer, { ...record, commitment });
    return {
      ...record,
      commitment: commitment.toString('hex'),
      hash: (hashes[position] as Buffer).toString('hex'),
      json,
    };
  };
  return {
    epoch: () => `generated-${name}`,
    head: () => alerts,
    hashAt: (position) => hashes[position]?.toString('hex') ?? null,
    after(position, limit) {
      const count = Math.max(0, Math.min(limit, alerts - position));
      return Array.from({ length: count }, (_, index) => recordAt(position + 1 + index));
    },
    lastSigned: () => null,
    sealedOf: () => null,
    close() {},
  };
}
