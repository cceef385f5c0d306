/**
 * Formats of payloads that nobody reads without a key, recognised from outside: by their first bytes, by the field they stand in, by who
 * gets them. Promise: a format names what was found to be unreadable; it makes no finding, hides none and makes none less severe.
 */
import type { FeedSource } from '../model/pin.ts';

export interface OpaqueFormat {
  name: string;
  /** The first bytes; null: any. */
  starts: readonly (number | null)[];
  /** These names and those below them; without: any. */
  hosts?: readonly string[] | undefined;
  /** The nearest name. */
  key?: string | undefined;
  'multiple-of'?: number | undefined;
}

/** What is known of a payload from outside. */
export interface Outside {
  host: string;
  head: Buffer;
  length: number;
  key: string | null;
}

let given: { formats: readonly OpaqueFormat[]; source: FeedSource } | null = null;

/** Those of a hub, in place of those given before; null: none. */
export function giveOpaqueFormats(formats: readonly OpaqueFormat[], source: FeedSource | null): void {
  given = source === null || formats.length === 0 ? null : { formats, source };
}

/** The first that fits, and who says so; null: none is known. */
export function opaqueFormatOf(payload: Outside): { name: string; source: FeedSource } | null {
  const found = given?.formats.find((one) => fits(one, payload));
  return given && found ? { name: found.name, source: given.source } : null;
}

function fits({ starts, hosts, key, 'multiple-of': multiple }: OpaqueFormat, payload: Outside): boolean {
  if (starts.length > payload.head.length) return false;
  if (!starts.every((byte, index) => byte === null || byte === payload.head[index])) return false;
  if (multiple !== undefined && payload.length % multiple !== 0) return false;
  if (key !== undefined && key !== payload.key) return false;
  return hosts?.some((host) => payload.host === host || payload.host.endsWith(`.${host}`)) ?? true;
}
