/**
 * The dashboard over all labs, and how a browser signs in: with an organisation's token, once. What it holds afterwards is a cookie
 * that no script can read. The page itself says nothing of anybody: it is given to all.
 */
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Database } from './database.ts';
import { endSession, type Organisation, openSession, organisationOf, organisationOfSession } from './organisations.ts';

/** By path; empty where nothing was built. */
export type PageFiles = ReadonlyMap<string, { bytes: Uint8Array<ArrayBuffer>; headers: Record<string, string> }>;

export type Variables = { organisation: Organisation };
type HubApp = Hono<{ Variables: Variables }>;

const COOKIE = 'phonehome_hub';
/** A working day. */
const SESSION_S = 12 * 3600;
const MAX_BODY = 2048;

export function addPage(app: HubApp, files: PageFiles): void {
  app.use(async (c, next) => {
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Cache-Control', 'no-store');
    c.header('Referrer-Policy', 'no-referrer');
    const name = c.req.path === '/' ? '/hub.html' : c.req.path;
    const isOfPage = name === '/hub.html' || name.startsWith('/assets/');
    const file = isOfPage && c.req.method === 'GET' ? files.get(name) : undefined;
    if (file) return c.body(file.bytes, 200, file.headers);
    if (c.req.path === '/')
      return c.text('The dashboard is not built: npm ci where Vite is installed. The API: /api/labs\n');
    return next();
  });
}

/** Who asks: by the token of a program, or the cookie of a browser. */
export async function callerOf(c: Context, database: Database): Promise<Organisation | null> {
  const [, token] = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '') ?? [];
  if (token !== undefined) return organisationOf(database, token);
  const session = getCookie(c, COOKIE);
  return session === undefined ? null : organisationOfSession(database, session);
}

/** Signing in, before anybody is asked for a token. */
export function addSessions(app: HubApp, database: Database): void {
  const limited = bodyLimit({ maxSize: MAX_BODY, onError: (c) => c.json({ error: 'body too large' }, 413) });
  const cookie = (c: Context) => ({
    path: '/',
    httpOnly: true,
    sameSite: 'Strict' as const,
    secure: (c.env as { incoming?: { socket?: { encrypted?: boolean } } })?.incoming?.socket?.encrypted ?? false,
  });
  // A page of another address cannot send it.
  const isOwn = (c: Context): boolean => c.req.header('x-phonehome') !== undefined;

  app.post('/api/session', limited, async (c) => {
    if (!isOwn(c)) return c.json({ error: 'sign in from the page of this hub' }, 403);
    const { token } = (await c.req.json().catch(() => ({}))) as { token?: unknown };
    const id = typeof token === 'string' ? await openSession(database, token.trim(), SESSION_S) : null;
    if (id === null) return c.json({ error: 'wrong token: phonehome hub organisation NAME prints one' }, 403);
    setCookie(c, COOKIE, id, { ...cookie(c), maxAge: SESSION_S });
    return c.body(null, 204);
  });
  app.delete('/api/session', async (c) => {
    if (!isOwn(c)) return c.json({ error: 'sign out from the page of this hub' }, 403);
    const session = getCookie(c, COOKIE);
    if (session !== undefined) await endSession(database, session);
    deleteCookie(c, COOKIE, cookie(c));
    return c.body(null, 204);
  });
}
