/**
 * Follows the alerts of a running lab over its WebSocket, for as long as the caller wants.
 * Promise: after a lost connection it resumes with `since`, so nothing between is missed; what the lab had to leave out
 * (`gap`) is fetched from the store; an alert already delivered in the same version is not delivered twice.
 */
import WebSocket from 'ws';
import type { Alert } from '../model/alert.ts';
import { LabError, type LiveFrame } from '../model/lab.ts';
import { call, certificateProblem, type LabAddress, listIn } from './lab-client.ts';
import { words } from './words.ts';

/** `silent`: connected, and no sign of life for more than two seconds. */
export type LinkState = 'connecting' | 'live' | 'silent' | 'reconnecting';

export interface FollowOptions {
  lab: LabAddress;
  /** Deliver what came after this seq; null: only what comes from now on. */
  since: number | null;
  onAlert: (alert: Alert) => void;
  onState: (state: LinkState) => void;
  /** Latest seq of the lab, once connected for the first time. */
  onHello?: (seq: number) => void;
  /** A failure that trying again cannot mend, e.g. a refused token. */
  onFatal: (error: LabError) => void;
}

/** First and longest wait between attempts. */
const RETRY_MS = { first: 250, longest: 5000 };
/** It is asked for a sign of life this often, and counts as silent when there was none for so long. */
const ASK_MS = 1000;
const SILENT_MS = 2200;
/** A connection without one for this long is dead. */
const SILENCE_MS = 45_000;
const PAGE = 200;

/** Starts at once; the returned function ends it. */
export function followAlerts(options: FollowOptions): () => void {
  const { lab, onAlert, onState, onFatal } = options;
  let last = options.since;
  let epoch: string | null = null;
  let wait = RETRY_MS.first;
  let ended = false;
  let opened = false;
  let socket: WebSocket | null = null;
  let timer: NodeJS.Timeout | undefined;
  let queue = Promise.resolve();

  const deliver = (alert: Alert) => {
    if (ended || (last !== null && alert.seq <= last)) return;
    last = alert.seq;
    onAlert(alert);
  };

  /** Everything after `last` up to `to`, in order. */
  const fill = async (to: number) => {
    while (!ended && (last ?? 0) < to) {
      const before = last ?? 0;
      const page = listIn<Alert>(await call(lab, 'GET', `/api/alerts?since=${before}&limit=${PAGE}`), 'alerts');
      for (const alert of page.sort((a, b) => a.seq - b.seq)) deliver(alert);
      // Updated alerts have moved to a later seq: an empty page means there is nothing left before `to`.
      if ((last ?? 0) === before) last = to;
    }
  };

  const receive = async (text: string) => {
    const frame = JSON.parse(text) as LiveFrame;
    if (frame.type === 'hello') {
      opened = true;
      wait = RETRY_MS.first;
      last ??= frame.seq;
      // The lab began a new store: everything in it is new.
      const isNewStore = frame.seq < last || (epoch !== null && frame.epoch !== epoch);
      epoch = frame.epoch;
      if (isNewStore) last = 0;
      onState('live');
      options.onHello?.(frame.seq);
      if (isNewStore) await fill(frame.seq);
    } else if (frame.type === 'gap') {
      await fill(frame.to);
    } else if (frame.type === 'alert') {
      deliver(frame.alert);
    }
  };

  const connect = () => {
    const url = new URL('/api/alerts/live', lab.url.replace(/^http/, 'ws'));
    if (last !== null) url.searchParams.set('since', String(last));
    const current = new WebSocket(url, { headers: { authorization: `Bearer ${lab.token}` }, handshakeTimeout: 10_000 });
    socket = current;
    let heardAt = performance.now();
    let state: LinkState = 'connecting';
    const sign = () => {
      heardAt = performance.now();
      if (state !== 'silent') return;
      state = 'live';
      onState(state);
    };
    const asking = setInterval(() => {
      const silentMs = performance.now() - heardAt;
      if (silentMs > SILENCE_MS) current.terminate();
      if (current.readyState !== WebSocket.OPEN) return;
      if (silentMs > SILENT_MS && state === 'live') {
        state = 'silent';
        onState(state);
      }
      current.ping();
    }, ASK_MS);
    current.on('ping', sign).on('pong', sign);
    current.on('message', (data) => {
      state = 'live';
      sign();
      queue = queue.then(() => receive(String(data))).catch(() => current.terminate());
    });
    current.on('unexpected-response', (_request, response) => {
      response.resume();
      if (response.statusCode === 401 || response.statusCode === 403) {
        end();
        onFatal(new LabError(words('live.token', { url: lab.url })));
      }
      current.terminate();
    });
    // Without a listener an error would end the process; `close` follows and tells all else that is needed.
    current.on('error', (error) => {
      const problem = certificateProblem(lab.url, error);
      if (problem === null) return;
      end();
      onFatal(new LabError(problem));
    });
    current.on('close', () => {
      clearInterval(asking);
      if (ended) return;
      onState(opened ? 'reconnecting' : 'connecting');
      timer = setTimeout(connect, wait);
      wait = Math.min(wait * 2, RETRY_MS.longest);
    });
  };

  const end = () => {
    ended = true;
    clearTimeout(timer);
    socket?.terminate();
  };

  onState('connecting');
  connect();
  return end;
}
