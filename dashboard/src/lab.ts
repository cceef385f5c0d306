/**
 * What the page knows of the lab: loaded once, then kept by the WebSocket and a look every few seconds. Promise: after the lab
 * was away the page resumes where it was; a history that began anew is loaded anew; what is kept is bounded.
 */
import { type Signal, signal } from '@preact/signals';
import type { Alert } from '../../src/model/alert.ts';
import type { DeviceCoverage } from '../../src/model/coverage.ts';
import type { Role } from '../../src/model/words.ts';
import { answerOf, createClient, LabRefusal, type LiveFrame, type Paths } from '../../src/sinks/live/client.ts';
import { said } from './words.ts';

export interface RegisteredPhone {
  id: string;
  model: string | null;
  match: { ip: string | null };
}

export interface MetPhone {
  mac: string;
  addresses: string[];
  hostName: string | null;
  system: string | null;
  maker: string | null;
  deviceId: string | null;
}

export { LabRefusal };

export const state = signal<'loading' | 'live' | 'away' | 'signed-out'>('loading');
export const role = signal<Role | null>(null);
/** The lab has not all that this page asks for: it is of an earlier version. */
export const isOlder = signal(false);
/** Milliseconds that the lab's clock is ahead of this computer's, as its latest answer said: to the second. */
export const clockAhead = signal(0);
/** Now, as the lab's clock shows it: what it stored is before. */
export const labNow = (): number => Date.now() + clockAhead.value;
/** Of each phone, type, kind and severity the latest that was stored when the page began: older ones than `alerts` among them. */
export const earlier = signal<readonly Alert[]>([]);
/** Newest first. */
export const alerts = signal<readonly Alert[]>([]);
export const phones = signal<readonly RegisteredPhone[]>([]);
export const met = signal<readonly MetPhone[]>([]);
export const coverage = signal<readonly DeviceCoverage[]>([]);

const MAX_ALERTS = 2000;
const FIRST_ALERTS = 1000;
const LOOK_MS = 3000;
/** After alerts phones and coverage are looked at again, once for all that come in this time. */
const LOOK_SOON_MS = 500;
/** Alerts that come together are shown together: no more than one drawing in this time. */
const TOGETHER_MS = 30;
const LONGEST_WAIT_MS = 15_000;
/** Clocks that differ by less tell the same. */
const CLOCK_MS = 5000;
/** Addresses that every lab of this version has. */
const PARTS =
  /^\/api\/(?:search\/[a-z-]+|coverage(?:\/apps)?|devices\/discovered|beacons|pins|trust-tests|plans|settings|audit|notify)$/;

let epoch: string | null = null;
let seq = 0;
let waiting: Alert[] = [];
let drawing: ReturnType<typeof setTimeout> | null = null;
let looking: ReturnType<typeof setTimeout> | null = null;
/** Times in a row that the lab did not answer: waiting grows with it. */
let failures = 0;

/** The latest alert that came, by its number: what is older does not change its place in a list any more. */
export const latestSeq = (): number => seq;
/** Another history began, or the lab is back: lists are asked for anew. */
export const history = signal(0);

/** The API of this lab; a browser shows its cookie. */
export const lab = createClient({ url: globalThis.location?.origin ?? '' });
lab.use({ onResponse: ({ response, schemaPath }) => notice(response, schemaPath) });

/** What every answer tells besides: the lab's clock, its version, whether one is still signed in. */
export function notice(response: Response, path: string): void {
  const said = Date.parse(response.headers.get('date') ?? '');
  // To the second, and on its way for a while.
  if (Math.abs(said - labNow()) > CLOCK_MS) clockAhead.value = said - Date.now();
  if (response.status === 404 && PARTS.test(path)) isOlder.value = true;
  if (response.status === 401) state.value = 'signed-out';
}

/** The answer to a call of `lab`; a refusal is in the person's language. @throws LabRefusal */
export const ask: typeof answerOf = (call) =>
  answerOf(call).catch((error: unknown) => {
    if (!(error instanceof LabRefusal) || error.text === null) throw error;
    throw new LabRefusal(said(error.text, error.message), error.status, error.text);
  });

