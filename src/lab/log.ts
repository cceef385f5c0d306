/** The lab's log: pino, to stderr or a file. No identifier is ever given to it; the fields that could hold one are redacted all the same. */
import { openSync } from 'node:fs';
import pino from 'pino';
import { labError } from '../formats/refusal.ts';
import { escapeLines } from '../formats/terminal.ts';
import type { Log } from '../model/connection.ts';
import { text } from '../model/text.ts';

/** @throws LabError when the file cannot be written */
export function openLog(logFile: string | null): Log & { flush(): void } {
  const destination = pino.destination({ fd: logFile === null ? 2 : openLogFile(logFile), sync: true });
  const visibly = { write: (lines: string): void => void destination.write(escapeLines(lines)) };
  const level = process.env.PHONEHOME_LOG ?? (logFile === null ? 'warn' : 'info');
  return pino({ level, base: null, redact: ['value', 'seen', 'window', '*.value', '*.seen', '*.window'] }, visibly);
}

function openLogFile(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw labError(text('fault.log-file', { file: path, code: (error as NodeJS.ErrnoException).code ?? '' }));
  }
}
