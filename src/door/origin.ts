/**
 * One server connection of an absolute-form client: its socket, its flow and the answer it is giving.
 * Promise: what the server sends goes to the phone at once and unchanged, with backpressure; the flow closes once.
 */
import type { Socket } from 'node:net';
import { resetSocket } from '../formats/tcp-reset.ts';
import type { Dialled, LiveFlow } from '../model/connection.ts';
import type { CloseReason } from '../model/flow.ts';
import type { Text } from '../model/text.ts';
import { createResponseWatch, type ResponseWatch } from './response-watch.ts';

const EMPTY = Buffer.alloc(0);

export interface OriginEvents {
  /** Bytes of the answer went by. */
  progress: (origin: Origin) => void;
  /** It spoke while nothing was asked of it: the phone would take that for the answer of another server. */
  unasked: (origin: Origin) => void;
  drained: (origin: Origin) => void;
  /** The phone sends faster than it can be read: nothing more may be taken from it for now. */
  held: (isHeld: boolean) => void;
  ended: (origin: Origin) => void;
  failed: (origin: Origin, code: string) => void;
}

export interface OriginRequest {
  head: Buffer;
  method: string;
  asksUpgrade: boolean;
  /** As for `leaveOut`. */
  cut: string;
}

export interface Origin {
  readonly key: string;
  /** The answer being given; null while idle. */
  response: ResponseWatch | null;
  begin(request: OriginRequest): void;
  /** What is not passed on of what the phone said to this server, latin1. */
  leaveOut(text: string): void;
  /** False: wait for `drained`. */
  write(chunk: Buffer): boolean;
  end(): void;
  resume(): void;
  /** Ends the connection: `ended` and `lab-stopped` quietly, anything else with a reset. */
  close(reason: CloseReason, detail?: Text | null): void;
}

export function createOrigin(
  key: string,
  client: Socket,
  dialled: Dialled & { ok: true },
  flow: LiveFlow,
  now: () => number,
  on: OriginEvents,
): Origin {
  const { socket } = dialled;
  let isHeld = false;
  flow.control((held) => {
    isHeld = held;
    if (held) socket.pause();
    else if (!client.writableNeedDrain) socket.resume();
    on.held(held);
  });
  const origin: Origin = {
    key,
    response: null,
    begin({ head, method, asksUpgrade, cut }) {
      origin.response = createResponseWatch(method, asksUpgrade);
      origin.leaveOut(cut);
      socket.write(head);
      flow.up(head);
    },
    leaveOut(text) {
      if (text === '') return;
      const bytes = Buffer.from(text, 'latin1');
      flow.emit({ type: 'raw-bytes', flowId: flow.flow.id, direction: 'request', time: now(), bytes });
    },
    write(chunk) {
      const room = socket.write(chunk);
      flow.up(chunk);
      return room;
    },
    end() {
      flow.end('request');
      socket.end();
    },
    resume() {
      if (!isHeld) socket.resume();
    },
    close(reason, detail = null) {
      flow.close(reason, detail);
      socket.removeAllListeners('data');
      if (reason === 'ended' || reason === 'lab-stopped') socket.destroy();
      else resetSocket(socket);
    },
  };
  socket.on('data', (chunk: Buffer) => {
    const { response } = origin;
    const answer = response === null ? EMPTY : chunk.subarray(0, response.feed(chunk));
    const room = answer.length === 0 || client.write(answer);
    flow.down(chunk);
    if (!room) socket.pause();
    if (response === null) on.unasked(origin);
    else on.progress(origin);
  });
  socket.on('drain', () => on.drained(origin));
  socket.on('end', () => {
    // A write had failed, and this was the last that could be read.
    if (socket.errored) return;
    flow.end('response');
    origin.response?.end();
    on.ended(origin);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => on.failed(origin, error.code ?? 'error'));
  return origin;
}
