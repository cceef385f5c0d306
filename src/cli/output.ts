import { cleanLines, jsonLine } from '../formats/terminal.ts';

/** One JSON object per line on stdout. */
export function printJson(value: object): void {
  process.stdout.write(`${jsonLine(value)}\n`);
}

/** Lines for people on stdout; what is left in them that gives orders to a terminal does not get there. */
export function print(...lines: string[]): void {
  process.stdout.write(`${cleanLines(lines.join('\n'))}\n`);
}
