/** A phone under test and what is registered about it. */

import type { z } from 'zod';
import type { TextIdentifierKind } from './kinds.ts';
import type * as schemas from './schemas/phone.ts';

export interface RegisteredLocation {
  lat: number;
  lon: number;
  /** How far from the point a position still counts as this phone's, metres. */
  radius_m: number;
}

export interface RegisteredCell {
  mcc: number;
  mnc: number;
  /** LAC or TAC. */
  lac: number;
  cid: number;
}

export type { TextIdentifierKind };

export interface RegisteredIdentifiers extends Partial<Record<TextIdentifierKind, string[]>> {
  location?: RegisteredLocation[];
  cell?: RegisteredCell[];
}

/** Things planted on the phone so that their leaving proves itself. */
export interface Canaries {
  contacts: { name: string; phone: string }[];
  messages: string[];
  photos: PlantedPhoto[];
  /** Search words typed. */
  searches?: string[];
  /** Addresses of pages opened. */
  visited?: string[];
  /** Texts copied. */
  clipboard?: string[];
}

export interface PlantedPhoto {
  /** File name, for people. */
  name: string;
  bytes: Buffer;
}

/**
 * Ids of the phones of replays begin so; nobody can register one, and only this machine can claim one: what is simulated
 * never passes for real.
 */
export const REPLAY_PREFIX = 'replay.';

export interface Device {
  id: string;
  model: string | null;
  /** `login`: a proxy user name that the operator gave this phone; without one its id may stand for it. */
  match: { ip: string | null; mac: string | null; default: boolean; login?: string | null };
  identifiers: RegisteredIdentifiers;
  canaries: Canaries;
  /** Operator-known salts that vendors mix into hashes. */
  salts: string[];
  /** A bystander's: passed through, and nothing is kept of it but how many connections it made. */
  ignore?: true;
}

/** A phone that was met on the lab's network, registered or not. */
export type DiscoveredPhone = z.infer<typeof schemas.discoveredPhone>;
