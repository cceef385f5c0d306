/**
 * What one replay is: the facts of a report as data, and a script of what the phone did.
 * Promise: every field of every replay says how it is known, and nobody downstream can call an assumed one documented.
 * A case never opens a socket: it speaks through the `Phone` it is given, and its vendors only answer requests.
 */
import type { AlertType, Severity } from '../model/alert.ts';
import type { Device } from '../model/device.ts';
import type { Kind, Where } from '../model/identifier.ts';

/** D documented in a report or in public vendor code, A assumed for this reconstruction, U unknown. */
export type Mark = 'D' | 'A' | 'U';

export interface Field {
  name: string;
  mark: Mark;
  note: string;
}

/** A request as a simulated vendor received it. */
export interface VendorRequest {
  host: string;
  port: number;
  method: string;
  /** Request target as it arrived. */
  target: string;
  /** In order, names as on the wire. */
  headers: [string, string][];
  /** The first 64 KiB of the body; `bodyBytes` and `bodySha256` cover all of it. */
  body: Buffer;
  bodyBytes: number;
  bodySha256: string;
}

export interface VendorReply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Vendor {
  host: string;
  port: number;
  tls: boolean;
  /** Public address the flow is filed under. Nothing is ever sent there. */
  address: string;
  addressMark: Mark;
  /** `nth` counts this vendor's requests from 1. */
  respond(request: VendorRequest, nth: number): VendorReply;
}

export interface PhoneRequest {
  method: string;
  url: string;
  /** What stands in the log in place of the URL: the documented form, with `<imei>` and the like for values. */
  shown: string;
  mark: Mark;
  /** In order. `Host` comes from the URL; `Content-Length` from a body that is not streamed. */
  headers: [string, string][];
  body?: Buffer | AsyncIterable<Buffer>;
}

export interface PhoneResponse {
  status: number;
  body: Buffer;
}

export interface Phone {
  /** Goes through the lab's proxy. Throws one line when the proxy cannot be used. */
  request(request: PhoneRequest): Promise<PhoneResponse>;
  /** Something that happens on the phone and sends nothing. */
  note(text: string, mark: Mark): void;
}

/** Opens a phase of the case: `boot`, `before-consent`… */
export type MarkPhase = (phase: string, text: string, mark: Mark) => Promise<void>;

export interface Expectation {
  type: Extract<AlertType, 'leak' | 'opaque'>;
  kind: Kind;
  where: Where;
  /** Layers that must be among `evidence.decoding`, with or without a locator behind a colon. */
  decodingIncludes?: readonly string[];
  /** Text `evidence.hash` must begin with, e.g. `sha1[:16`. Null: the value itself must have been seen. */
  hash?: string | null;
  severity?: Severity;
  /** Upper limit, for the `-fixed` twins that still send something. */
  atMost?: Severity;
  /** May be missing: true of the payload, but not what the case is about. */
  optional?: true;
  /** Only when the lab runs with (or without) the operator key of this case; absent: either way. */
  operatorKey?: 'loaded' | 'absent';
}

export interface ReplayCase {
  name: string;
  /** One sentence: who reported what. */
  title: string;
  report: string;
  year: number;
  /** Shown wherever an alert of the case is shown. */
  label: string | null;
  /** Its id is `replay.` and the name of the case. Made on demand: a planted photo takes a moment. */
  device(): Device;
  fields: Field[];
  vendors: Vendor[];
  /** In the order the script opens them. */
  phases: string[];
  /** File name, in the data directory's `replay/`, of the operator key that opens this case's payload. */
  operatorKey: string | null;
  phone(phone: Phone, phase: MarkPhase, given: CaseInput): Promise<void>;
  /** Of a fixed version: what the maker said of it, as `compare` checks it. */
  claims?: readonly string[];
  /** Every leak and opaque alert that may appear. Empty: none may. */
  expect: Expectation[];
}

/** What a script cannot hold itself. */
export interface CaseInput {
  /** PEM of the lab's stand-in for a vendor's public key; empty for cases without one. */
  vendorPublicKey: string;
}
