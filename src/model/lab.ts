/**
 * What the command line asks of the lab, and what it gets back: the seam between `src/cli/` and `src/main.ts`.
 * `LabModule` lists every function the commands call; `src/main.ts` exports them under these names.
 * Expected failures (port in use, broken devices file) are thrown as `LabError`: one line that says what to do.
 */

import type { z } from 'zod';
import type { Alert } from './alert.ts';
import type { Case, NewCase } from './case.ts';
import type { CaseRecord } from './case-record.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Comparison, SideSummary } from './comparison.ts';
import type { Keep } from './content.ts';
import type { Device } from './device.ts';
import type { FlowRecord } from './flow.ts';
import type { Forgetting } from './forgotten.ts';
import type { GatewayCheck, GatewayControl, TakenDown, WayIn } from './gateway.ts';
import type { HubCommands, PackageChain } from './hub.ts';
import type { Mute, NotifyState, SentTest } from './notify.ts';
import type { PhoneRecord } from './phone-record.ts';
import type { Plan } from './plan.ts';
import type { Scanned, ScanOptions } from './scan.ts';
import type * as schemas from './schemas/lab.ts';
import type { Text } from './text.ts';
import type { StoreVerdict } from './verdict.ts';
import type { Role } from './words.ts';

/** A failure the operator can act on. `message` is one line; the command line prints it without a stack and exits 1. */
export class LabError extends Error {
  override name = 'LabError';
  /** The same line, for other languages than English. */
  readonly text: Text | undefined;

  constructor(line: string, text?: Text) {
    super(line);
    this.text = text;
  }
}

export const ENGINES = ['wire', 'http-mitm-proxy'] as const;

export const RETENTION_DAYS = 90;

export interface BackupFacts {
  files: number;
  bytes: number;
  madeAt: string;
  encrypted: boolean;
  /** The latest signed end of its store's chain; null: none. */
  head: string | null;
}

export interface LabOptions {
  /** Directory of everything the lab keeps. */
  data: string;
  /** Of the key of its authority. */
  caPassphrase?: string | null;
  host: string;
  /** 0 = any free port; so for all ports. */
  proxyPort: number;
  uiPort: number;
  /** TLS on the UI port, beside plain HTTP; absent: no. */
  uiTls?: boolean;
  /** For connections the gateway redirects; null: open only while a gateway is up on this data directory. */
  transparentPort: number | null;
  engine: (typeof ENGINES)[number];
  devicesFile: string | null;
  upstreamCa: string | null;
  /** `HOST=FILE`: certificate and key (PEM) to show that server when it asks. */
  clientCert?: string[];
  /** Asks the network for intermediate certificates that servers leave out. */
  fetchIntermediates?: boolean;
  upstreamMap: string | null;
  /** CIDR ranges served besides the private ones. */
  allowClients: string[];
  /** Most connections of one phone at once; absent or null: as descriptors allow, at most 1,000. */
  phoneConnections?: number | null;
  /** CIDR ranges reachable although they are loopback or the lab's own network. */
  allowDestinations: string[];
  /** Resolvers asked for the phones' look-ups while a gateway is up; empty: this machine's own. */
  resolvers?: string[];
  /** Record the phones' networks while a gateway is up, and the keys of what is decrypted; absent or null: do not. */
  capture?: { maxMegabytes: number } | null;
  /** Alerts and connections are destroyed this many days after they were last seen; 0: never. Absent: `RETENTION_DAYS`. */
  retentionDays?: number;
  /** What content of connections is kept; absent: the window around findings. */
  keep?: Keep;
  /** Most of it, in megabytes; the oldest goes first. Absent: `KEEP_MEGABYTES`. */
  keepMb?: number;
  /** Operator-supplied decoder files (keys). */
  decoders: string[];
  /** ISO 3166-1 alpha-2: what counts as "abroad". Null: any country counts as abroad. */
  homeCountry: string | null;
  /** The file that says which hub the lab publishes to; absent or null: to none. */
  hub?: string | null;
  logFile: string | null;
  /** Stdout belongs to NDJSON: print nothing. */
  json: boolean;
}