/** What may stand behind the `?` of a list. */
export type QueryOf<P extends keyof Paths> = Paths[P] extends { get: { parameters: { query?: infer Q } } }
  ? NonNullable<Q>
  : never;

export async function signOut(): Promise<void> {
  await ask(lab.DELETE('/api/session'));
  location.assign('/');
}

export function begin(): void {
  void connect();
  setInterval(() => {
    if (state.value === 'live' && document.visibilityState === 'visible') void look().catch(() => {});
  }, LOOK_MS);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && state.value === 'live') void look().catch(() => {});
  });
}

const newest = (limit: number) => ask(lab.GET('/api/alerts', { params: { query: { newest: true, limit } } }));

async function connect(): Promise<void> {
  try {
    const session = await ask(lab.GET('/api/session'));
    role.value = session.role;
    const first = await newest(epoch === null ? FIRST_ALERTS : 1);
    if (epoch !== first.epoch) {
      const all = epoch === null ? first : await newest(FIRST_ALERTS);
      alerts.value = [];
      epoch = all.epoch;
      seq = all.seq;
      take(all.alerts);
    }
    // The lists ask meanwhile.
    history.value++;
    const latest = ask(lab.GET('/api/search/latest-alerts')).catch(() => ({ alerts: [] }));
    await look();
    earlier.value = (await latest).alerts;
    listen();
  } catch {
    later();
  }
}

/** Registered and met phones, and how much of each could be looked into. */
export async function look(): Promise<void> {
  const [registered, discovered, covered] = await Promise.all([
    ask(lab.GET('/api/devices')),
    ask(lab.GET('/api/devices/discovered')).catch(without({ phones: [] })),
    ask(lab.GET('/api/coverage')).catch(without({ coverage: [], gaps: [] })),
  ]);
  set(phones, registered.devices);
  set(met, discovered.phones);
  set(coverage, covered.coverage);
}

/** A lab that is older than the page does without. */
const without =
  <T>(nothing: T) =>
  (error: unknown): T => {
    if (error instanceof LabRefusal && error.status === 404) return nothing;
    throw error;
  };

/** The same answer draws nothing anew. */
function set<T>(kept: Signal<T>, value: T): void {
  if (JSON.stringify(kept.peek()) !== JSON.stringify(value)) kept.value = value;
}

function lookSoon(): void {
  if (looking !== null) return;
  looking = setTimeout(() => {
    looking = null;
    void look().catch(() => {});
  }, LOOK_SOON_MS);
}

function listen(): void {
  const socket = lab.live({ since: seq }, (frame: LiveFrame) => {
    if (frame.type === 'hello') {
      failures = 0;
      state.value = 'live';
      if (frame.epoch !== epoch) socket.close();
    } else if (frame.type === 'alert') {
      seq = Math.max(seq, frame.alert.seq);
      waiting.push(frame.alert);
      if (drawing === null) drawing = setTimeout(draw, TOGETHER_MS);
    } else socket.close();
  });
  socket.onclose = later;
}

function later(): void {
  if (state.value === 'signed-out') return;
  state.value = 'away';
  failures++;
  setTimeout(() => void connect(), Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(failures, 5)));
}

const listeners: ((come: readonly Alert[]) => void)[] = [];

/** Told of what comes from now on, once it is on the screen. */
export function onFresh(listener: (come: readonly Alert[]) => void): void {
  listeners.push(listener);
}

function draw(): void {
  drawing = null;
  const come = waiting;
  waiting = [];
  take(come);
  for (const listener of listeners) listener(come);
  lookSoon();
}

/** An alert that came again takes the place of its earlier version. What comes is newer than all that is there. */
function take(come: readonly Alert[]): void {
  const byId = new Map(come.map((alert) => [alert.id, alert]));
  const fresh = [...byId.values()].sort((one, other) => other.seq - one.seq);
  alerts.value = [...fresh, ...alerts.value.filter(({ id }) => !byId.has(id))].slice(0, MAX_ALERTS);
}
