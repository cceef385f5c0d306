/**
 * Pushes alerts to every connected client and never waits for one. Each client has a cursor (the last `seq` it was
 * given) and one of three states: catching up from the store, live, or behind. What is queued for a client is bounded by
 * `maxBuffered`; a client that is behind gets nothing more until its queue is written, then one `gap` frame that names
 * the range to fetch from the store, and is live again. A client that does not answer two pings is cut off.
 */
import type { WebSocket } from 'ws';
import type { Alert } from '../../model/alert.ts';
import type { LiveFrame } from '../../model/lab.ts';
import { type AlertQuery, isWanted } from '../evidence/store.ts';

export interface LiveHubOptions {
  alerts: (query: AlertQuery) => Alert[];
  epoch: () => string;
  lastSeq: () => number;
  /** Bytes queued for one client before it counts as behind: about 200 alerts. */
  maxBuffered?: number;
  /** 20 s by the contract. */
  pingMs?: number;
}

export interface LiveHub {
  /** `since: null`: only what comes from now on. */
  join(socket: WebSocket, since: number | null, filter: AlertQuery, isValid?: () => boolean): void;
  /** Lets go of clients that may not listen any more; done every second anyway. */
  check(): void;
  /** Call after the alert was stored. */
  publish(alert: Alert): void;
  stats(): { clients: number; behind: number; gaps: number; bufferedBytes: number };
  close(): void;
}

interface Client {
  socket: WebSocket;
  filter: AlertQuery;
  state: 'catching-up' | 'live' | 'behind';
  cursor: number;
  /** First and last `seq` that were not sent while behind. */
  missed: { from: number; to: number } | null;
  answered: boolean;
  isValid: () => boolean;
}

const PAGE = 200;
const CLOSE_MS = 300;
const CHECK_MS = 1000;
/** The token was replaced, or the session is over. */
const SIGNED_OUT = 4401;

export function createLiveHub(options: LiveHubOptions): LiveHub {
  const { alerts, epoch, lastSeq, maxBuffered = 256 * 1024, pingMs = 20_000 } = options;
  const clients = new Set<Client>();
  let gaps = 0;

  const timer = setInterval(() => {
    for (const client of clients) {
      if (!client.answered) client.socket.terminate();
      client.answered = false;
      client.socket.ping();
    }
  }, pingMs).unref();

  function check(): void {
    const over = [...clients].filter(({ isValid }) => !isValid());
    for (const client of over) {
      clients.delete(client);
      client.socket.close(SIGNED_OUT, 'the token was replaced or the session is over');
    }
    if (over.length > 0)
      setTimeout(() => {
        for (const { socket } of over) socket.terminate();
      }, CLOSE_MS);
  }
  const checking = setInterval(check, CHECK_MS).unref();

  function send(client: Client, text: string): void {
    client.socket.send(text, (error) => {
      if (!error) drained(client);
    });
  }

  /** Called whenever something was written to the network: the moment to go on. */
  function drained(client: Client): void {
    if (client.socket.bufferedAmount > maxBuffered / 4) return;
    if (client.state === 'catching-up') catchUp(client);
    else if (client.missed !== null) {
      const frame: LiveFrame = { type: 'gap', ...client.missed };
      client.cursor = client.missed.to;
      client.missed = null;
      client.state = 'live';
      gaps++;
      send(client, JSON.stringify(frame));
    }
  }

  function catchUp(client: Client): void {
    while (client.socket.bufferedAmount <= maxBuffered) {
      const page = alerts({ ...client.filter, since: client.cursor, limit: PAGE });
      if (page.length === 0) {
        client.state = 'live';
        return;
      }
      for (const alert of page) send(client, frameOf(alert));
      client.cursor = page.at(-1)?.seq ?? client.cursor;
    }
  }

  return {
    join(socket, since, filter, isValid = () => true) {
      const seq = lastSeq();
      const client: Client = {
        socket,
        filter,
        state: since === null ? 'live' : 'catching-up',
        cursor: since ?? seq,
        missed: null,
        answered: true,
        isValid,
      };
      clients.add(client);
      socket.on('pong', () => {
        client.answered = true;
      });
      socket.on('close', () => void clients.delete(client));
      socket.on('error', () => socket.terminate());
      send(client, JSON.stringify({ type: 'hello', v: 1, seq, epoch: epoch() } satisfies LiveFrame));
      if (since !== null) catchUp(client);
    },
    check,
    publish(alert) {
      let frame: string | null = null;
      for (const client of clients) {
        if (client.state === 'catching-up' || !isWanted(alert, client.filter)) continue;
        if (client.socket.bufferedAmount > maxBuffered) client.state = 'behind';
        if (client.state === 'behind') {
          client.missed = { from: client.missed?.from ?? alert.seq, to: alert.seq };
          continue;
        }
        frame ??= frameOf(alert);
        client.cursor = alert.seq;
        send(client, frame);
      }
    },
    stats() {
      const all = [...clients];
      return {
        clients: all.length,
        behind: all.filter(({ state }) => state === 'behind').length,
        gaps,
        bufferedBytes: all.reduce((sum, { socket }) => sum + socket.bufferedAmount, 0),
      };
    },
    close() {
      clearInterval(timer);
      clearInterval(checking);
      const left = [...clients];
      for (const { socket } of left) socket.close(1001, 'the lab stops');
      // A client that does not read its close frame must not keep the lab from ending.
      setTimeout(() => {
        for (const { socket } of left) socket.terminate();
      }, CLOSE_MS);
    },
  };
}

function frameOf(alert: Alert): string {
  return JSON.stringify({ type: 'alert', alert } satisfies LiveFrame);
}
