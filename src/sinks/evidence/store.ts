/**
 * What an evidence store keeps and promises; memory and SQLite pass the same tests.
 * Everything is synchronous: when `putAlert` has returned `ok`, killing the process loses nothing of it.
 * Expected failures (disk full, I/O) are values, never thrown. A value of an identifier is only ever stored encrypted.
 */
import { say } from '../../formats/say.ts';
import { type Alert, type AlertRecord, type AlertType, SEVERITIES, type Severity } from '../../model/alert.ts';
import type { Case } from '../../model/case.ts';
import type { TokenRow } from '../../model/comparison.ts';
import type { DeviceCoverage, Gap } from '../../model/coverage.ts';
import type { FlowRecord } from '../../model/flow.ts';
import type { Forgotten } from '../../model/forgotten.ts';
import type { Kind } from '../../model/identifier.ts';
import { type Text, text } from '../../model/text.ts';

export type Stored = { ok: true } | { ok: false; why: 'disk-full' | 'failed'; message: string };

export interface AlertQuery {
  /** Alerts whose current version has a greater `seq`. */
  since?: number;
  device?: string;
  case?: string;
  kind?: Kind;
  type?: AlertType;
  /** This severity or worse. */
  severity?: Severity;
  /** Alerts whose evidence or first sighting was in this flow. */
  flow?: string;
  /** Of replays and tests, or of the world; both when not given. */
  simulated?: boolean;
  limit?: number;
  /** Newest first; `since` then is the lower bound all the same. */
  newest?: boolean;
}

export type { FlowRecord } from '../../model/flow.ts';

export interface FlowQuery {
  device?: string;
  /** A part of the host name. */
  host?: string;
  /** As of alerts. */
  simulated?: boolean;
  /** Opened at or after, milliseconds since the epoch. */
  after?: number;
  /** Opened before, milliseconds since the epoch: how to page back. */
  before?: number;
  limit?: number;
}

export interface TokenQuery {
  device?: string;
  case?: string;
  /** 20,000 when not given. */
  limit?: number;
}

export interface Secret {
  value: string;
  seen: string;
  window: Buffer;
}

export type Revealed = { ok: true; secret: Secret } | { ok: false; why: string; text: Text };

export interface AuditEntry {
  /** ISO 8601, UTC. */
  time: string;
  /** e.g. `reveal`. */
  action: string;
  /** Id of the thing it was done to. */
  subject: string;
  /** Who, as far as the lab knows: address or `terminal`. */
  who: string;
}

/** What is kept of the coverage of one phone. */
export interface KeptCoverage {
  /** Of the connections that are over, and with those that were open. */
  closed: DeviceCoverage;
  withOpen: DeviceCoverage;
  /** Fingerprint of the lab's certificate that `trust` is about. */
  root: string;
}

export interface Counts {
  alerts: number;
  flows: number;
  cases: number;
}

export interface ForgetWish extends Pick<AuditEntry, 'who' | 'time'> {
  /** Nobody waits for this thread: the file is written anew however large it is. */
  isPatient?: boolean;
  /** It was known before its rows were looked for. */
  isKnown?: boolean;
}

export type ForgetResult =
  | {
      ok: true;
      removed: Forgotten;
      /** Ids of the cases that went. */
      cases: string[];
      /** Something of it was there, or it was forgotten before; else nothing was done, and nothing stands in the audit. */
      isKnown: boolean;
      /** Nothing is left in unused parts of the file. */
      isCompact: boolean;
    }
  | { ok: false; why: string; text: Text };

export interface EvidenceStore {
  /** Names this store's history: numbers of another one mean nothing in it. */
  epoch(): string;
  /** Highest `seq` ever stored, also when its alert was pruned since. */
  lastSeq(): number;
  /** A new alert or a newer version of one (same `id`). `secret: null` leaves a stored secret as it is. */
  putAlert(record: AlertRecord): Stored;
  alerts(query: AlertQuery): Alert[];
  alert(id: string): Alert | null;
  /** Writes the audit entry first; without it nothing is revealed. */
  reveal(alertId: string, entry: Pick<AuditEntry, 'who' | 'time'>): Revealed;

