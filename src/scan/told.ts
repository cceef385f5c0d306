/** What was not read of a recording, as its records say it. */
import { errorLine } from '../formats/error-line.ts';
import { say } from '../formats/say.ts';
import { LabError } from '../model/lab.ts';
import type { Recorded } from '../model/scan.ts';
import { type Text, text } from '../model/text.ts';

type Entry = Extract<Recorded, { type: 'entry' }>;
type Skipped = Extract<Recorded, { type: 'skipped' }>;

export const inPart = (why: Text): Pick<Entry, 'partial' | 'partialText'> => ({ partial: say(why), partialText: why });

/** @param entry null: the whole file, or the rest of it */
export const skipped = (file: string, entry: number | null, why: Text, isHarmless = false): Skipped => ({
  type: 'skipped',
  file,
  entry,
  reason: say(why),
  text: why,
  ...(isHarmless ? { isHarmless } : {}),
});

/** One fault costs one entry. */
export function faultIn(error: unknown): Text {
  if (error instanceof LabError) return error.text ?? text('unread.said', { error: error.message });
  return text('unread.failed', { error: errorLine(error) });
}
