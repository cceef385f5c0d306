/**
 * What is stored of a case, put together for a person: what `case show` and a report tell. What was simulated and what happened
 * in the world are never in one record.
 */
import type { Alert } from './alert.ts';
import type { Case } from './case.ts';
import type { DeviceCoverage, Gap } from './coverage.ts';
import type { HeldRecord } from './phone-record.ts';

/** A phase, as often as it was marked; null: before the first one. Times in ISO 8601. */
export interface CasePhase {
  phase: string | null;
  from: string;
  /** Null: it goes on. */
  to: string | null;
  connections: number;
}

/** Sightings counted by the alerts, per name of a phase. */
export interface PhaseCount {
  phase: string;
  alerts: number;
  sightings: number;
}

/** A server that was contacted. */
export interface CaseContact {
  host: string;
  guessed?: true;
  owner: string | null;
  ownerCountry: string | null;
  /** Where the server is, as databases say. */
  country: string | null;
  network: string | null;
  connections: number;
  /** Of them those that were not read to the end, by the reason. */
  unread: Record<string, number>;
  bytesUp: number;
  unreadBytesUp: number;
}

/** What probably belongs to one app, as far as apps showed themselves. */
export interface CaseApp {
  /** Null: to none that showed itself. */
  app: string | null;
  connections: number;
  /** Of them those that were not read to the end. */
  unread: number;
  bytesUp: number;
  unreadBytesUp: number;
}

/** How the lab's clock stood against the `Date` of servers' answers. */
export interface ClockCheck {
  /** Connections whose answers told a time. */
  answers: number;
  /** Seconds that the lab's clock was ahead: the median of them. */
  ahead: number;
}

/** A mute of notify.yaml that holds, and how many alerts of the case it is about. */
export interface HeldFindings {
  name: string;
  as: 'muted' | 'accepted';
  reason: string;
  until: string;
  alerts: number;
}

export interface CaseRecord {
  case: Case;
  simulated: boolean;
  /** Alerts of the case that are of the other sort, and so not in here. */
  leftOut: number;
  /** ISO 8601: when this was read, and until when it tells. */
  madeAt: string;
  until: string;
  /** Worst first. */
  alerts: Alert[];
  phases: CasePhase[];
  counts: PhaseCount[];
  /** Most findings and connections first. */
  contacts: CaseContact[];
  /** Servers beyond those listed. */
  furtherContacts: number;
  connections: number;
  /** Share of the bytes sent during the case that could be read; null: nothing was sent. */
  readShare: number | null;
  /** Of the phones of the case, since they were first seen. */
  coverage: DeviceCoverage[];
  /** Times within the case in which the lab could not see something. */
  gaps: Gap[];
  /** Most bytes first. */
  apps: CaseApp[];
  /** Null: no answer told a time. */
  clock: ClockCheck | null;
  /** When connections to the receivers of findings were opened, ms since the epoch, oldest first; the first few hundred of each. */
  openings: Map<string, number[]>;
  versions: { name: string; version: string }[];
  /** Findings that are held back from receivers outside the lab, by which mute; absent when there is none. */
  held?: HeldFindings[];
  /** What the phone itself recorded, held against what the lab saw; absent when nothing was imported. */
  phoneRecords?: HeldRecord[];
}

/** Alerts that say that an identifier left. */
export const isFinding = ({ type }: Pick<Alert, 'type'>): boolean => type === 'leak';
