/** Searching what is stored: what is asked for, and what comes back. */
import type { z } from 'zod';
import type { AlertType, Severity } from './alert.ts';
import type { Kind } from './identifier.ts';
import type * as schemas from './schemas/search.ts';

interface Window {
  /** Words that must all stand in what people see of it; upper and lower case of ASCII letters are one. */
  q?: string;
  /** In which the words are typed; English when not given. */
  language?: 'en' | 'vi';
  device?: string;
  /** Of replays and tests, or of the world; both when not given. */
  simulated?: boolean;
  limit?: number;
  /** So many of the newest are left out: where a list goes on. */
  offset?: number;
}

export interface AlertSearch extends Window {
  case?: string;
  kind?: Kind;
  type?: AlertType;
  /** This severity or worse. */
  severity?: Severity;
  /** With a smaller `seq`: keeps the windows of a list apart while new ones come. */
  before?: number;
}

export interface FlowSearch extends Window {
  /** Exactly this one, as of the other three; empty: where none is known. */
  host?: string;
  owner?: string;
  country?: string;
  app?: string;
  withFindings?: boolean;
  /** Opened at or after, and before; milliseconds since the epoch. */
  after?: number;
  before?: number;
}

/** In kept bodies. */
export interface BodySearch {
  text: string;
  device?: string;
  /** Opened at or after, and before; milliseconds since the epoch. */
  after?: number;
  before?: number;
}

/** Of one phone. */
export interface AppCoverageQuery {
  device: string;
  /** Of replays and tests, or of the world. */
  simulated: boolean;
}

export type AlertHits = z.infer<typeof schemas.alertHits>;
export type FlowHits = z.infer<typeof schemas.flowHits>;
export type FlowGroup = z.infer<typeof schemas.flowGroup>;
export type FlowGroups = z.infer<typeof schemas.flowGroups>;
export type AppCoverage = z.infer<typeof schemas.appCoverage>;
