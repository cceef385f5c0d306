/**
 * One accepted connection while the door deals with it: who it is and which flows came of it.
 * Promise: a connection that leaves without a flow of its own still gets one, opened and closed, so that none is unseen.
 */
import type { Socket } from 'node:net';
import type { Decision, Dialled, Engine, LiveFlow, Tunnel } from '../model/connection.ts';
import type { Arrival, CloseReason, Flow } from '../model/flow.ts';
import type { Text } from '../model/text.ts';

export interface Visitor {
  socket: Socket;
  openedAt: number;
  from: Flow['client'];
  /** User name of the proxy login, when one was given. */
  user: string | null;
  /** A flow of this connection has been opened. */
  seen: boolean;
}

export interface Named {
  arrival: Arrival;
  host: string;
  port: number;
  /** As in `Flow`. */
  lookedUpAs?: string | null;
  /** `host` is `lookedUpAs`: the phone itself named none. */
  guessed?: true;
}

const INTERCEPT: Decision = { treatment: 'intercept', reason: null };

/** Facts of a flow that is plain, or that never got far enough to be anything. */
export function flowFacts(
  visitor: Visitor,
  deviceId: string | null,
  named: Named,
  decision: Decision = INTERCEPT,
  dialled: Dialled | null = null,
): Omit<Flow, 'id' | 'engine'> {
  return {
    openedAt: visitor.openedAt,
    client: visitor.from,
    deviceId,
    arrival: named.arrival,
    treatment: decision.treatment,
    treatmentReason: decision.reason,
    destination: {
      host: named.host,
      port: named.port,
      ip: dialled?.ip ?? null,
      ...(named.guessed && { guessed: named.guessed }),
    },
    encrypted: false,
    intercepted: decision.treatment === 'intercept',
    hello: null,
    simulated: dialled?.simulated ?? false,
    ...(named.lookedUpAs === undefined ? {} : { lookedUpAs: named.lookedUpAs }),
  };
}

/** Opens and closes a flow for a connection that goes no further. `sent` went to no server, and is searched all the same. */
export function recordEnd(
  engine: Engine,
  visitor: Visitor,
  facts: Omit<Flow, 'id' | 'engine'>,
  reason: CloseReason,
  detail: Text | null,
  sent: Buffer | null = null,
): void {
  visitor.seen = true;
  const flow: LiveFlow = engine.openFlow(facts, () => {});
  if (sent !== null && sent.length > 0) flow.up(sent);
  flow.close(reason, detail);
}

export const NOWHERE: Named = { arrival: 'unknown', host: 'unknown', port: 0 };

export function tunnelFor(
  visitor: Visitor,
  deviceId: string | null,
  named: Named,
  rest: Pick<Tunnel, 'early' | 'upstream' | 'decision' | 'hello' | 'offer' | 'continues' | 'startTls'>,
): Tunnel {
  return { client: visitor.socket, openedAt: visitor.openedAt, from: visitor.from, deviceId, ...named, ...rest };
}
