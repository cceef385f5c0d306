/** `phonehome token …`: the lab's three tokens. A running lab takes a new one up by itself. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../../model/lab.ts';
import { ROLES, type Role } from '../../model/words.ts';
import { UsageError } from '../errors.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { table } from '../table.ts';
import { words } from '../words.ts';

interface TokenFlags {
  data: string;
  json: boolean;
}

export function tokenFile(data: string, role: Role): string {
  return join(data, role === 'administrator' ? 'token' : `token.${role}`);
}

/** Without a role: where they stand. With one: the token itself. */
export async function show(given: Record<string, unknown>, [word]: string[]): Promise<number> {
  const { data, json } = given as unknown as TokenFlags;
  if (word === undefined) {
    const all = ROLES.map((role) => ({ role, file: tokenFile(data, role), may: words(`token.may.${role}`) }));
    if (json) for (const one of all) printJson({ type: 'token', ...one });
    else
      print(
        ...table([
          (['role', 'file', 'may'] as const).map((head) => words(`token.head.${head}`)),
          ...all.map(({ role, file, may }) => [role, file, may]),
        ]),
      );
    return 0;
  }
  const role = roleOf(word);
  const token = readToken(tokenFile(data, role));
  if (json) printJson({ type: 'token', role, token });
  else print(token);
  return 0;
}

/** Without a role: all of them. */
export async function rotate(given: Record<string, unknown>, [word]: string[]): Promise<number> {
  const { data, json } = given as unknown as TokenFlags;
  const roles = word === undefined ? ROLES : [roleOf(word)];
  if (!existsSync(tokenFile(data, 'administrator'))) throw none(data);
  const { rotateToken } = await loadLab();
  for (const role of roles) {
    const file = await rotateToken(data, role);
    if (json) printJson({ type: 'token', role, file });
    else print(words('token.new', { file, role: words(`token.role.${role}`) }));
  }
  return 0;
}

function roleOf(word: string): Role {
  const role = ROLES.find((one) => one === word);
  if (role === undefined) throw new UsageError(words('token.no-role', { word, roles: ROLES.join(', ') }));
  return role;
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw none(file);
    throw new LabError(words('token.not-yours', { file }));
  }
}

const none = (where: string) => new LabError(words('token.none', { where }));
