/**
 * `phonehome demo`: the lab, and every reported case played through its real proxy against simulated vendors.
 * On a terminal the lab stays up after the summary, to be looked at with `watch`; in a pipe, or with `--once`, it stops.
 */
import { wantsColour } from '../colour.ts';
import { UsageError } from '../errors.ts';
import { type LabFlags, labOptions } from '../lab-options.ts';
import { loadLab } from '../main-module.ts';
import { printJson } from '../output.ts';
import { outcomeTable } from '../replay-report.ts';
import { printAlerts, printReady, runLab } from '../running-lab.ts';
import { untilStopped } from '../stop-signal.ts';

/** Each step and field of a case says how it is known. */
const MARKS = '[D] documented in a report, [A] assumed to fill a gap in it, [U] unknown';

interface DemoFlags extends LabFlags {
  once: boolean;
  case: string[];
}

export async function demo(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as DemoFlags;
  const options = labOptions(flags);
  const stopped = untilStopped();
  const module = await loadLab();
  const known = (await module.listReplays()).map((each) => each.name);
  const unknown = flags.case.find((name) => !known.includes(name));
  if (unknown) throw new UsageError(`unknown case "${unknown}": choose from ${known.join(', ')}`);
  const names = flags.case.length ? flags.case : known;

  const { lab, stop } = await runLab(module, options);
  if (options.json) printReady(lab);
  else
    process.stdout.write(
      `Phonehome demo: ${names.length} cases through the proxy at ${lab.proxy.host}:${lab.proxy.port}. Phones and vendors are simulated, and so is every alert; all of it stays in ${options.data}.\nWhat a phone does is marked ${MARKS}.\n\n`,
    );
  printAlerts(module, lab, options.json);

  const played = await Promise.race([
    lab.replay(
      names,
      (outcome) => {
        if (options.json) printJson({ type: 'outcome', ...outcome });
      },
      (line) => {
        if (!options.json) process.stdout.write(`${line}\n`);
      },
    ),
    stopped.then(() => null),
  ]);
  const missed = played?.some((outcome) => !outcome.ok) ?? false;
  if (played && !options.json) process.stdout.write(`\n${outcomeTable(played, wantsColour())}\n`);
  if (played && !flags.once && process.stdout.isTTY) {
    process.stdout.write(
      `The lab stays up: phonehome watch --data ${options.data} shows its alerts; Ctrl-C stops it.\n`,
    );
    await stopped;
  }
  await stop();
  return missed ? 1 : 0;
}
