/** Text for terminals: what must not get there, and the colours of severities. */
import type { Severity } from '../model/alert.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Names and paths come from phones and from files: what would move the cursor or give orders becomes a dot. */
export const clean = (text: string): string => text.replace(CONTROL, '·');

/** SGR parameters: readable on dark and light terminals, and told apart by weight as well as by hue. */
export const SEVERITY_SGR: Record<Severity, string> = {
  critical: '1;97;41',
  high: '1;31',
  medium: '33',
  low: '36',
  info: '2',
};

export const paint = (text: string, sgr: string, colour: boolean): string =>
  colour ? `\u001b[${sgr}m${text}\u001b[0m` : text;
