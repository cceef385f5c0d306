/** What passes between a lab and a hub of many labs. */
import type { z } from 'zod';
import type { Severity } from './alert.ts';
import type { Kind } from './kinds.ts';
import type * as schemas from './schemas/hub.ts';
import type { Text } from './text.ts';

export const HUB_KINDS = ['alert', 'flow', 'coverage', 'gap', 'forgotten', 'chain', 'heartbeat'] as const;
export type HubKind = (typeof HUB_KINDS)[number];

/** Of organisations and labs: they stand in subjects, where dots part. */
export const HUB_NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

export type HubAlert = z.infer<typeof schemas.hubAlert>;
export type HubFlow = z.infer<typeof schemas.hubFlow>;
export type HubCoverage = z.infer<typeof schemas.hubCoverage>;
export type HubGap = z.infer<typeof schemas.hubGap>;
export type HubForgotten = z.infer<typeof schemas.hubForgotten>;
export type HubHeartbeat = z.infer<typeof schemas.hubHeartbeat>;
export type ChainRun = z.infer<typeof schemas.chainRun>;
export type ChainSignature = z.infer<typeof schemas.chainSignature>;
export type HubEvent = z.infer<typeof schemas.hubEvent>;

/** Tables for labs: a stream of one message. */
export const FEED_STREAM = 'PHONEHOME_FEED';
export const FEED_SUBJECT = 'phonehome-feed';

/** Of the tables that a hub hands to this lab. */
export interface FeedState {
  /** In force; 0: none. */
  version: number;
  made: string | null;
  /** Why the last one that came was not taken; null: it was. */
  problem: string | null;
  /** The same for other languages. */
  text?: Text;
}

/** How a lab's publishing to its hub stands, as `GET /api/stats` shows it. */
export interface HubState {
  url: string;
  organisation: string;
  lab: string;
  state: 'connecting' | 'publishing' | 'failing';
  /** Why it fails, one line; null while it does not. */
  problem: string | null;
  /** Since when it is so, ISO 8601. */
  since: string;
  /** Last record of the lab's chain, and up to which the stream has confirmed. */
  head: number;
  confirmed: number;
  /** Only where the lab trusts a key for it. */
  feed?: FeedState;
}

/** `signature`: it does not fit; `key`: another key than the lab's first one; `record`: another record than the lab told. */
export const FORGED_WHYS = ['signature', 'key', 'record'] as const;
export type ForgedWhy = (typeof FORGED_WHYS)[number];

/** What the hub says of one lab. */
export interface LabStanding {
  organisation: string;
  lab: string;
  /** When the hub last got something of it, ISO 8601; null: never. */
  heard: string | null;
  /** Its clock beside the broker's, seconds, positive when it is ahead; null: it told none yet. */
  clockAhead: number | null;
  /** More than a minute and a half apart. */
  isClockWrong: boolean;
  version: string | null;
  /** By the last heartbeat, and what the hub holds without a gap. */
  head: number | null;
  held: number;
  chain: 'whole' | 'gap' | 'broken';
  /** Positions that never came, both ends included. */
  missing: { history: string; from: number; to: number }[];
  /** What does not fit: `message 12 does not hash to what it says`. */
  faults: string[];
  /** The last signed end of a chain that the hub holds and whose signature it checked; null: none came yet. */
  signed: { position: number; time: string; key: string } | null;
  /** Signatures that do not hold, the latest first. */
  forged: { position: number; why: ForgedWhy; key?: string | null }[];
  /** The last key that somebody accepted in the place of the one before; null: it signs with its first one. */
  accepted: { key: string; time: string; who: string; reason: string } | null;
  /** More than one: its store was restored, saved from damage, or written anew. */
  histories: number;
  /** Messages kept aside, by why. */
  aside: Record<string, number>;
}

/** `live`: heard within two minutes; `silent`: within an hour; `offline`: longer ago, or never. */
export type LabPresence = 'live' | 'silent' | 'offline';

/** A lab as the dashboard over all labs shows it. */
export interface FleetLab extends LabStanding {
  presence: LabPresence;
  phones: number;
  models: number;
}

export interface ModelOverview extends FleetModel {
  /** Units of which an identifier or a content was seen. */
  found: number;
  kinds: Kind[];
  countries: string[];
  companies: number;
}

export interface FleetOverview {
  labs: FleetLab[];
  models: ModelOverview[];
}

/** `unit`: each unit has its own and keeps it; `shared`: several have the same; `changing`: most have several; `open`: too little is known. */
export const IDENTIFIER_VERDICTS = ['unit', 'shared', 'changing', 'open'] as const;
export type IdentifierVerdict = (typeof IDENTIFIER_VERDICTS)[number];

/** A place where units of a model told values that nobody registered. */
export interface ModelIdentifier extends Spread {
  company: string | null;
  country: string | null;
  host: string;
  /** As what it was found. */
  kind: string;
  where: string | null;
  /** With `[]` for every place in a list. */
  path: string | null;
  verdict: IdentifierVerdict;
  /** Different ones, over all units. */
  values: number;
  sightings: number;
}

