/** `phonehome start`: runs the lab until Ctrl-C. */

import { networkInterfaces } from 'node:os';
import { wantsColour } from '../colour.ts';
import { addressOf, call } from '../lab-client.ts';
import { type LabFlags, labOptions } from '../lab-options.ts';
import { loadLab } from '../main-module.ts';
import { tell } from '../output.ts';
import { caPassphrase } from '../passphrase.ts';
import { openOutput, printAlerts, readyLine, runLab } from '../running-lab.ts';
import { stopSignal } from '../stop-signal.ts';
import { words } from '../words.ts';

/** A log must not hold it: for a terminal only. Null: the lab gave none, and `ui` will say why. */
async function signInAddress(data: string, minutes: number): Promise<string | null> {
  try {
    const lab = addressOf({ data, url: null, token: null });
    const { path } = (await call(lab, 'POST', '/api/session/code', { minutes })) as { path: string };
    return `${lab.url}${path}`;
  } catch {
    return null;
  }
}

export async function start(flags: Record<string, unknown>): Promise<number> {
  const given = flags as unknown as LabFlags;
  const { stopped } = stopSignal();
  // A pipe that both go into may end.
  process.stderr.on('error', () => {});
  const module = await loadLab();
  const passphrase = await caPassphrase(module, given.data, given.caPassphraseFile);
  const options = { ...labOptions(given), caPassphrase: passphrase };
  const { lab, stop } = await runLab(module, options);
  const output = openOutput(options.json, () => tell(words('start.nobody-reads')));
  if (options.json) {
    for (const warning of lab.warnings) tell(`! ${warning}`);
    output.say(readyLine(lab));
  } else {
    // Drawing the QR code takes a library that programs reading JSON need not pay for.
    const { banner, SIGN_IN_MINUTES } = await import('../banner.ts');
    const place = {
      signIn: process.stdout.isTTY ? await signInAddress(given.data, SIGN_IN_MINUTES) : null,
      interfaces: networkInterfaces(),
      columns: process.stdout.columns ?? 80,
      colour: wantsColour(),
    };
    output.say(banner(lab, options, place));
  }
  printAlerts(module, lab, output, options.json);
  const cause = await stopped;
  if (cause === 'signal' && !options.json) tell('', words('start.stopping'));
  await stop();
  await output.end();
  return 0;
}
