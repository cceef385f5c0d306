/** What the command line asks of the gateway, and what it gets back. Failures are `LabError`s of one line. */

/** One thing that was looked at, and what to do about it. */
import type { Text } from './text.ts';

export interface GatewayCheck {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  found: string;
  /** Null when nothing is to be done. */
  advice: string | null;
  /** Both for other languages than English. */
  text?: { found: Text; advice: Text | null };
}

/** Attempts of one phone at something the rules refuse, within the last hour. */
export interface RefusedAttempts {
  what: 'quic' | 'dot' | 'doq';
  client: string;
  destination: string;
  port: number;
  packets: number;
  bytes: number;
}

/** What a phone sent over the gateway beside TCP, as the kernel counts it: by protocol, `udp` or its number. */
export interface ForwardedPackets {
  client: string;
  destination: string;
  protocol: string;
  packets: number;
  bytes: number;
}

export interface TunnelPeer {
  name: string;
  address: string;
  address6: string | null;
  /** ISO 8601; null: never, or not known without root. */
  lastHandshake: string | null;
  /** Bytes from and to the phone. */
  received: number;
  sent: number;
}

export interface GatewayStatus {
  up: boolean;
  checks: GatewayCheck[];
  refused: RefusedAttempts[];
  peers: TunnelPeer[];
}

/** How a phone comes to a gateway that is up: there is no proxy to set. */
export interface WayIn {
  /** What to join, as a part of a sentence. */
  network: string;
  /** The set-up page by the gateway's own address, without a path: `http://10.77.0.1`. */
  page: string;
  /** The gateway's own on the phones' networks: a phone that opened one is on them. */
  addresses: string[];
}

/** A file the gateway makes, or a list of commands it runs, as text. */
export interface GatewayFile {
  /** Path, or what it is where there is none. */
  name: string;
  /** One sentence. */
  purpose: string;
  text: string;
}

export interface AddedPeer {
  name: string;
  address: string;
  address6: string | null;
  /** The phone's configuration, its private key included: shown once, kept nowhere. */
  config: string;
  /** False: `gateway up` has to be run (again) before the phone is answered. */
  applied: boolean;
}

/** `part`: what `up` had noted is lost; rules and daemons are gone, kernel settings and addresses stayed as they are. */
export type TakenDown = 'nothing' | 'part' | 'all';

/** The gateway of one data directory and one configuration file. */
export interface GatewayControl {
  /** Needs no root; `reveal` shows passphrase and keys. */
  print(reveal: boolean): GatewayFile[];
  /** Returns warnings. `tell` hears each step. */
  up(tell: (step: Text) => void): Text[];
  status(): GatewayStatus;
  addPeer(name: string): AddedPeer;
  /** False when there is none of this name. */
  removePeer(name: string): boolean;
  peers(): TunnelPeer[];
}