export interface Lab {
  proxy: { host: string; port: number };
  /** Where redirected connections arrive; null: closed when the lab started. */
  transparent: { port: number } | null;
  /** Null: no gateway was up when the lab started. */
  gateway: WayIn | null;
  /** Base address of dashboard and API as reachable from this machine, e.g. `http://127.0.0.1:8081`. */
  ui: { url: string };
  /** Path of the root certificate. */
  ca: { pem: string };
  /** Path of the token file, not the token. */
  token: string;
  /** Every alert and every update of one, after it was stored. Returns the function that ends it. */
  onAlert(listener: (alert: Alert) => void): () => void;
  /** Plays cases against simulated vendors through this lab's own proxy. Never rejects for a case that fails. */
  replay(
    names: string[],
    onOutcome: (outcome: ReplayOutcome) => void,
    /** One plain line per step of a case, with its D/A/U mark. */
    onStep?: (line: string) => void,
  ): Promise<ReplayOutcome[]>;
  /** Stops taking connections, ends flows as `lab-stopped`, flushes the store. Safe to call twice. */
  stop(): Promise<void>;
  /** One line each; shown at start. */
  warnings: string[];
}

/** A frame of the WebSocket `/api/alerts/live`, and a line of `--json` output (where `ready` takes the place of `hello`). */
export type LiveFrame = z.infer<(typeof schemas.frames)[keyof typeof schemas.frames]>;

/** `DATA/lab.json`, mode 0600, while a lab runs: how other commands find it. Written and removed by `start`. */
export interface LabState {
  v: 1;
  pid: number;
  /** Base address of the API. */
  url: string;
  proxy: { host: string; port: number };
  startedAt: string;
  /** As in `LabOptions`. */
  retentionDays?: number;
}

export type ReplayInfo = z.infer<typeof schemas.replay>;
export type ReplayOutcome = z.infer<typeof schemas.replayOutcome>;

/** The registered phones of a data directory, while no lab runs on it. Errors name the field. */
/** As `How` of devices/registration.ts. */
export type Registering = 'add' | 'replace' | 'set' | 'drop';

export interface StoredDevices {
  list(): Device[];
  /** `entry` as one item of `devices:` in the devices file, unchecked; what an operator may not have meant is told in `notes`. */
  put(entry: unknown, how: Registering): { device: Device; notes: string[]; texts: Text[] };
  /** Several, written once. @throws LabError that names the first that is not as it should be: `devices[3]: …` */
  putAll(entries: readonly unknown[], how: Registering): { device: Device; notes: string[]; texts: Text[] }[];
  remove(id: string): boolean;
  /** The whole devices file as YAML or JSON text, values in clear. */
  text(format: 'yaml' | 'json'): string;
}

export interface StoredCases {
  list(): Case[];
  open(given: NewCase): Case;
  mark(id: string, mark: { phase: string } | { event: string }): Case;
  close(id: string): Case;
  /** Releases the store. */
  end(): void;
}

/** What was recorded, while no lab runs. */
export interface StoredRecords {
  /** A page of alerts after this seq, in the order of their latest sighting. */
  alerts(query: { since: number; limit: number }): Alert[];
  /** A page of flows, newest first; `before`: milliseconds since the epoch. */
  flows(query: { device?: string; host?: string; before?: number; limit: number }): FlowRecord[];
  end(): void;
}

export const CA_FORMATS = ['pem', 'cer', 'p12', 'mobileconfig'] as const;
export type CaFormat = (typeof CA_FORMATS)[number];

export interface AuthorityInfo {
  subject: string;
  /** SHA-256 of the certificate, upper-case hex with colons, as phones show it. */
  fingerprint: string;
  validFrom: string;
  validTo: string;
  /** Path of the certificate and of its private key. */
  pem: string;
  key: string;
}

export interface ExportOptions {
  dataDir: string;
  /** Of the case. */
  id: string;
  simulated?: boolean;
  /** The zip. */
  file: string;
  redact: boolean;
  language: 'en' | 'vi';
  /** Where phones are registered besides the data directory; null: there. */
  devicesFile: string | null;
  /** Of the lab's keys, where they are encrypted. */
  passphrase: string | null;
  /** Address of a time-stamping server (RFC 3161). */
  timestamp: string | null;
  /** Of this program. */
  version: string;
}

export interface ExportFacts {
  file: string;
  bytes: number;
  case: string;
  simulated: boolean;
  alerts: number;
  flows: number;
  /** Requests with their answers, of which content is in it. */
  exchanges: number;
  /** What is not in it and why. */
  missing: string[];
  /** Of the key that signed it. */
  fingerprint: string;
}

