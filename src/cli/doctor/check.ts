/** One thing the doctor looked at, and what to do about it. */
export interface Check {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  /** What was found. */
  found: string;
  /** What to do; null when nothing is to be done. */
  advice: string | null;
}

export const ok = (name: string, found: string): Check => ({ name, state: 'ok', found, advice: null });
export const warn = (name: string, found: string, advice: string): Check => ({ name, state: 'warn', found, advice });
export const fail = (name: string, found: string, advice: string): Check => ({ name, state: 'fail', found, advice });

export const DAY_MS = 86_400_000;
