/**
 * Who may talk to the API: the right `Host` (against DNS rebinding), no foreign `Origin` (against other web pages in the
 * operator's browser), a token or the session of a browser that signed in, and a role that is enough. Pure: request facts in,
 * verdict out. An address as `Host` is always right: rebinding needs a name.
 */
import { isIP } from 'node:net';
import { isLoopback } from '../../formats/address.ts';
import { refusalIn } from '../../formats/refusal.ts';
import { type Text, text } from '../../model/text.ts';
import { type Asked, covers, neededFor, type Role } from './roles.ts';
import { createSessions, type Sessions } from './sessions.ts';
import type { Grant, Tokens } from './tokens.ts';

export type Refusal = { ok: false; status: 401 | 403 | 421; error: string; text?: Text };
export type Admission = { ok: true } | Refusal;

export interface AccessRequest {
  host: string | undefined;
  origin: string | undefined;
  authorization: string | undefined;
  cookie?: string | undefined;
  /** Value of `Sec-WebSocket-Protocol`. */
  protocols?: string | undefined;
  /** Value of `Sec-Fetch-Site`. */
  fetchSite?: string | undefined;
  /** Value of `X-Phonehome`, which a page of another origin cannot send. */
  own?: string | undefined;
  /** Nobody on the way can read it: TLS, or the machine itself. */
  isSafe: boolean;
}

export interface Caller {
  role: Role;
  grant: Grant;
  /** Of a browser; null for a token. */
  session: { id: string; expiresAt: number } | null;
  /** Whether it still may: the token was not replaced, the session is not over. */
  isValid(): boolean;
}

export interface Access {
  tokens: Tokens;
  sessions: Sessions;
  /** Name of the session's cookie: one for each port, since browsers give all ports of a host the same cookies. */
  cookieName(): string;
  /** Tokens and sessions are taken over TLS or on this machine only. */
  needsTls: boolean;
  /** For everything, the pages without a token included. */
  checkPlace(request: Pick<AccessRequest, 'host' | 'origin'>): Admission;
  /** Who calls, if it may ask this. */
  check(request: AccessRequest, asked: Asked): { ok: true; caller: Caller | null } | Refusal;
  /** Who calls, if anybody known. */
  callerOf(request: AccessRequest): Caller | null;
}

export interface AccessOptions {
  tokens: Tokens;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Host names this lab answers to besides localhost and any address. */
  names?: readonly string[];
  /** Tokens and sessions are taken over TLS or on this machine only. */
  needsTls?: boolean;
  port?: () => number;
}

const READING = new Set(['GET', 'HEAD']);
const OWN_SITE = new Set(['same-origin', 'none']);

export function createAccess({ tokens, now, names = [], needsTls = false, port = () => 0 }: AccessOptions): Access {
  const known = new Set(['localhost', 'phonehome.lab', ...names.map((name) => name.toLowerCase())]);
  const sessions = createSessions(tokens, now);
  const cookieName = (): string => `phonehome_${port()}`;

  const byToken = (token: string): Caller | null => {
    const grant = tokens.grantOf(token);
    return grant && { role: grant.role, grant, session: null, isValid: () => tokens.isCurrent(grant) };
  };
  const bySession = ({ cookie, fetchSite }: AccessRequest): Caller | null => {
    const id = cookieIn(cookie, cookieName());
    // Another port of this host is the same site to a browser, and no page of the lab's.
    if (id === null || (fetchSite !== undefined && !OWN_SITE.has(fetchSite))) return null;
    const session = sessions.find(id);
    if (session === null) return null;
    const { grant, expiresAt } = session;
    return { role: grant.role, grant, session: { id, expiresAt }, isValid: () => sessions.find(id) !== null };
  };
  const callerOf = (request: AccessRequest): Caller | null => {
    if (needsTls && !request.isSafe) return null;
    const token = tokenIn(request);
    return token === undefined ? bySession(request) : byToken(token);
  };

  return {
    tokens,
    sessions,
    cookieName,
    needsTls,
    callerOf,
    checkPlace({ host, origin }) {
      const name = hostName(host);
      if (name === null || (isIP(name) === 0 && !known.has(name))) {
        return { ok: false, status: 421, ...refusalIn(text('refused.host')) };
      }
      if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
        const error = 'foreign Origin: only pages of this lab may use its API from a browser';
        return { ok: false, status: 403, error };
      }
      return { ok: true };
    },
    check(request, asked) {
      const needs = neededFor(asked);
      if (needsTls && !request.isSafe && asked.path !== '/api/health') {
        return { ok: false, status: 403, ...refusalIn(text('refused.https-only')) };
      }
      if (needs === null) return { ok: true, caller: null };
      const caller = callerOf(request);
      if (caller === null) return { ok: false, status: 401, error: missing(request) };
      const isForged =
        caller.session !== null &&
        (asked.path === LIVE_PATH || !READING.has(asked.method)) &&
        (request.origin === undefined || (!WITHOUT_OWN.includes(asked.path) && request.own === undefined));
      if (isForged) {
        const error = 'a signed-in browser changes things with an Origin and the header "X-Phonehome: 1"';
        return { ok: false, status: 403, error };
      }
      if (!covers(caller.role, needs)) {
        const [role, of] = [text(`refused.role.${caller.role}`), text(`refused.role.${needs}`)];
        return { ok: false, status: 403, ...refusalIn(text('refused.role', { role, needs: of })) };
      }
      return { ok: true, caller };
    },
  };
}

/** Nobody on the way can read what comes over it: TLS, or the machine speaks to itself. */
export function isSafeSocket({ encrypted = false, remoteAddress, localAddress }: SocketFacts): boolean {
  return encrypted || (remoteAddress !== undefined && (isLoopback(remoteAddress) || remoteAddress === localAddress));
}

export interface SocketFacts {
  encrypted?: boolean;
  remoteAddress?: string | undefined;
  localAddress?: string | undefined;
}

export const LIVE_PATH = '/api/alerts/live';
export const CASE_PATH = '/case';
/** A WebSocket and a plain form cannot send the header; their Origin tells. */
const WITHOUT_OWN: readonly string[] = [LIVE_PATH, CASE_PATH];

function missing(request: AccessRequest): string {
  return tokenIn(request) === undefined
    ? 'token missing: send "Authorization: Bearer TOKEN" with the content of DATA/token'
    : 'wrong token: it stands in DATA/token of the running lab';
}

function tokenIn({ authorization, protocols }: AccessRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? tokenProtocol(protocols)?.slice('bearer.'.length);
}

/** `bearer.TOKEN` among the offered subprotocols: browsers cannot set headers on a WebSocket. */
export function tokenProtocol(protocols: string | undefined): string | undefined {
  return protocols
    ?.split(',')
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith('bearer.'));
}

function cookieIn(header: string | undefined, name: string): string | null {
  const found = header?.split(';').find((pair) => pair.trim().startsWith(`${name}=`));
  return found?.trim().slice(name.length + 1) ?? null;
}

function hostName(host: string | undefined): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@?#\s]+))(?::\d{1,5})?$/i.exec(host ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '') ?? null;
}