/** What was found when a package was held against itself. */
export interface PackageVerdict {
  isIntact: boolean;
  /** The first that does not fit, one line, and how many there are. */
  problem: string | null;
  problemText?: Text;
  problems: number;
  files: number;
  /** Records of the chain that are in it; rows of the case that were held against theirs; the last record that is signed. */
  records: number;
  rows: number;
  signed: number;
  head: { position: number; hash: string } | null;
  /** SHA-256 of the key in it (DER); null: there is none. */
  fingerprint: string | null;
}

/** What `src/main.ts` exports for the commands. */
/** Who is told of alerts outside the lab, by the files of a data directory. */
export interface StoredNotify {
  /** A notify.yaml to begin with. */
  example: string;
  state(): Promise<NotifyState>;
  /** Sends a test that holds nothing of any phone. @throws LabError for a receiver that is not there */
  test(name: string): Promise<SentTest>;
  /** What was given up waits again. */
  retry(name: string): Promise<number>;
  /** Replaces the one of the same name. @throws LabError naming the field */
  mute(given: Record<string, unknown> & { name: string }): Promise<Mute>;
  unmute(name: string): Promise<boolean>;
}

/** A database that says where a server is, or who runs its network. */
export interface GeoDatabase {
  name: string;
  /** `country`, `network`, `country and network`, `company`. */
  about: string;
  /** ISO 8601; null: unknown. */
  date: string | null;
  ageDays: number | null;
  /** `old` past 60 days, `stale` past 180. */
  state: 'fresh' | 'old' | 'stale' | 'missing' | 'damaged';
  /** One line; null: nothing needs doing. */
  advice: string | null;
  /** The same before it is in a language. */
  text: Text | null;
}

