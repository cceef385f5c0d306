/**
 * The API of a running lab, as the commands use it.
 * Promise: every failure is a LabError of one line that says what to do; the token is never printed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setDefaultCACertificates } from 'node:tls';
import { isLoopback } from '../formats/address.ts';
import { EN } from '../model/catalogue/en.ts';
import { LabError } from '../model/lab.ts';
import type { Text } from '../model/text.ts';
import { findRunningLab } from './lab-state.ts';
import { inWords, words } from './words.ts';

/** Flags with which a user names a lab. */
export interface ReachFlags {
  data: string;
  url: string | null;
  token: string | null;
  /** PEM of the lab's own certificate authority, for https. */
  ca?: string | null;
}

export interface LabAddress {
  url: string;
  token: string;
}

const TIMEOUT_MS = 10_000;

/** Where the lab is that the flags mean; throws LabError when none runs there. */
export function addressOf(
  { data, url, token, ca = null }: ReachFlags,
  env: NodeJS.ProcessEnv = process.env,
): LabAddress {
  const given = token ?? env.PHONEHOME_TOKEN ?? null;
  if (url) {
    const known = given ?? readToken(data);
    if (!known) throw new LabError(words('reach.no-token'));
    if (url.startsWith('https:')) trustOnly(ca, join(data, 'certs', 'ca.pem'));
    return { url, token: known };
  }
  const state = findRunningLab(data);
  if (!state) throw new LabError(words('reach.no-lab', { data }));
  const known = given ?? readToken(data);
  if (!known) throw new LabError(words('reach.token-unread', { file: join(data, 'token') }));
  return { url: state.url, token: known };
}

/** Of servers, the lab alone is believed, by its own authority; by the system's where neither file is there. @throws LabError */
function trustOnly(given: string | null, usual: string): void {
  let pem: string;
  try {
    pem = readFileSync(given ?? usual, 'utf8');
  } catch (error) {
    if (given === null) return;
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new LabError(words('reach.ca-unread', { file: given, code }));
  }
  try {
    setDefaultCACertificates([pem]);
  } catch {
    throw new LabError(words('reach.no-pem', { file: given ?? usual }));
  }
}

/** Whether the token could be read on its way to this address. */
export function isInClear(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && hostname !== 'localhost' && !isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

/** One line for an https lab that shows another certificate than it should; null for every other failure. */
export function certificateProblem(url: string, error: unknown): string | null {
  const { code = '', cause } = error as { code?: string; cause?: unknown };
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) return words('reach.other-certificate', { url, code });
  return cause ? certificateProblem(url, cause) : null;
}

/** The lab that runs on this directory and answers, or null: then its files may be edited directly. */
export async function runningLabOf(data: string): Promise<LabAddress | null> {
  const state = findRunningLab(data);
  return state && (await answers(state.url)) ? addressOf({ data, url: null, token: null }) : null;
}

/** Whether a lab answers at this address at all. A port nobody listens at refuses at once; a busy machine takes its time. */
export async function answers(url: string, timeoutMs = TIMEOUT_MS): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(timeoutMs) });
    return response.ok;
  } catch {
    return false;
  }
}

/** One call; returns the parsed JSON, or null for an empty answer. @param body a Blob goes as it is, everything else as JSON */
export async function call(
  lab: LabAddress,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs = TIMEOUT_MS,
): Promise<unknown> {
  const isJson = body !== undefined && !(body instanceof Blob);
  let response: Response;
  try {
    response = await fetch(`${lab.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${lab.token}`,
        ...(isJson ? { 'content-type': 'application/json' } : {}),
      },
      body: isJson ? JSON.stringify(body) : ((body as Blob | undefined) ?? null),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw new LabError(certificateProblem(lab.url, error) ?? words('reach.silent', { url: lab.url }));
  }
  const text = await response.text();
  const parsed = parse(text);
  if (response.ok) return parsed;
  if (response.status === 401) throw new LabError(words('reach.token-refused', { url: lab.url }));
  throw new LabError(
    messageOf(parsed) ?? words('reach.answered', { status: response.status, asked: `${method} ${path}` }),
    textOf(parsed),
  );
}

/** The list in an answer, whether it stands alone or under a name. @throws LabError where there is none: another server answered */
export function listIn<T>(answer: unknown, name: string): T[] {
  const list = Array.isArray(answer) ? answer : (answer as Record<string, unknown> | null)?.[name];
  if (!Array.isArray(list)) throw new LabError(words('reach.other-server', { name }));
  return list as T[];
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

/** A newer lab may say what this catalogue has not. */
const isKnown = (text: unknown): text is Text =>
  typeof (text as Text | null)?.key === 'string' && Object.hasOwn(EN, (text as Text).key) && 'values' in (text as Text);

function textOf(answer: unknown): Text | undefined {
  const { text } = (answer ?? {}) as { text?: unknown };
  return isKnown(text) ? text : undefined;
}

function messageOf(answer: unknown): string | null {
  const { error, message } = (answer ?? {}) as { error?: unknown; message?: unknown };
  const text = textOf(answer);
  if (text) return inWords(text);
  if (typeof error === 'string') return error;
  return typeof message === 'string' ? message : null;
}
