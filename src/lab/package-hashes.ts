/** The hashes of a package's records, to be held against what its lab told a hub. */
import { createInterface } from 'node:readline';
import { labError } from '../formats/refusal.ts';
import type { PackageChain } from '../model/hub.ts';
import { text } from '../model/text.ts';
import { openPackageEntry, verifyPackage } from './package-check.ts';

/** 32 bytes of memory a record. @throws LabError when the package is not intact, or holds no chain */
export async function readPackageChain(file: string): Promise<PackageChain> {
  const { problem, problemText } = await verifyPackage(file);
  if (problem !== null) throw labError(text('records.changed-package', { file, problem: problemText ?? problem }));
  const hashes: Buffer[] = [];
  let epoch = '';
  let first = 0;
  await openPackageEntry(file, 'chain.ndjson', async (input) => {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const said = JSON.parse(line) as { epoch?: string; position?: number; hash?: string };
      if (said.epoch !== undefined) epoch = said.epoch;
      if (said.position === undefined || said.hash === undefined) continue;
      if (hashes.length === 0) first = said.position;
      hashes.push(Buffer.from(said.hash, 'hex'));
    }
  });
  if (hashes.length === 0) throw labError(text('records.no-chain', { file }));
  return { epoch, first, hashes: Buffer.concat(hashes) };
}
