/**
 * The words between the door and an engine: what the door learned about one accepted connection, and what it may ask
 * an engine to do with it. An engine (the wire, or http-mitm-proxy) owns every flow event; the door never emits one.
 */
import type { Socket } from 'node:net';
import type { Arrival, ClientHelloFacts, CloseReason, Direction, Flow, FlowEvent, Treatment } from './flow.ts';
import type { PassCause } from './pin.ts';
import type { Text } from './text.ts';
import type { TrustTestState } from './trust-test.ts';

/** What the phone's ClientHello offered, numbers as on the wire without GREASE: enough to offer the same upstream. */
export interface TlsOffer {
  versions: number[];
  ciphers: number[];
  extensions: number[];
  groups: number[];
  signatureAlgorithms: number[];
  /** RFC 8879. */
  certificateCompression: number[];
}

export interface Decision {
  treatment: Treatment;
  /** One sentence; null for `intercept`. */
  reason: Text | null;
  /** Of a connection that is passed through. */
  cause?: PassCause;
  /** Nothing is proven yet: whether the phone says something on it is to be told. */
  watched?: boolean;
  /** The operator asked for it: the app is shown a bad certificate. Must be settled. */
  test?: TrustTestState;
}

/** Policy, asked before dialling and again when the phone's first bytes are known. */
export type Decide = (about: {
  host: string;
  port: number;
  sni: string | null;
  deviceId: string | null;
  clientIp: string;
  arrival: Arrival;
  /** The phone's ClientHello was read. */
  isTls: boolean;
}) => Decision;

/** An expected network failure is a value, not an exception. */
export type Dialled =
  | { ok: true; socket: Socket; ip: string; simulated: boolean }
  | { ok: false; reason: CloseReason; detail: Text; ip: string | null; simulated: boolean };

/** One open flow. `up` and `down` count and copy; they never throw. `close` is final and may be called twice. */
export interface LiveFlow {
  readonly flow: Flow;
  up(chunk: Buffer): void;
  down(chunk: Buffer): void;
  /** That side has ended. */
  end(direction: Direction): void;
  /** Bytes that went by unshown, because an engine tells their content in events of its own. */
  count(direction: Direction, bytes: number): void;
  emit(event: FlowEvent): void;
  /** Who relays it gives the way to pause and resume it, for a phone that sends faster than it can be read. */
  control(hold: (isHeld: boolean) => void): void;
  close(reason: CloseReason, detail?: Text | null): void;
}

/** One phone connection to one destination, dialled, its first bytes peeked at. */
export interface Tunnel {
  /** Paused. It may have ended already (`readableEnded`). */
  client: Socket;
  /** What was read from the client so far: the first bytes to relay. */
  early: Buffer;
  upstream: Dialled & { ok: true };
  openedAt: number;
  from: Flow['client'];
  deviceId: string | null;
  arrival: Arrival;
  decision: Decision;
  host: string;
  port: number;
  /** Null when the phone does not speak TLS here. */
  hello: ClientHelloFacts | null;
  offer: TlsOffer | null;
  /** As in `Flow`. */
  lookedUpAs?: string | null;
  /** As in `Destination`. */
  guessed?: true;
  /** As in `Flow`. */
  continues?: boolean;
  /**
   * Given where both sides may agree to go on with TLS (STARTTLS). Called when they did, with both sockets let go of,
   * paused: the door looks at the phone's bytes anew and opens a tunnel for what follows.
   */
  startTls?: () => void;
}

export interface Engine {
  /** `client`: who asks, so that one phone's look-ups do not keep another's waiting. */
  dial(target: { host: string; port: number; client?: string }): Promise<Dialled>;
  /** `stop` ends the connections behind the flow when the lab stops. */
  openFlow(facts: Omit<Flow, 'id' | 'engine'>, stop: () => void): LiveFlow;
  /** Takes both sockets over, opens the flow, relays until both ends are done, closes the flow. */
  tunnel(tunnel: Tunnel): void;
  /** Takes absolute-form HTTP over; without it the door forwards such requests itself. */
  plain?: Carrier['plain'];
  /** Ends every open flow as `lab-stopped`, and any opened later at once. */
  close(): void;
}

/** One end of a pair: `stream` carries the bytes (a TLSSocket where TLS is terminated), `raw` is the TCP socket below it. */
export interface Leg {
  stream: Socket;
  raw: Socket;
}

/** What whoever carries a pair must tell the one that made it. */
export interface PairOptions {
  /** The phone said its first words. */
  onFirstUp?: () => void;
  /** The phone ended; told before it is passed on. */
  onClientEnd?: () => void;
  /** May give a better reason than the one derived from the sockets. */
  explain?: (reason: CloseReason) => { reason: CloseReason; detail: Text | null } | null;
}

/** A phone connection that speaks absolute-form HTTP and so may name several servers. */
export interface PlainConnection {
  /** Paused. */
  client: Socket;
  /** The head that was read, unchanged, and what followed it. */
  early: Buffer;
  /** Asks policy, dials and opens the flow; a refusal is recorded and comes with what to answer. */
  open(
    target: { host: string; port: number },
    stop: () => void,
  ): Promise<{ ok: true; dialled: Dialled & { ok: true }; flow: LiveFlow } | { ok: false; reply: Buffer }>;
  /** Gives the connection back for a CONNECT; `rest` came after its head. */
  connect(target: { host: string; port: number }, rest: Buffer): void;
}

/** Another way to carry what phone and server say, in place of the relay: behind the same door, dial and TLS. */
export interface Carrier {
  readonly engine: Flow['engine'];
  /** The only protocols it speaks: the phone's others are not offered to the server. */
  readonly alpn: readonly string[];
  /** False: the relay takes this tunnel. */
  takes(tunnel: Tunnel): boolean;
  /** Both legs are ready, streams paused. Closes the flow. */
  carry(phone: Leg, server: Leg, flow: LiveFlow, told: PairOptions): void;
  plain(connection: PlainConnection): void;
}

/** The part of a pino logger that is used. Never given an identifier. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One redirected connection as the relay saw it, at its end. */
export interface RelayedLeg {
  client: { ip: string; port: number };
  destination: { ip: string; port: number };
  /** Bytes of TCP's payload that were read from the phone. */
  bytesRead: number;
}
