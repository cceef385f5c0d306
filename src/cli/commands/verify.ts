/** `phonehome verify`: holds what is stored against the chain that was kept while it was stored. A lab may run meanwhile. */
import { existsSync, readFileSync } from 'node:fs';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../model/checkpoint.ts';
import { LabError } from '../../model/lab.ts';
import type { StoreVerdict } from '../../model/verdict.ts';
import { UsageError } from '../errors.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';

interface VerifyFlags {
  data: string;
  json: boolean;
  head?: boolean;
  expect?: string | null;
}

export async function verify(given: Record<string, unknown>, [file]: string[] = []): Promise<number> {
  const { data, json, head = false, expect = null } = given as unknown as VerifyFlags;
  if (file !== undefined) return verifyPackage(file, data, json);
  const verdict = await (await loadLab()).verifyRecorded(data, expect === null ? null : expectedIn(expect));
  if (head && !json) return printHead(verdict);
  if (json) printJson({ type: 'verdict', ...verdict });
  else print(...describe(verdict));
  return verdict.isIntact ? 0 : 1;
}

/** The line alone, for a file or a program; nothing is taken away of a store that was changed. */
function printHead(verdict: StoreVerdict): number {
  if (!verdict.isIntact) throw new LabError('the store was changed: "phonehome verify" says where');
  if (verdict.checkpoint === null) throw new LabError('nothing is signed yet: let the lab run for a minute');
  print(writeCheckpoint(verdict.checkpoint));
  return 0;
}

/** The line itself, or a file that holds it. */
function expectedIn(given: string): Checkpoint {
  const found =
    readCheckpoint(given) ?? readCheckpoint(existsSync(given) ? firstHeadIn(readFileSync(given, 'utf8')) : '');
  if (found) return found;
  throw new UsageError('--expect takes the line that "phonehome verify --head" printed, or a file that holds it');
}

const firstHeadIn = (text: string): string => text.split('\n').find((line) => line.startsWith('phonehome-head ')) ?? '';

async function verifyPackage(file: string, data: string, json: boolean): Promise<number> {
  const module = await loadLab();
  const verdict = await module.verifyPackage(file);
  // Whose key it is, no package can say of itself.
  const own = await module.signingFingerprint(data).catch(() => null);
  const isOwn = own !== null && own === verdict.fingerprint;
  if (json) printJson({ type: 'package-verdict', file, ...verdict, isOwn });
  else {
    const { isIntact, problem, problems, files, rows, records, signed, head, fingerprint } = verdict;
    print(
      isIntact
        ? `Intact: ${files} files are what was written; ${rows} rows fit ${records} records of the chain.`
        : `Changed. The first that does not fit: ${problem}.`,
      ...(problems > 1 ? [`${problems} things do not fit in all.`] : []),
      ...(isIntact && records > 0
        ? [`The chain is signed as far as record ${signed}; last record: ${head?.position} ${head?.hash}`]
        : []),
      ...(fingerprint === null
        ? []
        : [
            `Key in the package: ${fingerprint}${isOwn ? ', which is the key of this lab' : ' (ask the lab that made it, by another way, whether it is its own)'}.`,
          ]),
    );
  }
  return verdict.isIntact ? 0 : 1;
}

function describe({
  isIntact,
  records,
  rows,
  destroyed,
  began,
  head,
  signed,
  problem,
  problems,
  checkpoint,
  isExpected,
}: StoreVerdict): string[] {
  const lines: string[] = [];
  if (isIntact) lines.push(`Intact: ${rows} rows are what was written, in a chain of ${records} records.`);
  else if (problem) {
    const { position, type, what } = problem;
    lines.push(
      `Changed. The first that does not fit: ${position === null ? '' : `record ${position}`}${type ? ` (${type})` : ''}: ${what}.`,
    );
    if (problems > 1) lines.push(`${problems} things do not fit in all.`);
  }
  if (destroyed > 0)
    lines.push(`${destroyed} records lost their rows by age, or because somebody was forgotten; each has a tombstone.`);
  for (const { position, time, reason, rows: taken } of began) {
    const counts = Object.entries(taken).map(([table, count]) => `${count} ${table}`);
    if (counts.length > 0)
      lines.push(
        `From ${time} on (record ${position}, ${reason}): ${counts.join(', ')} were taken in as they were found.`,
      );
  }
  const behind = records - (signed?.position ?? 0);
  lines.push(
    signed === null
      ? 'Nothing is signed yet.'
      : `Signed as far as record ${signed.position}, ${signed.time}${behind > 0 ? `; ${behind} after it` : ''}.`,
    `Last record: ${head.position} ${head.hash}`,
  );
  if (isExpected) lines.push('It goes on from the expected head.');
  else if (isExpected === null && checkpoint !== null)
    lines.push(
      'Whoever cuts off its end together with the signatures there is found only by a head that was noted elsewhere: phonehome verify --head.',
    );
  return lines;
}
