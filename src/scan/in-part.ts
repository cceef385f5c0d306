/** What of an entry was not looked into, as a record of it says. */
import { say } from '../formats/say.ts';
import type { Recorded } from '../model/lab.ts';
import type { Text } from '../model/text.ts';

export const inPart = (why: Text): Pick<Extract<Recorded, { type: 'entry' }>, 'partial' | 'partialText'> => ({
  partial: say(why),
  partialText: why,
});
