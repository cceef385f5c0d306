/** `chain.ndjson` and `chain-head.txt` of a package: the stretch of the hash chain that its records stand in. */
import type { KeyObject } from 'node:crypto';
import { writeCheckpoint } from '../model/checkpoint.ts';
import type { ExportParts } from './export-parts.ts';

export interface ChainEnd {
  position: number;
  hash: string;
}

/** @returns the last record that is in it; null: none */
export async function addChain(parts: ExportParts): Promise<ChainEnd | null> {
  const { zip, options, missing } = parts;
  const told: { head: ChainEnd | null; signed: number } = { head: null, signed: 0 };
  await zip.add('chain.ndjson', chainLines(parts, told));
  const { head, signed } = told;
  if (head === null) missing.push('chain.ndjson: nothing of this test run stands in the chain');
  if (options.redact)
    missing.push('chain.ndjson: what opens its commitments, because the rows they are about were redacted');
  if (head && signed < head.position)
    missing.push(`chain.ndjson: records after ${signed} were not signed when this was made`);
  return head;
}

function* chainLines(
  { rows, options, step }: ExportParts,
  told: { head: ChainEnd | null; signed: number },
): Generator<string> {
  const before = rows.before();
  if (before === null) return;
  yield line({ epoch: rows.epoch, after: { position: before.position, hash: hex(before.hash) } });
  // One in a thousand records, in the same order.
  const signatures = rows.signatures();
  let next = signatures.next();
  for (const { position, type, replaces, commitment, hash, row } of rows.chain()) {
    const opened = row && !options.redact && { salt: hex(row.salt), fields: row.fields };
    told.head = { position, hash: hex(hash) };
    yield line({ position, type, replaces, commitment: hex(commitment), hash: told.head.hash, ...opened });
    if (row?.type === 'flow') step(1);
    for (; !next.done && next.value.position <= position; next = signatures.next()) {
      const { time, signature } = next.value;
      yield line({ signed: position, time, signature: hex(signature) });
      told.signed = position;
    }
  }
}

/** A line that the lab's store can be held against later, whatever was cut off or written anew in it. */
export async function addHead({ zip, rows, missing }: ExportParts, key: KeyObject): Promise<void> {
  const checkpoint = rows.checkpoint(key);
  if (checkpoint) await zip.add('chain-head.txt', `${writeCheckpoint(checkpoint)}\n`);
  else missing.push('chain-head.txt: nothing of the chain was signed when this was made');
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;
const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
