/**
 * A lab from the command line's side: started, announced in `DATA/lab.json`, its alerts printed, stopped cleanly.
 * Shared by `start` and `demo`. With `--json` stdout carries NDJSON only, the `ready` line first.
 */

import { jsonLine } from '../formats/terminal.ts';
import type { Alert } from '../model/alert.ts';
import { type Lab, LabError, type LabModule, type LabOptions, type LiveFrame, RETENTION_DAYS } from '../model/lab.ts';
import { wantsColour } from './colour.ts';
import { explain } from './errors.ts';
import { answers } from './lab-client.ts';
import { findRunningLab, removeLabState, writeLabState } from './lab-state.ts';
import { createLineWriter, type LineWriter, openStandardOutput } from './line-writer.ts';
import { tell } from './output.ts';
import { alertIn } from './said-alert.ts';
import { spoken, words } from './words.ts';

export interface RunningLab {
  lab: Lab;
  stop(): Promise<void>;
}

/** One lab per data directory: two would write into the same store. Throws LabError when one runs already. */
export async function runLab(module: LabModule, options: LabOptions): Promise<RunningLab> {
  const other = findRunningLab(options.data);
  // A pid may be somebody else's by now (always so in a container): only an answer proves a lab.
  if (other && other.pid !== process.pid && (await answers(other.url)))
    throw new LabError(words('error.lab-runs', { data: options.data, pid: other.pid, url: other.url }));
  // What the lab writes is nobody else's.
  process.umask(0o077);
  const lab = await module.startLab(options);
  keepUp();
  writeLabState(options.data, {
    v: 1,
    pid: process.pid,
    url: lab.ui.url,
    proxy: lab.proxy,
    startedAt: new Date().toISOString(),
    retentionDays: options.retentionDays ?? RETENTION_DAYS,
  });
  const stop = async () => {
    removeLabState(options.data, process.pid);
    await lab.stop();
  };
  return { lab, stop };
}

/** What a running lab prints goes here: a reader that stalls may miss alerts, never stall phones. */
export function openOutput(json: boolean, onGone: () => void): LineWriter {
  const gapLine = (from: number, to: number): string =>
    json
      ? jsonLine({ type: 'gap', from, to } satisfies LiveFrame)
      : `(alerts ${from} to ${to} are not shown here: phonehome watch has them)`;
  return createLineWriter(openStandardOutput(), { gapLine, onGone });
}

/** The first line of `--json` output. */
export const readyLine = ({ proxy, transparent, ui, ca, token }: Lab): string =>
  `${jsonLine({ type: 'ready', proxy, ...(transparent && { transparent }), ui, ca, token })}\n`;

/** Prints every alert as it comes, until the returned function is called. */
export function printAlerts(module: LabModule, lab: Lab, output: LineWriter, json: boolean): () => void {
  const colour = wantsColour();
  return lab.onAlert((alert: Alert) => {
    const line = json
      ? jsonLine({ type: 'alert', alert } satisfies LiveFrame)
      : module.formatAlertLine(alertIn(spoken(), alert), { colour, language: spoken() });
    output.write(line, alert.seq);
  });
}

/** One connection's mistake must not end everyone's recording: said in one line, the lab goes on. */
function keepUp(): void {
  const say = (error: unknown) => tell(`phonehome: internal error, the lab goes on: ${explain(error)}`);
  process.on('uncaughtException', say);
  process.on('unhandledRejection', say);
}
