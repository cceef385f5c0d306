/** The hub's API, which is another one than a lab's: an address and its answer. */
import { type Answer, useAnswer } from '../answer.ts';
import { ask, notice } from '../lab.ts';

type Told<T> = { data: T; response: Response } | { error: { error?: string }; response: Response };

async function call<T>(path: string, init: RequestInit = {}): Promise<Told<T>> {
  const isChange = init.method !== undefined && init.method !== 'GET';
  const headers: Record<string, string> = isChange ? { 'content-type': 'application/json', 'x-phonehome': '1' } : {};
  const response = await fetch(path, { ...init, headers });
  notice(response, path);
  const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => ({}));
  return response.ok ? { data: answer as T, response } : { error: answer as { error?: string }, response };
}

/** @throws LabRefusal */
export const askHub = <T>(path: string, init?: RequestInit): Promise<T> => ask<T>(call<T>(path, init));

export const useHubAnswer = <T>(path: string, everyMs = 0): Answer<T> =>
  useAnswer<T, string>(path, (one) => call<T>(one), everyMs);
