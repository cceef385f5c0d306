/**
 * Browsers that signed in: with a token, or with the one-time code of an address that a token holder asked for.
 * Promise: in memory only, bounded, each ends at its time, with its sign-out or with the token it came from; a code works once
 * and for a minute, or for as long as its maker said.
 */
import { randomBytes } from 'node:crypto';
import type { Grant, Tokens } from './tokens.ts';

export interface Session {
  grant: Grant;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export interface Sessions {
  /** What the cookie holds. */
  open(grant: Grant): { id: string; session: Session };
  /** Null when it has ended. */
  find(id: string): Session | null;
  end(id: string): void;
  /** A code that opens one session with this grant. */
  offer(grant: Grant, lifeMs?: number): { code: string; expiresAt: number };
  /** Null when it is unknown, used or too old. */
  take(code: string): Grant | null;
}

/** A working day. */
export const SESSION_MS = 12 * 3_600_000;
export const CODE_MS = 60_000;
/** Only holders of a token make them: more is a forgotten script. The oldest ends. */
const MAX_SESSIONS = 64;
const MAX_CODES = 16;

export function createSessions(tokens: Pick<Tokens, 'isCurrent'>, now: () => number): Sessions {
  const sessions = new Map<string, Session>();
  const codes = new Map<string, Session>();

  const add = (to: Map<string, Session>, most: number, grant: Grant, lifeMs: number) => {
    for (const [id, one] of to) if (!isAlive(one)) to.delete(id);
    const [oldest] = to.keys();
    if (to.size >= most && oldest !== undefined) to.delete(oldest);
    const id = randomBytes(32).toString('base64url');
    const session = { grant, expiresAt: now() + lifeMs };
    to.set(id, session);
    return { id, session };
  };
  const isAlive = ({ grant, expiresAt }: Session): boolean => now() < expiresAt && tokens.isCurrent(grant);
  const find = (among: Map<string, Session>, id: string): Session | null => {
    const found = among.get(id);
    if (found === undefined) return null;
    if (isAlive(found)) return found;
    among.delete(id);
    return null;
  };

  return {
    open: (grant) => add(sessions, MAX_SESSIONS, grant, SESSION_MS),
    find: (id) => find(sessions, id),
    end: (id) => void sessions.delete(id),
    offer(grant, lifeMs = CODE_MS) {
      const { id, session } = add(codes, MAX_CODES, grant, lifeMs);
      return { code: id, expiresAt: session.expiresAt };
    },
    take(code) {
      const found = find(codes, code);
      codes.delete(code);
      return found?.grant ?? null;
    },
  };
}
