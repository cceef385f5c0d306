/** What the command line prints: all of it goes through here, and nothing that gives orders to a terminal gets there. */
import { clean, cleanLines, escapeLines, jsonLine } from '../formats/terminal.ts';

/** One JSON object per line on stdout. */
export function printJson(value: object): void {
  process.stdout.write(`${jsonLine(value)}\n`);
}

/** Lines for people on stdout. */
export function print(...lines: string[]): void {
  process.stdout.write(cleanLines(`${lines.join('\n')}\n`));
}

/** Lines for people on stderr, beside what the command prints. */
export function tell(...lines: string[]): void {
  process.stderr.write(cleanLines(`${lines.join('\n')}\n`));
}

/** On a terminal, one line that takes the place of the one before; nowhere else. */
export function status(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${clean(line)}\x1b[K`);
}

/** A question on stderr, after which the answer is typed. */
export function ask(question: string): void {
  process.stderr.write(cleanLines(question));
}

/** A file on stdout: text in which strings are quoted (YAML, JSON), as a terminal may have it; bytes as they are. */
export function printFile(text: string | Uint8Array): void {
  process.stdout.write(typeof text === 'string' ? escapeLines(text) : text);
}
