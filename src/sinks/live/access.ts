/**
 * Who may talk to the API: the right `Host` (against DNS rebinding), no foreign `Origin` (against other web pages in the
 * operator's browser), the right token, compared in constant time. Pure: request facts in, verdict out.
 * An address as `Host` is always right: rebinding needs a name.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { readOrCreate } from '../evidence/key-file.ts';

export type Admission = { ok: true } | { ok: false; status: 401 | 403 | 421; error: string };

export interface AccessRequest {
  host: string | undefined;
  origin: string | undefined;
  authorization: string | undefined;
  /** Value of `Sec-WebSocket-Protocol`. */
  protocols?: string | undefined;
}

export interface Access {
  /** For everything, the pages without a token included. */
  checkPlace(request: AccessRequest): Admission;
  checkToken(request: AccessRequest): Admission;
}

/** The token of this data directory, created at first start with mode 0600. */
export function readOrCreateToken(file: string): string {
  const token = readOrCreate(file, () => randomBytes(32).toString('base64url'));
  if (token.length < 16) {
    throw new Error(`${file} holds no usable token: remove it and start again, and a new one is made`);
  }
  return token;
}

/** `names`: host names this lab answers to besides localhost and any address. */
export function createAccess(token: string, names: readonly string[] = []): Access {
  const known = new Set(['localhost', 'phonehome.lab', ...names.map((name) => name.toLowerCase())]);
  const expected = digest(token);

  return {
    checkPlace({ host, origin }) {
      const name = hostName(host);
      if (name === null || (isIP(name) === 0 && !known.has(name))) {
        const error = 'unknown Host: open the lab by its address, as "phonehome start" printed it';
        return { ok: false, status: 421, error };
      }
      if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
        const error = 'foreign Origin: only pages of this lab may use its API from a browser';
        return { ok: false, status: 403, error };
      }
      return { ok: true };
    },
    checkToken({ authorization, protocols }) {
      const given =
        /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? tokenProtocol(protocols)?.slice('bearer.'.length);
      if (given !== undefined && timingSafeEqual(digest(given), expected)) return { ok: true };
      const error =
        given === undefined
          ? 'token missing: send "Authorization: Bearer TOKEN" with the content of DATA/token'
          : 'wrong token: it stands in DATA/token of the running lab';
      return { ok: false, status: 401, error };
    },
  };
}

/** `bearer.TOKEN` among the offered subprotocols: browsers cannot set headers on a WebSocket. */
export function tokenProtocol(protocols: string | undefined): string | undefined {
  return protocols
    ?.split(',')
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith('bearer.'));
}

/** Hashing first makes both sides the same length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function hostName(host: string | undefined): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@?#\s]+))(?::\d{1,5})?$/i.exec(host ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '') ?? null;
}
