/**
 * What the API needs from the rest of the lab, as functions: main.ts joins them, tests give their own.
 * A refusal that the caller can mend is a value with one line that says what to do, never an exception.
 */
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { ContentSide } from '../../formats/flow-content.ts';
import type { Alert } from '../../model/alert.ts';
import type { Beacon, IdleContact, Reaction } from '../../model/beacon.ts';
import type { Case, NewCase } from '../../model/case.ts';
import type { ContentPart, FlowContent } from '../../model/content.ts';
import type { DeviceCoverage, Gap } from '../../model/coverage.ts';
import type { Device, DiscoveredPhone } from '../../model/device.ts';
import type { Forgetting } from '../../model/forgotten.ts';
import type { Registering, ReplayInfo, ReplayOutcome } from '../../model/lab.ts';
import type { NotifyConfig, NotifyState, SentTest } from '../../model/notify.ts';
import type { BodyHits, Opened } from '../../model/opened.ts';
import type { PinOverride, PinState } from '../../model/pin.ts';
import type { Plan, PlanView } from '../../model/plan.ts';
import type * as schemas from '../../model/schemas/lab.ts';
import type * as setup from '../../model/schemas/settings.ts';
import type {
  AlertHits,
  AlertSearch,
  AppCoverage,
  AppCoverageQuery,
  BodySearch,
  FlowGroups,
  FlowHits,
  FlowSearch,
} from '../../model/search.ts';
import type { Text } from '../../model/text.ts';
import type { TrustTest, TrustTestState } from '../../model/trust-test.ts';
import type { Why } from '../../model/why.ts';
import type { Role } from '../../model/words.ts';
import type { AlertQuery, FlowQuery, FlowRecord, Revealed } from '../evidence/store.ts';
import type { Metric } from './metrics.ts';

export type Outcome<T> = { ok: true; value: T } | { ok: false; why: string; text?: Text | undefined };

export type UpstreamEntry = z.infer<typeof schemas.upstreamEntry>;
export type DecoderInfo = z.infer<typeof schemas.decoder>;

export type SaidComparison = z.infer<typeof schemas.saidComparison>;

export type CheckedPackage = z.infer<typeof schemas.checkedPackage>;

export type Settings = z.infer<typeof setup.settings>;
export type GeoChange = z.infer<typeof setup.geoChange>;
export type WaysIn = z.infer<typeof setup.wayIn>;
export type AuditLine = z.infer<typeof setup.auditEntry>;
export type RecordedLine =
  | { type: 'finding'; entry: number; app: string | null; finding: object }
  | { type: 'contact'; entry: number; host: string; facts?: object }
  | { type: 'partial'; reason: string; text: Text }
  | { type: 'skipped'; reason: string; text: Text }
  | { type: 'progress'; bytes: number }
  | { type: 'end'; entries: number; findings: number; more: number }
  | { type: 'fault'; reason: string; text?: Text };
export type UploadScan =
  | { ok: true; lines: AsyncIterable<RecordedLine> }
  | { ok: false; status: 409 | 413; why: string; text: Text };

export interface PhonePage {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** Some answers come from the relay's thread. */
export type Awaitable<T> = T | Promise<T>;

/** Of a YAML document: what changing it needs. */
export interface EditedFile {
  set(key: string, value: unknown): void;
  setIn(path: string[], value: unknown): void;
  deleteIn(path: string[]): boolean;
}

/** Who is told of alerts outside the lab. */
export interface NotifyServices {
  state(): NotifyState;
  config(): NotifyConfig;
  change(edit: (file: EditedFile) => void): Promise<Outcome<null>>;
  test(name: string): Promise<SentTest>;
  retry(name: string): Promise<number>;
  putSecret(name: string, secret: string): void;
}

export interface LiveDependencies {
  /** Milliseconds since the epoch. */
  now(): number;
  epoch(): string;
  lastSeq(): number;
  alerts(query: AlertQuery): Alert[];
  alert(id: string): Alert | null;
  reveal(alertId: string, entry: { who: string; time: string }): Revealed;
  flows(query: FlowQuery): FlowRecord[];
  flow(id: string): FlowRecord | null;
  /** In what is stored; nobody else waits meanwhile. Rejects with a `LabError` where it took too long. */
  searchAlerts(query: AlertSearch): Promise<AlertHits>;
  /** The latest of each phone, type, kind and severity. */
  latestAlerts(): Promise<{ alerts: Alert[] }>;
  searchFlows(query: FlowSearch): Promise<FlowHits>;
  groupFlows(query: FlowSearch & { by: FlowGroups['by'] }): Promise<FlowGroups>;
  /** What could be looked into of a phone, app by app. */
  appCoverage(query: AppCoverageQuery): Promise<AppCoverage>;
  /** In what is kept of bodies: in clear, so its caller writes the audit entry. */
  searchBodies(query: BodySearch): Promise<BodyHits>;
  /** Kept bytes opened layer in layer, the values of its phone and of its alerts marked; in clear. Null: nothing is kept there. */
  openContent(flow: FlowRecord, side: ContentSide, who: string): Promise<Opened | null>;
  /** What is kept of what it said; `isRevealed`: as it stood there. */
  content(flow: FlowRecord, isRevealed: boolean): FlowContent;
  /** Bytes of it, as they stood there; null: none are kept there. */
  contentPart(flow: FlowRecord, side: ContentSide, from: number, length: number): ContentPart | null;

