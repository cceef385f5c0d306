/**
 * What the page knows of its hub: whose it is, whether it and its engines answer, and when something new was taken in. Promise: after
 * the hub was away everything shown is asked for anew.
 */
import { signal } from '@preact/signals';
import { history, LabRefusal, state } from '../lab.ts';
import { askHub } from './ask.ts';

export const organisation = signal<string | null>(null);
export const engines = signal({ broker: true, database: true });
/** Grows when something was taken in. */
export const taken = signal(0);

const LONGEST_WAIT_MS = 15_000;
/** The hub says something every 20 s. */
const SILENT_MS = 50_000;
/** Whole lists are asked for anew no more often than this. */
const LISTS_MS = 3000;
const ENGINES_MS = 5000;

let failures = 0;
let isWaiting = false;

export function begin(): void {
  void connect();
  setInterval(() => {
    if (document.visibilityState === 'visible') void askEngines();
  }, ENGINES_MS);
}

async function askEngines(): Promise<void> {
  const response = await fetch('/api/health').catch(() => null);
  const { broker = true, database = true } = ((await response?.json().catch(() => null)) ?? {}) as Partial<
    typeof engines.value
  >;
  if (broker !== engines.value.broker || database !== engines.value.database) engines.value = { broker, database };
}

export async function connect(): Promise<void> {
  try {
    const session = await askHub<{ organisation: string }>('/api/session');
    organisation.value = session.organisation;
    void askEngines();
    listen();
  } catch {
    later();
  }
}

function listen(): void {
  const source = new EventSource('/api/live');
  let silence: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearTimeout(silence);
    source.close();
    later();
  };
  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(end, SILENT_MS);
  };
  source.addEventListener('ready', () => {
    heard();
    failures = 0;
    state.value = 'live';
    renew();
  });
  source.addEventListener('taken', () => {
    heard();
    renew();
  });
  source.addEventListener('still-there', heard);
  source.onerror = end;
}

function renew(): void {
  taken.value++;
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(() => {
    isWaiting = false;
    history.value++;
  }, LISTS_MS);
}

function later(): void {
  if (state.value === 'signed-out') return;
  state.value = 'away';
  failures++;
  setTimeout(() => void connect(), Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(failures, 5)));
}

/** @returns the line of the refusal; null: signed in */
export async function signIn(token: string): Promise<string | null> {
  try {
    await askHub('/api/session', { method: 'POST', body: JSON.stringify({ token }) });
  } catch (error) {
    return error instanceof LabRefusal ? error.message : String(error);
  }
  state.value = 'loading';
  await connect();
  return null;
}

export async function signOut(): Promise<void> {
  await askHub('/api/session', { method: 'DELETE' });
  location.reload();
}
