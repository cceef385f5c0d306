/** Refusals in English, with their text for every other language. */
import { LabError } from '../model/lab.ts';
import type { Text } from '../model/text.ts';
import { say } from './say.ts';

/** To be thrown. */
export const labError = (why: Text): LabError => new LabError(say(why), why);

/** To be returned. */
export const refused = (why: Text) => ({ ok: false, why: say(why), text: why }) as const;

/** As the body of an answer. */
export const refusalIn = (why: Text) => ({ error: say(why), text: why });

/** Of one that came as a value. */
export const refusalOf = ({ why, text }: { why: string; text?: Text | undefined }) => ({
  error: why,
  ...(text === undefined ? {} : { text }),
});

/** An error as it crosses to another thread. */
export interface Told {
  fault: string;
  /** A `LabError`. */
  isExpected: boolean;
  text?: Text;
}

export const told = (error: unknown): Told => ({
  fault: error instanceof Error ? error.message : String(error),
  isExpected: error instanceof LabError,
  ...(error instanceof LabError && error.text ? { text: error.text } : {}),
});

/** On the other side. */
export const heard = ({ fault, isExpected, text }: Told): Error =>
  isExpected ? new LabError(fault, text) : new Error(fault);
