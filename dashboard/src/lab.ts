/**
 * What the page knows of the lab: loaded once, then kept by the WebSocket and a look every few seconds. Promise: after the lab
 * was away the page resumes where it was; a history that began anew is loaded anew; what is kept is bounded.
 */
import { signal } from '@preact/signals';
import type { Alert } from '../../src/model/alert.ts';
import type { DeviceCoverage } from '../../src/model/coverage.ts';

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

export type Role = 'viewer' | 'operator' | 'administrator';

export const state = signal<'loading' | 'live' | 'away' | 'signed-out'>('loading');
export const role = signal<Role | null>(null);
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
/** Alerts that come together are shown together: no more than one drawing in this time. */
const TOGETHER_MS = 30;
const LONGEST_WAIT_MS = 15_000;

let epoch: string | null = null;
let seq = 0;
let waiting: Alert[] = [];
let drawing: ReturnType<typeof setTimeout> | null = null;
/** Times in a row that the lab did not answer: waiting grows with it. */
let failures = 0;

/** What the lab answers when it refuses: one line that says what to do. */
export class LabRefusal extends Error {
  readonly status: number;

  constructor(line: string, status: number) {
    super(line);
    this.status = status;
  }
}

/** The latest alert that came, by its number: what is older does not change its place in a list any more. */
export const latestSeq = (): number => seq;
/** Another history began, or the lab is back: lists are asked for anew. */
export const history = signal(0);

export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const isChange = init.method !== undefined && init.method !== 'GET';
  const response = await fetch(path, {
    ...init,
    headers: isChange ? { 'content-type': 'application/json', 'x-phonehome': '1' } : {},
  });
  if (response.status === 401) state.value = 'signed-out';
  if (response.status === 204) return undefined as T;
  const answer = (await response.json().catch(() => ({}))) as T & { error?: string };
  if (!response.ok) throw new LabRefusal(answer.error ?? response.statusText, response.status);
  return answer;
}

export async function signOut(): Promise<void> {
  await ask('/api/session', { method: 'DELETE' });
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

async function connect(): Promise<void> {
  try {
    const session = await ask<{ role: Role }>('/api/session');
    role.value = session.role;
    const first = await ask<{ alerts: Alert[]; seq: number; epoch: string }>(
      epoch === null ? `/api/alerts?newest=true&limit=${FIRST_ALERTS}` : '/api/alerts?limit=1&newest=true',
    );
    if (epoch !== first.epoch) {
      const all = epoch === null ? first : await ask<typeof first>(`/api/alerts?newest=true&limit=${FIRST_ALERTS}`);
      alerts.value = [];
      epoch = all.epoch;
      seq = all.seq;
      take(all.alerts);
    }
    await look();
    // A lab that is older than the page has none.
    earlier.value = await ask<{ alerts: Alert[] }>('/api/search/latest-alerts').then(
      ({ alerts: all }) => all,
      () => [],
    );
    history.value++;
    listen();
  } catch {
    later();
  }
}

/** Registered and met phones, and how much of each could be looked into. */
export async function look(): Promise<void> {
  const [registered, discovered, covered] = await Promise.all([
    ask<{ devices: RegisteredPhone[] }>('/api/devices'),
    ask<{ phones: MetPhone[] }>('/api/devices/discovered'),
    ask<{ coverage: DeviceCoverage[] }>('/api/coverage'),
  ]);
  phones.value = registered.devices;
  met.value = discovered.phones;
  coverage.value = covered.coverage;
}

function listen(): void {
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/alerts/live?since=${seq}`);
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(String(data)) as
      | { type: 'hello'; seq: number; epoch: string }
      | { type: 'alert'; alert: Alert }
      | { type: 'gap' };
    if (frame.type === 'hello') {
      failures = 0;
      state.value = 'live';
      if (frame.epoch !== epoch) socket.close();
    } else if (frame.type === 'alert') {
      seq = Math.max(seq, frame.alert.seq);
      waiting.push(frame.alert);
      if (drawing === null) drawing = setTimeout(draw, TOGETHER_MS);
    } else socket.close();
  };
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
  void look().catch(() => {});
}

/** An alert that came again takes the place of its earlier version. */
function take(come: readonly Alert[]): void {
  const byId = new Map(alerts.value.map((alert) => [alert.id, alert]));
  for (const alert of come) byId.set(alert.id, alert);
  alerts.value = [...byId.values()].sort((one, other) => other.seq - one.seq).slice(0, MAX_ALERTS);
}
