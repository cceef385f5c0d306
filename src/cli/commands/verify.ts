/** `phonehome verify`: holds what is stored against the chain that was kept while it was stored. A lab may run meanwhile. */
import { existsSync } from 'node:fs';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../model/checkpoint.ts';
import { LabError } from '../../model/lab.ts';
import type { StoreVerdict } from '../../model/verdict.ts';
import { UsageError } from '../errors.ts';
import { loadLab } from '../main-module.ts';
import { readGiven } from '../named-file.ts';
import { print, printJson } from '../output.ts';
import { inWords, words } from '../words.ts';

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
  if (!verdict.isIntact) throw new LabError(words('verify.changed-store'));
  if (verdict.checkpoint === null) throw new LabError(words('verify.not-signed'));
  print(writeCheckpoint(verdict.checkpoint));
  return 0;
}

/** The line itself, or a file that holds it. */
function expectedIn(given: string): Checkpoint {
  const found = readCheckpoint(given) ?? readCheckpoint(existsSync(given) ? firstHeadIn(readGiven(given)) : '');
  if (found) return found;
  throw new UsageError(words('verify.expect'));
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
    const { isIntact, problem, problemText, problems, files, rows, records, signed, head, fingerprint } = verdict;
    print(
      isIntact
        ? words('verify.package-intact', { files, rows, records })
        : words('verify.changed', { what: problemText ?? problem ?? '' }),
      ...(problems > 1 ? [words('verify.problems', { count: problems })] : []),
      ...(isIntact && records > 0
        ? [
            words('verify.package-signed', {
              signed: String(signed),
              position: head?.position ?? '',
              hash: head?.hash ?? '',
            }),
          ]
        : []),
      ...(fingerprint === null ? [] : [words(isOwn ? 'verify.key-own' : 'verify.key-other', { fingerprint })]),
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
  if (isIntact) lines.push(words('verify.intact', { rows, records }));
  else if (problem) {
    const { position, type, text } = problem;
    const at = position === null ? '' : words('verify.record', { position });
    lines.push(words('verify.changed', { what: `${at}${type ? ` (${type})` : ''}: ${inWords(text)}` }));
    if (problems > 1) lines.push(words('verify.problems', { count: problems }));
  }
  if (destroyed > 0) lines.push(words('verify.destroyed', { count: destroyed }));
  for (const { position, time, reason, rows: taken } of began) {
    const counts = Object.entries(taken).map(([table, count]) => `${count} ${table}`);
    if (counts.length > 0) lines.push(words('verify.began', { time, position, reason, counts: counts.join(', ') }));
  }
  const behind = records - (signed?.position ?? 0);
  lines.push(
    signed === null
      ? words('verify.nothing-signed')
      : behind > 0
        ? words('verify.signed-behind', { position: signed.position, time: signed.time, behind })
        : words('verify.signed', { position: signed.position, time: signed.time }),
    words('verify.last', { position: head.position, hash: head.hash }),
  );
  if (isExpected) lines.push(words('verify.expected'));
  else if (isExpected === null && checkpoint !== null) lines.push(words('verify.cut'));
  return lines;
}
