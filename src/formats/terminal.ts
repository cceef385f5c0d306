/** Text for terminals: what must not get there, and the colours of severities. */
import type { Severity } from '../model/alert.ts';

/** Controls; what turns the direction of reading; what ends a line for some readers; what nobody sees (tags included). */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** Names and paths come from phones and from files: what would move the cursor, give orders or hide becomes a dot. */
export const clean = (text: string): string => text.replace(UNSEEN, '·');

/** Several lines with the colours of `paint`: all else that `clean` replaces is replaced. */
export const cleanLines = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours
  text.replace(/(\u001b\[[\d;]*m|\n)|[^\u001b\n]+|\u001b/g, (part, ours?: string) => ours ?? clean(part));

/** One object as one line of JSON, which means the same to every reader: what `clean` would replace is escaped. */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(UNSEEN, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  );

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
