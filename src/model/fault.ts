/**
 * What may be told of an unexpected exception. Its message may quote what a phone sent (`JSON.parse`, argument checks):
 * name, code and the places in our code say enough, and hold no value.
 */
export interface Fault {
  /** `TypeError`, or a system's code such as `EMFILE`. */
  what: string;
  /** Lines of the stack, without the message. */
  at: string[];
}

const MAX_LINES = 12;

export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { what: typeof error, at: [] };
  const { code } = error as NodeJS.ErrnoException;
  const at = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { what: typeof code === 'string' ? code : error.name, at: at.slice(0, MAX_LINES).map((line) => line.trim()) };
}
