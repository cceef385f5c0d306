import { type Text, text } from '../model/text.ts';

/** What an error says, in one line: errors of connections (`AggregateError`) have no message, only a code. */
export function errorLine(error: unknown): string {
  const { message, code } = error as Error & { code?: string };
  return (message || code || String(error)).split('\n', 1)[0] ?? '';
}

/** The code of an error of a connection, as a text; null: it has none. */
export const codeOf = ({ code }: NodeJS.ErrnoException): Text | null => (code ? text('ended.code', { code }) : null);