  /** All or none of them. */
  putFlows(flows: readonly FlowRecord[]): Stored;
  /**
   * Closes what an earlier run left open as `lab-killed`, not looked into from some time on. Their number.
   * @param time milliseconds since the epoch
   */
  closeLeftOpen(time: number): number;
  /** Newest first. */
  flows(query: FlowQuery): FlowRecord[];
  flow(id: string): FlowRecord | null;

  putCase(given: Case): Stored;
  /** Oldest first. */
  cases(): Case[];
  case(id: string): Case | null;
  removeCase(id: string): boolean;

  /** Replaces what is kept of the same phones. All or none of them. */
  putCoverage(counted: readonly KeptCoverage[]): Stored;
  coverage(): KeptCoverage[];
  /** A time in which the lab could not see something; replaces the one of the same subject and beginning. */
  putGap(gap: Gap): Stored;
  /** The latest ones, oldest first. */
  gaps(): Gap[];
  /** The lab runs at this time (ms since the epoch). */
  putAlive(time: number): Stored;
  /** When it last did; null: never. */
  lastAlive(): number | null;

  /** Replaces the row of the same phone, place, phase and hash. All or none of them. */
  putTokens(rows: readonly TokenRow[]): Stored;
  /** Latest first. */
  tokens(query: TokenQuery): TokenRow[];

  audit(entry: AuditEntry): Stored;
  /** Oldest first. */
  audits(): AuditEntry[];

  /**
   * Removes alerts and tokens last seen, and flows opened, before a time (ms since the epoch); cases and audit stay.
   * @param limit of each, oldest first: as many as one call may take the time for
   */
  prune(before: number, limit?: number): { alerts: number; flows: number };
  /**
   * Destroys what is stored of a phone, the key of its values first, with an entry in the audit. Of a phone nobody registered:
   * its address. Connections that were recorded under the address of a registered one stay.
   */
  forget(device: string, wish: ForgetWish): ForgetResult;
  /**
   * Destroys the key, and connections that `forget` would destroy and that have ended: of one that has not, a row is still to come.
   * @param limit as many as one call may take the time for
   * @returns how many; fewer than `limit`: there are no more, or the disk refuses. And whether it had a key until now
   */
  forgetFlows(device: string, limit: number): { removed: number; hadKey: boolean };
  counts(): Counts;
  /** Signs the chain as far as it goes now. */
  checkpoint(): Stored;
  close(): void;
}

export const MAX_GAPS = 200;
/** About 300 bytes each: all a comparison can use. */
export const MAX_TOKENS = 20_000;
export const DEFAULT_LIMIT = 500;
/** An alert is about 1.5 KB of JSON: one answer stays below 3 MB. */
export const MAX_LIMIT = 2000;

export function limitOf(limit: number | undefined): number {
  return Math.max(1, Math.min(MAX_LIMIT, limit ?? DEFAULT_LIMIT));
}

/** A connection whose end nobody saw: what it sent after the lab ended was not looked into. */
export function closedAsKilled(flow: FlowRecord, time: number): FlowRecord {
  const why = text('unheard.killed');
  const detail = say(why);
  return {
    ...flow,
    closedAt: time,
    reason: 'lab-killed',
    detail,
    notSeen: [...flow.notSeen, detail],
    notSeenTexts: [...(flow.notSeenTexts ?? []), why],
  };
}

/** Whether a query asks for an alert: of those that are not in the database (yet). */
export function isWanted(alert: Alert, query: AlertQuery): boolean {
  const worst = query.severity === undefined ? 0 : SEVERITIES.indexOf(query.severity);
  return (
    alert.seq > (query.since ?? 0) &&
    (query.device === undefined || alert.device.id === query.device) &&
    (query.case === undefined || alert.case?.id === query.case) &&
    (query.kind === undefined || alert.identifier?.kind === query.kind) &&
    (query.type === undefined || alert.type === query.type) &&
    (query.simulated === undefined || alert.simulated === query.simulated) &&
    SEVERITIES.indexOf(alert.severity) >= worst &&
    (query.flow === undefined || alert.evidence?.flow === query.flow)
  );
}
