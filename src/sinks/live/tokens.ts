/**
 * The three tokens, each in a file of its own. Promise: a token that was replaced on disk, by the lab, by `phonehome token rotate`
 * or by hand, is right from the next request on, and the old one is nothing; a file that others could have read is none.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { labError } from '../../formats/refusal.ts';
import { replaceFile } from '../../formats/replace-file.ts';
import { type Text, text } from '../../model/text.ts';
import { ROLES, type Role } from '../../model/words.ts';
import { readOrCreate } from '../evidence/key-file.ts';

/** A role that somebody was given, and by which edition of its token. */
export interface Grant {
  role: Role;
  digest: Buffer;
}

export interface Tokens {
  grantOf(token: string): Grant | null;
  /** The present edition of a role's token; null while there is none. */
  grantFor(role: Role): Grant | null;
  /** Whether the token it came from is still that role's. */
  isCurrent(grant: Grant): boolean;
  /** Makes a new one in place of the old one. */
  rotate(role: Role): string;
}

export interface TokenSource {
  /** Null: no token that could be trusted. */
  read(role: Role): string | null;
  write(role: Role, token: string): void;
}

const MIN_LENGTH = 16;

export function createTokens(source: TokenSource): Tokens {
  const known = new Map<Role, { token: string; digest: Buffer }>();
  const grantFor = (role: Role): Grant | null => {
    const token = source.read(role);
    if (token === null) return null;
    let kept = known.get(role);
    if (kept?.token !== token) {
      kept = { token, digest: digestOf(token) };
      known.set(role, kept);
    }
    return { role, digest: kept.digest };
  };
  return {
    grantFor,
    grantOf(token) {
      const digest = digestOf(token);
      // All are compared, the strongest wins: which of them it was shows in no time.
      const grants = ROLES.map(grantFor).filter((grant) => grant !== null && timingSafeEqual(grant.digest, digest));
      return grants.at(-1) ?? null;
    },
    isCurrent({ role, digest }) {
      const now = grantFor(role);
      return now !== null && timingSafeEqual(now.digest, digest);
    },
    rotate(role) {
      const token = newToken();
      source.write(role, token);
      return token;
    },
  };
}

export interface TokenFilesOptions {
  files: Record<Role, string>;
  /** One line when a file cannot be trusted, else null. */
  problemOf: (file: string) => Text | null;
  onProblem: (problem: Text) => void;
}

/** Files that are missing are made, mode 0600. @throws one line when one holds no usable token */
export function openTokenFiles({ files, problemOf, onProblem }: TokenFilesOptions): TokenSource {
  const held = new Map<Role, { stamp: string; token: string | null }>();
  for (const role of ROLES) {
    const token = readOrCreateToken(files[role]);
    held.set(role, { stamp: stampOf(files[role]), token });
  }
  return {
    read(role) {
      const stamp = stampOf(files[role]);
      const last = held.get(role);
      if (last?.stamp === stamp) return last.token;
      const problem = stamp === '' ? text('token.gone', { file: files[role], role }) : problemOf(files[role]);
      if (problem !== null) onProblem(problem);
      const token = problem === null ? readToken(files[role]) : null;
      held.set(role, { stamp, token });
      return token;
    },
    write: (role, token) => replaceFile(files[role], `${token}\n`),
  };
}

/** The token of this file, created at first start with mode 0600. */
export function readOrCreateToken(file: string): string {
  const token = readOrCreate(file, newToken);
  if (token.length < MIN_LENGTH) {
    throw labError(text('token.unusable', { file }));
  }
  return token;
}

/** Puts a new token in place of what the file holds; a running lab takes it up by itself. */
export function rotateTokenFile(file: string): string {
  const token = newToken();
  replaceFile(file, `${token}\n`);
  return token;
}

export const newToken = (): string => randomBytes(32).toString('base64url');

function readToken(file: string): string | null {
  const token = readFileSync(file, 'utf8').trim();
  return token.length < MIN_LENGTH ? null : token;
}

/** Another one as soon as the file is another one; empty when there is none. */
function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? '' : `${found.ino} ${found.mtimeNs} ${found.ctimeNs} ${found.size}`;
}

/** Hashing first makes both sides the same length, whatever was sent. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
