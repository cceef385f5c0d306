/** What an error says, in one line: errors of connections (`AggregateError`) have no message, only a code. */
export function errorLine(error: unknown): string {
  const { message, code } = error as Error & { code?: string };
  return (message || code || String(error)).split('\n', 1)[0] ?? '';
}
