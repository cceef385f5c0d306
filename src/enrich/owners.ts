/**
 * Which company stands behind a name, and how the lab knows.
 * In this order: a table by registrable domain; a shared platform (the platform is named, its tenant is unknown); the
 * subject of the server's verified certificate; unknown. Never inferred from the network, never from `.cn`.
 */
import { readFileSync } from 'node:fs';
import { getDomain } from 'tldts';
import { labError } from '../formats/refusal.ts';
import type { Owner } from '../model/destination.ts';
import type { ServerCertificate } from '../model/flow.ts';
import type { LabError } from '../model/lab.ts';
import { text } from '../model/text.ts';
import { countryCode } from './country-code.ts';

export interface OwnerEntry {
  org: string;
  country: string | null;
  kind: string;
  parent?: string;
  /** Names below it belong to tenants of a platform, not to the company itself. */
  shared?: boolean;
  /** Kind of source. */
  evidence: string;
}

export type OwnerTable = ReadonlyMap<string, Readonly<Owner>>;

const UNKNOWN: Readonly<Owner> = Object.freeze({
  name: null,
  country: null,
  kind: null,
  evidence: 'unknown',
  parent: null,
});

/**
 * Certificates of these organisations are shown for their customers' names: they name the platform, not the owner.
 */
const PLATFORM_SUBJECT =
  /^(cloudflare|fastly|akamai|amazon|imperva|incapsula|microsoft corporation|google llc|stackpath|edgio)/i;

export const OWNERS_FILE = 'owners.json';
/** From a hub of many labs: same form. */
export const FEED_OWNERS_FILE = 'owners.feed.json';
/** The operator's additions: same form, they win. */
export const OWN_OWNERS_FILE = 'owners.local.json';

/** @throws LabError naming file and domain. */
export function readOwners(path: string): OwnerTable {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error as Error);
  }
  return readOwnersText(text, path);
}

const unreadable = (path: string, { message }: Error): LabError =>
  labError(text('owners.unread', { file: path, error: message.replaceAll('\n', ' ') }));

/** @param path what it is called in errors. @throws as `readOwners` */
export function readOwnersText(written: string, path: string): OwnerTable {
  let entries: unknown;
  try {
    entries = JSON.parse(written);
  } catch (error) {
    throw unreadable(path, error as Error);
  }
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) {
    throw labError(text('owners.no-object', { file: path }));
  }
  return new Map(
    Object.entries(entries).map(([domain, entry]) => [domain.toLowerCase(), ownerOf(path, domain, entry)]),
  );
}

function ownerOf(path: string, domain: string, given: unknown): Readonly<Owner> {
  const entry = (given ?? {}) as Partial<OwnerEntry>;
  for (const field of ['org', 'kind', 'evidence'] as const) {
    if (typeof entry[field] !== 'string') throw labError(text('owners.no-field', { file: path, domain, field }));
  }
  if (entry.country !== null && countryCode(entry.country) === null) {
    throw labError(text('owners.country', { file: path, domain }));
  }
  return Object.freeze({
    name: entry.org as string,
    country: entry.country ?? null,
    kind: entry.shared ? 'hosting' : (entry.kind as string),
    evidence: entry.shared ? 'hosting' : 'table',
    parent: entry.parent ?? null,
  });
}

/** Frozen: callers share it. */
export function findOwner(
  tables: readonly OwnerTable[],
  host: string,
  certificate: ServerCertificate | null,
): Readonly<Owner> {
  const name = host.toLowerCase().replace(/\.$/, '');
  const registrable = getDomain(name);
  // From the full name up to the registrable domain: an entry for a part of a domain wins over the whole.
  for (let at = name; registrable !== null; at = at.slice(at.indexOf('.') + 1)) {
    for (const table of tables) {
      const found = table.get(at);
      if (found) return found;
    }
    if (at.length <= registrable.length) break;
  }
  return certificateOwner(certificate) ?? UNKNOWN;
}

/** A certificate that did not verify says nothing: anybody can write a name into one. */
function certificateOwner(certificate: ServerCertificate | null): Readonly<Owner> | null {
  const name = certificate?.organization?.trim();
  if (!certificate || !name || certificate.problem !== null) return null;
  const isPlatform = PLATFORM_SUBJECT.test(name);
  return Object.freeze({
    name,
    country: countryCode(certificate.country),
    kind: isPlatform ? 'hosting' : null,
    evidence: isPlatform ? 'hosting' : 'certificate',
    parent: null,
  });
}
