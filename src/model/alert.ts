/** The alert, version 1: the object other programs rely on. Fields may be added, never changed in meaning. */

import type { Attribution } from './attribution.ts';
import type { DestinationFacts } from './destination.ts';
import type { Destination } from './flow.ts';
import type { Evidence, Identifier } from './identifier.ts';

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const ALERT_TYPES = ['leak', 'opaque', 'contact', 'pinned', 'weak-tls', 'quic', 'coverage', 'system'] as const;
export type AlertType = (typeof ALERT_TYPES)[number];

export interface AlertDevice {
  /** Registered id; for a phone nobody registered its address. */
  id: string;
  model: string | null;
  ip: string;
  mac: string | null;
}

export interface AlertFlow {
  /** `http/1.1`, `h2`, `websocket`, `grpc`, `mqtt`, `tls`, `tcp`…: the innermost one at the time. */
  protocol: string;
  method: string | null;
  /** Query values and token-like path segments are masked. */
  url: string | null;
  encrypted: boolean;
  intercepted: boolean;
}

export interface Alert {
  v: 1;
  /** Grows with every alert and every update of one: the place to resume from. */
  seq: number;
  /** ULID; stays the same when `count` grows. */
  id: string;
  /** ISO 8601, UTC. */
  time: string;
  type: AlertType;
  severity: Severity;
  device: AlertDevice;
  case: {
    id: string;
    /** Phase of the first sighting, or of the first one that was worse. */
    phase: string | null;
    /** Sightings per phase, in the order they began. */
    phases?: Record<string, number>;
  } | null;
  /** Null for alerts about a connection as a whole. */
  identifier: Identifier | null;
  evidence: Evidence | null;
  flow: AlertFlow | null;
  destination: (Destination & DestinationFacts) | null;
  count: number;
  firstSeen: string;
  lastSeen: string;
  simulated: boolean;
  /** One sentence for a person, without any identifier's value. */
  message: string;
  /** e.g. `reconstruction of a disputed claim`. */
  label: string | null;
  /** App or SDK that probably sent it; absent in alerts of earlier versions. */
  attribution?: Attribution | null;
}

/** An alert together with what must be encrypted before it touches a disk. */
export interface AlertRecord {
  alert: Alert;
  secret: { value: string; seen: string; window: Buffer } | null;
}
