/**
 * The API of a running lab, as the commands use it.
 * Promise: every failure is a LabError of one line that says what to do; the token is never printed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../model/lab.ts';
import { findRunningLab } from './lab-state.ts';

/** Flags with which a user names a lab. */
export interface ReachFlags {
  data: string;
  url: string | null;
  token: string | null;
}

export interface LabAddress {
  url: string;
  token: string;
}

const TIMEOUT_MS = 10_000;

/** Where the lab is that the flags mean; throws LabError when none runs there. */
export function addressOf({ data, url, token }: ReachFlags, env: NodeJS.ProcessEnv = process.env): LabAddress {
  const given = token ?? env.PHONEHOME_TOKEN ?? null;
  if (url) {
    const known = given ?? readToken(data);
    if (!known) throw new LabError(`a lab elsewhere needs its token: set PHONEHOME_TOKEN to what its DATA/token holds`);
    return { url, token: known };
  }
  const state = findRunningLab(data);
  if (!state)
    throw new LabError(`no lab runs on ${data}: start one with "phonehome start", or name it with --data or --url`);
  const known = given ?? readToken(data);
  if (!known) throw new LabError(`${join(data, 'token')} cannot be read: run this as the user who started the lab`);
  return { url: state.url, token: known };
}

/** The lab that runs on this directory and answers, or null: then its files may be edited directly. */
export async function runningLabOf(data: string): Promise<LabAddress | null> {
  const state = findRunningLab(data);
  return state && (await answers(state.url)) ? addressOf({ data, url: null, token: null }) : null;
}

/** Whether a lab answers at this address at all. */
export async function answers(url: string, timeoutMs = 1500): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(timeoutMs) });
    return response.ok;
  } catch {
    return false;
  }
}

/** One call; returns the parsed JSON, or null for an empty answer. */
export async function call(
  lab: LabAddress,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs = TIMEOUT_MS,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`${lab.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${lab.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    throw new LabError(`the lab at ${lab.url} does not answer: is it running? (phonehome doctor)`);
  }
  const text = await response.text();
  const parsed = parse(text);
  if (response.ok) return parsed;
  if (response.status === 401)
    throw new LabError(`the lab at ${lab.url} refuses the token: set PHONEHOME_TOKEN to what its DATA/token holds`);
  throw new LabError(`${messageOf(parsed) ?? `the lab answered ${response.status} to ${method} ${path}`}`);
}

/** The list in an answer, whether it stands alone or under a name. */
export function listIn<T>(answer: unknown, name: string): T[] {
  const list = Array.isArray(answer) ? answer : (answer as Record<string, unknown> | null)?.[name];
  return Array.isArray(list) ? (list as T[]) : [];
}

function readToken(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, 'token'), 'utf8').trim() || null;
  } catch {
    return null;
  }
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function messageOf(answer: unknown): string | null {
  const { error, message } = (answer ?? {}) as { error?: unknown; message?: unknown };
  if (typeof error === 'string') return error;
  return typeof message === 'string' ? message : null;
}
