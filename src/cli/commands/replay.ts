/** `phonehome replay`: plays reported cases through the lab that runs; without a name it lists them. */
import { LabError, type ReplayOutcome } from '../../model/lab.ts';
import { wantsColour } from '../colour.ts';
import { UsageError } from '../errors.ts';
import { addressOf, call, listIn, type ReachFlags } from '../lab-client.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson, tell } from '../output.ts';
import { outcomeTable } from '../replay-report.ts';
import { table } from '../table.ts';
import { words as said } from '../words.ts';

interface ReplayFlags extends ReachFlags {
  json: boolean;
}

/** A case takes seconds; one that hangs must not hang the terminal for ever. */
const TIMEOUT_MS = 120_000;

export async function replay(given: Record<string, unknown>, words: string[]): Promise<number> {
  const flags = given as unknown as ReplayFlags;
  const { listReplays } = await loadLab();
  const known = await listReplays();
  if (words.length === 0) {
    if (flags.json) for (const each of known) printJson({ type: 'case', ...each });
    else {
      const rows = known.map((each) => [each.name, each.title + (each.label ? ` (${each.label})` : '')]);
      print(...table(rows), '', `Play one: phonehome replay ${known[0]?.name ?? 'NAME'}; all: phonehome replay all`);
    }
    return 0;
  }
  const names = words.includes('all') ? known.map((each) => each.name) : words;
  const unknown = names.find((name) => !known.some((each) => each.name === name));
  if (unknown)
    throw new UsageError(said('demo.unknown', { name: unknown, names: known.map((each) => each.name).join(', ') }));

  const lab = addressOf(flags);
  const outcomes: ReplayOutcome[] = [];
  for (const name of names) {
    const answer = await call(lab, 'POST', '/api/replays', { cases: [name] }, TIMEOUT_MS);
    const [outcome] = listIn<ReplayOutcome>(answer, 'outcomes');
    if (!outcome) throw new LabError(said('replay.unsaid', { url: lab.url, name }));
    outcomes.push(outcome);
    if (flags.json) printJson({ type: 'outcome', ...outcome });
    else tell(`${name}: ${said(outcome.ok ? 'outcome.ok' : 'outcome.missed')}`);
  }
  if (!flags.json) print(outcomeTable(outcomes, wantsColour()));
  return outcomes.every((each) => each.ok) ? 0 : 1;
}
