/**
 * `phonehome demo`: the lab, and every reported case played through its real proxy against simulated vendors.
 * On a terminal the lab stays up after the summary, to be looked at with `watch`; in a pipe, or with `--once`, it stops.
 */
import { jsonLine } from '../../formats/terminal.ts';
import { wantsColour } from '../colour.ts';
import { UsageError } from '../errors.ts';
import { type LabFlags, labOptions } from '../lab-options.ts';
import { loadLab } from '../main-module.ts';
import { outcomeTable } from '../replay-report.ts';
import { openOutput, printAlerts, readyLine, runLab } from '../running-lab.ts';
import { stopSignal } from '../stop-signal.ts';
import { words } from '../words.ts';

interface DemoFlags extends LabFlags {
  once: boolean;
  case: string[];
}

export async function demo(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as DemoFlags;
  const options = labOptions(flags);
  const { stopped, pipeClosed } = stopSignal();
  const module = await loadLab();
  const known = (await module.listReplays()).map((each) => each.name);
  const unknown = flags.case.find((name) => !known.includes(name));
  if (unknown) throw new UsageError(words('demo.unknown', { name: unknown, names: known.join(', ') }));
  const names = flags.case.length ? flags.case : known;

  const { lab, stop } = await runLab(module, options);
  const output = openOutput(options.json, pipeClosed);
  if (options.json) output.say(readyLine(lab));
  else
    output.say(
      `${words('demo.intro', {
        number: names.length,
        address: `${lab.proxy.host}:${lab.proxy.port}`,
        data: options.data,
      })}\n${words('demo.marks')}\n\n`,
    );
  try {
    printAlerts(module, lab, output, options.json);

    const played = await Promise.race([
      lab.replay(
        names,
        (outcome) => {
          if (options.json) output.say(`${jsonLine({ type: 'outcome', ...outcome })}\n`);
        },
        (line) => {
          if (!options.json) output.say(`${line}\n`);
        },
      ),
      stopped.then(() => null),
    ]);
    const missed = played?.some((outcome) => !outcome.ok) ?? false;
    if (played && !options.json) output.say(`\n${outcomeTable(played, wantsColour())}\n`);
    if (played && !flags.once && process.stdout.isTTY) {
      output.say(`${words('demo.stays', { command: `phonehome watch --data ${options.data}` })}\n`);
      await stopped;
    }
    return missed ? 1 : 0;
  } finally {
    // Whatever ended it: a lab that stays up keeps the process from ending.
    await stop();
    await output.end();
  }
}