export interface LabModule {
  /** @param file the hub's own configuration. @throws LabError naming line and field */
  openHub(file: string): Promise<HubCommands>;
  /**
   * Tables of a directory for all labs of a hub, looked over as labs will, signed with a key (Ed25519, PEM).
   * @returns the version they got @throws LabError
   */
  publishFeed(hubConfig: string, directory: string, keyFile: string): Promise<number>;
  /** Of an intact package, to be held against what its lab told a hub. @throws LabError */
  readPackageChain(file: string): Promise<PackageChain>;
  /** Of a hub or a lab: the secret half goes into a new file. @returns the public half. @throws LabError */
  makeHubKey(file: string): Promise<string>;
  /** @throws LabError naming line and field of notify.yaml */
  openNotify(dataDir: string): Promise<StoredNotify>;
  startLab(options: LabOptions): Promise<Lab>;
  listReplays(): Promise<ReplayInfo[]>;
  /**
   * Files of recorded traffic, and directories of them, through the detector. When told to stop, it yields what was found until
   * then, and one `stopped` for each file that was not read to its end.
   * @throws LabError for a path that is not there
   */
  scan(paths: string[], options: ScanOptions, stop?: AbortSignal | null): AsyncIterable<Scanned>;
  openDevices(dataDir: string): Promise<StoredDevices>;
  openCases(dataDir: string): Promise<StoredCases>;
  /** @throws LabError when nothing was recorded yet */
  openRecords(dataDir: string): Promise<StoredRecords>;
  /** Destroys all that is kept of a phone, while no lab runs. @throws LabError */
  forgetPhone(
    dataDir: string,
    device: string,
    wish: { recordings: boolean; passphrase?: string | null },
  ): Promise<Forgetting>;
  /** Holds what is stored against its chain; a lab may run meanwhile. @throws LabError when nothing was recorded yet */
  verifyRecorded(dataDir: string, expected?: Checkpoint | null): Promise<StoreVerdict>;
  /**
   * What is stored of a case, of the world or, where asked for or nothing else is there, simulated; a lab may run meanwhile.
   * @throws LabError for an id that means nothing
   */
  readCase(dataDir: string, id: string, options?: { simulated?: boolean }): Promise<CaseRecord>;
  /** The same as one file for people. `reveal`: values in clear, each with its entry in the audit. */
  reportCase(
    dataDir: string,
    id: string,
    options: {
      format: 'html' | 'pdf' | 'txt';
      language: 'en' | 'vi';
      /** In place of the report, a drafted letter to the vendor. @throws LabError where nothing left */
      letter?: boolean;
      reveal?: boolean;
      simulated?: boolean;
      /** Of the lab’s keys, where they are encrypted; without it nothing that was kept is opened, and nothing revealed. */
      passphrase?: string | null;
    },
  ): Promise<{ content: string | Uint8Array; simulated: boolean }>;
  /** The report's verdict on a case: one sentence. */
  judgeCase(record: CaseRecord, language: 'en' | 'vi'): Promise<string>;
  /** Ready-made ones, and those of the feed that the lab has in force. */
  listPlans(dataDir: string): Promise<Plan[]>;
  /** One of the operator's own. @throws LabError of one line that names what is wrong and where */
  readPlan(file: string): Promise<Plan>;
  /**
   * A case as a package that others can check, made in a thread of its own; a lab may run meanwhile.
   * @throws LabError, and no file is left
   */
  exportPackage(options: ExportOptions, onProgress?: (done: number, total: number) => void): Promise<ExportFacts>;
  /** Holds a package against itself. @throws LabError when there is no such file */
  verifyPackage(file: string): Promise<PackageVerdict>;
  /** The fingerprint of the key with which this lab signs; null: it has none yet. */
  signingFingerprint(dataDir: string): Promise<string | null>;
  /** Phones, cases, or phases of cases (`CASE:phase`), from what is stored. @throws LabError for a name that means nothing */
  compareRuns(dataDir: string, a: string, b: string, claims?: readonly string[]): Promise<Comparison>;
  /** Several of them, a row each. @throws LabError */
  summarizeSides(dataDir: string, names: readonly string[]): Promise<SideSummary[]>;
  /** A phone's own record of the servers it met, kept with a case. @throws LabError */
  importPhoneRecord(dataDir: string, caseId: string, file: string): Promise<PhoneRecord>;
  /** The same in words, as sentences and as one HTML file for people. */
  sayComparison(
    given: Comparison | readonly SideSummary[],
    language: 'en' | 'vi',
  ): Promise<{ claims: string[]; changes: string[]; each: string[]; table: string[][]; html: string }>;
  /** Null when the directory holds no authority yet; never creates one. */
  readAuthority(dataDir: string): Promise<AuthorityInfo | null>;
  /** @param passphrase of its key, where a form is signed */
  exportAuthority(dataDir: string, format: CaFormat, passphrase?: string | null): Promise<Buffer>;
  isAuthorityKeySealed(dataDir: string): Promise<boolean>;
  /** Encrypts all keys with another passphrase, or with none; `left`: earlier authorities' that the present one does not open. @throws LabError when the present one is not right */
  changeAuthorityPassphrase(dataDir: string, present: string | null, next: string | null): Promise<{ left: string[] }>;
  /** All of a lab in one file, also while it runs. @throws LabError */
  backUp(dataDir: string, file: string, passphrase: string | null): Promise<BackupFacts>;
  /** @throws LabError when the file is damaged or not readable, or `dataDir` holds a lab */
  restore(dataDir: string, file: string, passphrase: () => Promise<string | null>): Promise<BackupFacts>;
  /** `rsa`: for phones that know no ECDSA. */
  rotateAuthority(dataDir: string, kind?: { rsa?: boolean; passphrase?: string | null }): Promise<AuthorityInfo>;
  /** Puts a new token of this role in place of the old one; gives the file's path. */
  rotateToken(dataDir: string, role: Role): Promise<string>;
  /** Every database of places, networks and companies that answers, or should. */
  listGeoDatabases(dataDir: string): Promise<GeoDatabase[]>;
  /** Takes a newer one, without a running lab; gives the files put in place. @throws LabError: then nothing changed */
  takeGeoDatabase(dataDir: string, file: string, options: { older: boolean }): Promise<string[]>;
  /** Puts own ones aside, without a running lab; gives their files. */
  rollBackGeo(dataDir: string): Promise<string[]>;
  /** Cuts a span of time (ISO 8601) out of the recording of `dataDir`; `mac`: of one phone. @throws LabError */
  exportCapture(options: {
    dataDir: string;
    from: string;
    to: string;
    mac: string | null;
    file: string;
  }): Promise<{ bytes: number; sessions: number }>;
  openGateway(options: { dataDir: string; configFile: string | null }): Promise<GatewayControl>;
  /** Undoes what `gateway up` did; false when nothing was up. @throws LabError without root */
  takeGatewayDown(dataDir: string, tell: (step: Text) => void): Promise<TakenDown>;
  /** Empty when no gateway is configured here. */
  checkGateway(dataDir: string): Promise<GatewayCheck[]>;
  /** One plain line per alert, as in a pipe; colours are ANSI. */
  formatAlertLine(alert: Alert, options: { colour: boolean; language?: string }): string;
}