  devices(): Device[];
  /** `entry` as one item of `devices:` in the devices file, unchecked. An existing id is replaced. */
  putDevice(entry: unknown, how: Registering): Awaitable<Outcome<{ device: Device; notes: string[]; texts: Text[] }>>;
  /** Several at once, each replaced. */
  putDevices(entries: readonly unknown[]): Awaitable<Outcome<{ device: Device; notes: string[]; texts: Text[] }[]>>;
  removeDevice(id: string): Awaitable<boolean>;
  /** Connections of a bystander's phone since the lab started; null: it is none. */
  ignoredConnections(id: string): number | null;
  /** Destroys what is kept of a phone; of one nobody registered, by its address. */
  forgetPhone(id: string, wish: { recordings: boolean; who: string }): Awaitable<Outcome<Forgetting>>;
  /** Phones met on the lab's network, the latest first; empty while no gateway is up. */
  discovered(): DiscoveredPhone[];
  /** Writes an audit entry; false when it could not be written. */
  audit(action: string, subject: string, who: string): boolean;
  /** Oldest first. */
  audits(): AuditLine[];
  settings(): Settings;
  /** Takes a database of places or networks (.mmdb, .mmdb.gz, .tar.gz) in place of an older one. */
  takeDatabase(
    given: { name: string; content: AsyncIterable<Uint8Array> },
    how: { older: boolean },
  ): Promise<Outcome<GeoChange>>;
  /** Back to the databases of the installation. */
  rollBackDatabases(): Promise<Outcome<GeoChange>>;
  waysIn(): WaysIn;
  /** Takes a recording in, and scans it. */
  scanUpload(body: AsyncIterable<Uint8Array>): Promise<UploadScan>;

  cases(): Case[];
  case(id: string): Case | null;
  openCase(given: Omit<NewCase, 'plan'> & { plan?: string | Plan }): Awaitable<Outcome<Case>>;
  /** Ready-made ones. */
  plans(): Promise<Plan[]>;
  /** Where a case is in its plan; null: it follows none. */
  casePlan(id: string): PlanView | null;
  /** The step of this number was done, or what it waited for is over. */
  casePlanStep(id: string, number: number): Awaitable<Outcome<PlanView>>;
  markCase(id: string, mark: { phase: string } | { event: string }): Awaitable<Outcome<Case>>;
  closeCase(id: string): Awaitable<Outcome<Case>>;
  removeCase(id: string): Awaitable<boolean>;

  /** As `phonehome report` makes it, masked; nobody else waits meanwhile. */
  caseReport(id: string, how: { format: 'html' | 'pdf'; language: 'en' | 'vi' }): Promise<Outcome<string | Uint8Array>>;

  /** As `phonehome compare`, in sentences: of cases, of phases of them (`CASE:phase`), or of phones. */
  compareCases(a: string, b: string, language: 'en' | 'vi'): Promise<Outcome<SaidComparison>>;

  /** As `phonehome export`: the package, which nothing but its stream holds; `fingerprint`: of the key that signed it. */
  exportCase(
    id: string,
    how: { redact: boolean; language: 'en' | 'vi' },
  ): Promise<Outcome<{ bytes: number; fingerprint: string; stream: Readable }>>;

  /** As `phonehome verify FILE`; null: too large. */
  verifyPackage(body: AsyncIterable<Uint8Array>): Promise<Outcome<CheckedPackage | null>>;

  /** The page from which a person marks them; `open`: newest first. */
  casePage(view: { open: readonly Case[]; said: { ok: boolean; text: string } | null }): Promise<PhonePage>;

  coverage(): DeviceCoverage[];
  /** Times in which the lab could not see something, oldest first. */
  gaps(): Gap[];
  /** Contacts phones make by themselves, as far as chance does not explain them. */
  beacons(): { beacons: Beacon[]; reactions: Reaction[]; idle: IdleContact[] };
  pins(): Awaitable<PinState[]>;
  /** What happened to the last connections to a server, a paragraph per phone. */
  why(host: string, device: string | null): Awaitable<Why[]>;
  /** The same of one connection. */
  whyFlow(flow: FlowRecord): Awaitable<Text>;
  setPin(device: string, name: string, override: PinOverride): Awaitable<PinState>;
  /** Newest first. */
  trustTests(): Awaitable<TrustTestState[]>;
  requestTrustTest(given: {
    device: string;
    name: string;
    test: TrustTest;
    limitMs: number;
  }): Awaitable<TrustTestState>;
  /** False when it does not wait (any more). */
  cancelTrustTest(id: string): Awaitable<boolean>;
  upstreamMap(): Awaitable<UpstreamEntry[]>;
  addUpstream(entries: readonly UpstreamEntry[]): Awaitable<void>;
  removeUpstream(host: string, port: number): Awaitable<boolean>;
  decoders(): DecoderInfo[];

  notify: NotifyServices;

  replays(): Promise<ReplayInfo[]>;
  replay(names: string[]): Promise<ReplayOutcome[]>;

  /** Plain numbers for people and dashboards: queues, drops, memory. */
  stats(): Awaitable<Record<string, unknown>>;
  metrics(): Awaitable<Metric[]>;
  /** The set-up pages a phone may read without a token; null when the path is none of them. */
  phonePage(request: {
    path: string;
    userAgent: string;
    host: string;
    /** As the browser sent it; empty: it did not. */
    acceptLanguage: string;
    /** Of the browser that asks; null: nobody is signed in. */
    signedInAs: Role | null;
  }): Promise<PhonePage | null>;
}
