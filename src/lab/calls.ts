/** What the two threads of the lab ask of each other beside the ring: plain data, copied. */
import { type BirpcReturn, createBirpc } from 'birpc';
import type { PhoneMatch } from '../devices/match-table.ts';
import type { Told } from '../formats/refusal.ts';
import type { Alert } from '../model/alert.ts';
import type { LabOptions, ReplayInfo, ReplayOutcome } from '../model/lab.ts';
import type { PinOverride, PinState } from '../model/pin.ts';
import type { TrustTest, TrustTestState } from '../model/trust-test.ts';
import type { PassHints } from '../wire/pass-hints.ts';
import type { UpstreamMapEntry } from './upstream-map.ts';

/** What the lab's thread begins with. */
export interface LabThreadData {
  options: LabOptions;
  ring: SharedArrayBuffer;
  /** Why the one before it ended; null for the first. */
  restart: { reason: string; openFlows: number } | null;
}

/** Said by the lab's thread when it can be used. */
export interface LabReady {
  uiPort: number;
  /** Loopback ports of the phone-facing page and of its self-test. */
  portal: { pages: number; probe: number; ui: number };
  pins: PinState[];
  /** Phones, or addresses, that were seen to trust the lab's certificate. */
  trusting: string[];
  /** Of a hub's feed; null: none. */
  hints: PassHints | null;
  phones: PhoneMatch[];
  /** A made-up serial number that the detector must find whenever it comes by. */
  marker: string;
  warnings: string[];
}

/** What the relay does for the lab's thread. */
export interface RelayCalls {
  ready(facts: LabReady): void;
  /** One line for the operator; the thread ends. */
  failed(why: Told): void;
  passed(barrier: number): void;
  alert(alert: Alert): void;
  replayed(run: number, said: { outcome: ReplayOutcome } | { step: string }): void;
  /** Resolves when all that came in before was processed. */
  barrier(): Promise<void>;
  setPhones(phones: readonly PhoneMatch[]): void;
  pins(): PinState[];
  setPin(device: string, name: string, mode: PinOverride): PinState;
  /** In place of those before; null: none. */
  setHints(hints: PassHints | null): void;
  /** Knows nothing of a phone any more. */
  forgetPhone(device: string): void;
  trustTests(): TrustTestState[];
  requestTrustTest(given: { device: string; name: string; test: TrustTest; limitMs: number }): TrustTestState;
  cancelTrustTest(id: string): boolean;
  upstreamMap(): UpstreamMapEntry[];
  addUpstream(entries: readonly UpstreamMapEntry[]): void;
  removeUpstream(host: string, port: number): boolean;
  /** Trusts a server's authority (PEM), until `distrust`. */
  trust(pem: string): void;
  distrust(pem: string): void;
  stats(): RelayStats;
}

export interface RelayStats {
  openFlows: number;
  heldPhones: number;
  onTheWay: number;
  lostBytes: number;
  lostFlows: number;
  /** Of the relay's event loop, seconds, since it was last asked. */
  loopDelay: { p50: number; p99: number; max: number };
}

/** What the lab's thread does for the relay. */
export interface LabCalls {
  /** The ports are open. */
  opened(ports: { proxyPort: number }): Promise<void>;
  pinChanged(state: PinState): Promise<void>;
  /** Whether the marker sent last was found. Told to the operator if not. */
  checkMarker(): Promise<boolean>;
  replays(): Promise<ReplayInfo[]>;
  replay(run: number, names: string[]): Promise<ReplayOutcome[]>;
  stop(): Promise<void>;
}

/** A worker, or the port to whoever started this one. */
export interface Port {
  postMessage(data: unknown): void;
  on(event: 'message', listener: (data: unknown) => void): unknown;
  off(event: 'message', listener: (data: unknown) => void): unknown;
}

/** Calls `Theirs` in the other thread and answers `Mine` here. A call waits as long as its answer takes. */
export function connectCalls<Theirs extends object, Mine extends object>(
  port: Port,
  mine: Mine,
): BirpcReturn<Theirs, Mine> {
  return createBirpc<Theirs, Mine>(mine, {
    post: (data) => port.postMessage(data),
    on: (listener) => void port.on('message', listener),
    off: (listener) => void port.off('message', listener),
    timeout: -1,
  });
}
