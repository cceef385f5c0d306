/** Text for terminals: what must not get there, and the colours of severities. */
import type { Severity } from '../model/alert.ts';

/** Controls; what turns the direction of reading; what ends a line for some readers; what nobody sees; halves of characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Names and paths come from phones and from files: what would move the cursor, give orders or hide becomes a dot. All writers
 * of text use this, directly or through `cleanLines`; writers of JSON and YAML escape the same characters.
 */
export const clean = (text: string): string => (PLAIN.test(text) ? text : text.replace(UNSEEN, '·'));

/** Line ends and the colours of `paint`: nothing that hides text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours
const OWN = /(\n|\u001b\[(?:0|1|2|7|(?:\d;){0,2}(?:3[0-7]|4[0-7]|9[0-7]|10[0-7])(?:;\d{2,3})?)?m)/;

/** Several lines with the colours of `paint`: all else that `clean` replaces is replaced. */
export const cleanLines = (text: string): string => exceptOwn(text, clean);

/** Of a text in which strings are quoted (JSON, YAML): it means the same, and what `clean` would replace is escaped. */
export const escapeLines = (text: string): string => exceptOwn(text, escapeUnseen);

/** One object as one line of JSON, which means the same to every reader: what `clean` would replace is escaped. */
export const jsonLine = (value: unknown): string => escapeUnseen(JSON.stringify(value));

function exceptOwn(text: string, treat: (part: string) => string): string {
  if (PLAIN.test(text)) return text;
  return text
    .split(OWN)
    .map((part, index) => (index % 2 === 1 ? part : treat(part)))
    .join('');
}

const escapeUnseen = (text: string): string => text.replace(UNSEEN, escaped);

function escaped(char: string): string {
  let out = '';
  for (let i = 0; i < char.length; i++) out += `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`;
  return out;
}

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
