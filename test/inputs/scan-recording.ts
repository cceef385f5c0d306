/** The findings of one recording, scanned as `phonehome scan` does it. */
import { createScanner } from '../../src/lab/scanner.ts';
import { readAll } from '../scan/recording.ts';
import type { Found } from './sheet.ts';

/** `devicesFile` null: nothing is registered. */
export async function scanRecording(file: string, devicesFile: string | null): Promise<Found[]> {
  const found: Found[] = [];
  let entry = 0;
  const scanner = await createScanner({
    devicesFile,
    decoders: [],
    homeCountry: null,
    onFinding: ({ identifier: { kind, known, confidence }, evidence: { path, decoding }, value }) =>
      found.push({ entry, kind, known, confidence, value, path, decoding }),
    onPartial: () => {},
  });
  for (const recorded of await readAll(file)) {
    if (recorded.type !== 'entry' && recorded.type !== 'part') continue;
    entry = recorded.entry;
    for (const event of recorded.events) await scanner.push(event);
  }
  await scanner.stop();
  return found;
}
