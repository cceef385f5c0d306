/**
 * The words between the door and an engine: what the door learned about one accepted connection, and what it may ask
 * an engine to do with it. An engine (the wire, or http-mitm-proxy) owns every flow event; the door never emits one.
 */
import type { Socket } from 'node:net';
import type { Arrival, ClientHelloFacts, CloseReason, Direction, Flow, FlowEvent, Treatment } from './flow.ts';

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
  reason: string | null;
}

/** Policy, asked before dialling (`sni` null) and again when the ClientHello is known. */
export type Decide = (about: {
  host: string;
  port: number;
  sni: string | null;
  deviceId: string | null;
  clientIp: string;
  arrival: Arrival;
}) => Decision;

/** An expected network failure is a value, not an exception. */
export type Dialled =
  | { ok: true; socket: Socket; ip: string; simulated: boolean }
  | { ok: false; reason: CloseReason; detail: string; ip: string | null; simulated: boolean };

/** One open flow. `up` and `down` count and copy; they never throw. `close` is final and may be called twice. */
export interface LiveFlow {
  readonly flow: Flow;
  up(chunk: Buffer): void;
  down(chunk: Buffer): void;
  /** That side has ended. */
  end(direction: Direction): void;
  emit(event: FlowEvent): void;
  close(reason: CloseReason, detail?: string | null): void;
}

/** One phone connection to one destination, dialled, its first bytes peeked at. */
export interface Tunnel {
  /** Paused. It may have ended already (`readableEnded`). */
  client: Socket;
  /** What was read from the client so far: the first bytes to relay. */
  early: Buffer;
  upstream: Dialled & { ok: true };
  openedAt: number;
  from: { ip: string; port: number };
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
}

export interface Engine {
  dial(target: { host: string; port: number }): Promise<Dialled>;
  /** `stop` ends the connections behind the flow when the lab stops. */
  openFlow(facts: Omit<Flow, 'id' | 'engine'>, stop: () => void): LiveFlow;
  /** Takes both sockets over, opens the flow, relays until both ends are done, closes the flow. */
  tunnel(tunnel: Tunnel): void;
  /** Ends every open flow as `lab-stopped`, and any opened later at once. */
  close(): void;
}

/** The part of a pino logger that is used. Never given an identifier. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
