/** What a command is: its words, help, flags, examples, and the file that runs it. */
import type { Flag } from './flags.ts';
import type { PlainWord } from './words.ts';

/** Runs a command with its flags (camelCase, defaults filled in) and its words; returns the exit code. */
export type Action = (flags: Record<string, unknown>, words: string[]) => Promise<number>;

export interface CommandSpec {
  /** `start`, or `device add`. */
  name: string;
  /** Words after the name, in commander's notation. */
  words?: string;
  summary: PlainWord;
  flags: Flag[];
  examples: string[];
  load: () => Promise<Action>;
}