/** A phone in one shop. */
export interface LabUnit {
  unit: string;
  /** Only where the hub may see it. */
  name: string | null;
  model: string | null;
  firmware: string | null;
  simulated: boolean;
  /** Of its alerts; null: there is none. */
  worst: Severity | null;
  kinds: Kind[];
  companies: number;
  connections: number;
  trust: string | null;
  readShare: number | null;
  firstSeen: string;
  lastSeen: string;
}

/** An alert as the hub shows it: which lab told it, and its record in that lab's chain. */
export type ToldAlert = HubAlert & { lab: string; chain: { history: string; position: number; hash: string } };

/** One line of the ledger: what phones of a model told a company in a country. */
export interface LedgerLine {
  model: string | null;
  /** Absent: all versions together; null: nobody noted which. */
  firmware?: string | null;
  company: string | null;
  country: string | null;
  /** A kind of identifier, the type of an alert without one, or `connection`. */
  kind: string;
  simulated: boolean;
  firstSeen: string;
  lastSeen: string;
  units: number;
  labs: number;
  sightings: number;
  bytesUp: number;
}

interface Spread {
  units: number;
  labs: number;
  /** ISO 8601. */
  firstSeen: string;
  lastSeen: string;
}

/** What a rule over the whole fleet found, with what is known of it now. */
export interface FleetAlert extends Spread {
  rule: string;
  /** When the rule first held, ISO 8601. */
  raised: string;
  model: string | null;
  /** Null: the rule counts all versions together. */
  firmware: string | null;
  company: string | null;
  country: string | null;
  kind: string;
  simulated: boolean;
  sightings: number;
}

export interface FleetModel extends Spread {
  model: string | null;
  /** By when each was first seen; `version` null: nobody noted which. */
  firmware: (Spread & { version: string | null })[];
}

export interface FleetPhone {
  lab: string;
  unit: string;
  /** Where the hub may see it. */
  name: string | null;
  model: string | null;
  firmware: string | null;
  simulated: boolean;
  firstSeen: string;
  lastSeen: string;
}

/** One thing a model told, over its firmware versions. */
export interface FirmwareLine {
  company: string | null;
  country: string | null;
  kind: string;
  /** In the order in which units with each version were first seen. */
  seen: (Spread & { firmware: string })[];
  /** Versions of the model without it. */
  notSeen: string[];
  /** The version it came with; null: it was there with the first one. */
  appearedWith: string | null;
  /** The version it was no longer seen with; null: it is seen with the last one. */
  goneWith: string | null;
}

export interface HubStatus {
  labs: LabStanding[];
  /** Messages kept aside whose sender is no lab of an organisation here. */
  strangers: { organisation: string; lab: string; why: string; count: number }[];
}

/** Hashes of the stretch of a chain that a package holds, one after the other, 32 bytes each. */
export interface PackageChain {
  epoch: string;
  /** Position of the first. */
  first: number;
  hashes: Buffer;
}

/**
 * `link`: the links do not lead to the hash that the hub knows there; `signature`: one that is kept does not hold; `row`: a row of the hub has
 * another record; `package`: the lab handed out another record than it told.
 */
export const PROOF_PROBLEMS = ['link', 'signature', 'row', 'package'] as const;

export interface HistoryProof {
  history: string;
  /** Records whose links lead from one to the next. */
  records: number;
  /** Rows of the hub that are at their record. */
  rows: number;
  /** Records of the package that are what the lab told. */
  compared: number;
  /** The last signed end that the links lead to. */
  signed: { position: number; time: string; key: string } | null;
  /** Records of which no links are here, both ends included. */
  unheld: { from: number; to: number }[];
  /** The first thing that does not fit; nothing behind it was looked at. */
  problem: { position: number; what: (typeof PROOF_PROBLEMS)[number] } | null;
}

export interface LabProof {
  organisation: string;
  lab: string;
  histories: HistoryProof[];
}

/** Whether broker and database answer, and what was wrong last; null: nothing is. */
export interface HubEngines {
  broker: boolean;
  database: boolean;
  problem: string | null;
}

/** What the commands ask of a hub. All reject with a `LabError` that says what to do. */
export interface HubCommands {
  /** Versions of the tables before and after, and how many messages that lay aside were understood then. */
  migrate(): Promise<{ from: number; to: number; retried: number }>;
  /** Adds it, or another token to one that is there. The token is shown once. */
  addOrganisation(name: string): Promise<{ isNew: boolean; token: string; retried: number }>;
  status(): Promise<HubStatus>;
  /** @param given what the lab handed out since; null: what the hub holds alone is looked at */
  prove(organisation: string, lab: string, given: PackageChain | null): Promise<LabProof>;
  /** A key that the lab signed with counts from now on. @returns the name of the one before */
  acceptKey(given: { organisation: string; lab: string; key: string; who: string; reason: string }): Promise<string>;
  /** @param onChange whenever broker or database go or come back */
  serve(onChange: (state: HubEngines) => void): Promise<{ url: string; stop(): Promise<void> }>;
}
