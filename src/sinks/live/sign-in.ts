/**
 * How a person signs in: with a token once, or by the one-time address that `phonehome ui` prints, and out again; and how an
 * administrator replaces a token. What a browser holds afterwards is a cookie that no script can read.
 */

import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, setCookie } from 'hono/cookie';
import { refusalIn } from '../../formats/refusal.ts';
import { text } from '../../model/text.ts';
import { ROLES } from '../../model/words.ts';
import { type Access, type Caller, isSafeSocket } from './access.ts';
import { readBody } from './bodies.ts';
import type { Bindings, Ctx } from './context.ts';
import { InputError } from './queries.ts';
import { covers, type Role } from './roles.ts';
import type { Grant } from './tokens.ts';

const MAX_BODY = 2048;
const MINUTE_MS = 60_000;

export interface SignInOptions {
  access: Access;
  now: () => number;
  /** Who asked what `check` let through. */
  callerOf: (c: Ctx) => Caller;
  audit: (action: string, subject: string, who: string) => boolean;
  whoOf: (c: Ctx) => string;
  /** Tokens were replaced, or a session ended: whoever listens with one of them is let go of. */
  onEnded: () => void;
}

export function addSignIn(app: Hono<Bindings>, options: SignInOptions): void {
  const { access, now, callerOf, onEnded } = options;
  const { tokens, sessions } = access;
  const limited = bodyLimit({ maxSize: MAX_BODY, onError: (c) => c.json({ error: 'body too large' }, 413) });
  const cookie = (c: Ctx) => ({ path: '/', httpOnly: true, sameSite: 'Strict' as const, secure: isEncrypted(c) });

  const begin = (c: Ctx, grant: Grant): { role: Role; expiresAt: string } => {
    const { id, session } = sessions.open(grant);
    setCookie(c, access.cookieName(), id, { ...cookie(c), maxAge: Math.ceil((session.expiresAt - now()) / 1000) });
    return { role: grant.role, expiresAt: new Date(session.expiresAt).toISOString() };
  };
  const end = (c: Ctx, caller: Caller | null): void => {
    if (caller?.session) sessions.end(caller.session.id);
    deleteCookie(c, access.cookieName(), cookie(c));
    onEnded();
  };

  app.get('/sign-in', (c) => {
    // A look at the headers uses no code up.
    const grant = c.req.method === 'GET' ? sessions.take(c.req.query('code') ?? '') : null;
    if (grant === null) return c.text(`${USED}\n`, 403);
    begin(c, grant);
    return c.redirect('/', 303);
  });
  app.post('/sign-in', limited, async (c) => {
    const isForm = c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded') ?? false;
    const { token } = isForm
      ? { token: new URLSearchParams(await c.req.text()).get('token') ?? '' }
      : await readBody('signIn', await json(c));
    const grant = tokens.grantOf(token.trim());
    if (grant === null) return isForm ? c.text(`${WRONG.error}\n`, 401) : c.json(WRONG, 401);
    const signedIn = begin(c, grant);
    return isForm ? c.redirect('/', 303) : c.json(signedIn);
  });
  app.post('/sign-out', (c) => {
    if (c.req.header('origin') === undefined) return c.json(refusalIn(text('refused.sign-out')), 403);
    end(c, access.callerOf(factsOf(c)));
    return c.redirect('/', 303);
  });
  app.get('/api/session', (c) => {
    const { role, session } = callerOf(c);
    return c.json({ role, expiresAt: session && new Date(session.expiresAt).toISOString() });
  });
  app.delete('/api/session', (c) => {
    end(c, callerOf(c));
    return c.body(null, 204);
  });
  app.post('/api/session/code', limited, async (c) => {
    const caller = callerOf(c);
    const { role = caller.role, minutes = 1 } = await readBody('signInCode', await json(c));
    const grant = role === caller.role ? caller.grant : tokens.grantFor(role);
    if (grant === null || !covers(caller.role, role))
      return c.json(refusalIn(text('refused.sign-in-as', { role: roleText(caller.role), other: roleText(role) })), 403);
    const { code, expiresAt } = sessions.offer(grant, minutes * MINUTE_MS);
    return c.json({ path: `/sign-in?code=${code}`, role, expiresAt: new Date(expiresAt).toISOString() }, 201);
  });
  app.post('/api/tokens/:id/rotate', (c) => {
    const role = ROLES.find((one) => one === c.req.param('id'));
    if (role === undefined) throw new InputError(text('input.one-of', { name: 'role', words: ROLES.join(', ') }));
    if (!options.audit('rotate-token', role, options.whoOf(c)))
      return c.json(refusalIn(text('refused.unaudited.replaced')), 409);
    const token = tokens.rotate(role);
    onEnded();
    return c.json({ role, token });
  });
}

const roleText = (role: Role) => text(`refused.role.${role}`);

const USED = 'This address was used already, or is older than a minute: phonehome ui prints another one.';
const WRONG = refusalIn(text('refused.wrong-token'));

/** What the access rules need to know of a request. */
export function factsOf(c: Ctx) {
  const header = (name: string) => c.req.header(name);
  return {
    host: header('host'),
    origin: header('origin'),
    authorization: header('authorization'),
    cookie: header('cookie'),
    fetchSite: header('sec-fetch-site'),
    own: header('x-phonehome'),
    isSafe: isSafeSocket(c.env?.incoming?.socket ?? {}),
  };
}

function isEncrypted(c: Ctx): boolean {
  return (c.env?.incoming?.socket as { encrypted?: boolean } | undefined)?.encrypted ?? false;
}

/** The body, where it is JSON. @throws InputError */
export async function json(c: Ctx): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    throw new InputError(text('input.not-json'));
  }
}
