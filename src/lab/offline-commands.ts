/** What commands read and change while no lab runs: cases, certificates, the list of geo databases. */

import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { monotonicFactory } from 'ulid';
import { findAuthority } from '../ca/authority.ts';
import { isKeySealed } from '../ca/root.ts';
import { rotateAuthority as rotate } from '../ca/rotation.ts';
import { type Cases, createCases } from '../cases/cases.ts';
import { loadDevices } from '../devices/store.ts';
import { openGeo } from '../enrich/geo.ts';
import { putAside, takeDatabase } from '../enrich/geo-update.ts';
import type { GeoSource } from '../enrich/sources.ts';
import { labError } from '../formats/refusal.ts';
import { cutCapture } from '../lan/recording/case.ts';
import type { AuthorityInfo, CaFormat, GeoDatabase, StoredCases, StoredRecords } from '../model/lab.ts';
import { text } from '../model/text.ts';
import type { Role } from '../model/words.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import { rotateTokenFile } from '../sinks/live/tokens.ts';
import { pathsIn } from './data-directory.ts';
import { openEvidence, openRecorded } from './evidence.ts';
import { sealKeys } from './key-passphrase.ts';
import { must } from './services.ts';

const now = Date.now;

export async function openCases(dataDir: string): Promise<StoredCases> {
  let store: EvidenceStore | null = null;
  // Only a new case makes a store: of a directory that holds none nothing is said but that.
  const cases = (open = openRecorded): Cases => {
    store ??= open(dataDir);
    return createCases(store, monotonicFactory());
  };
  return {
    list: () => cases().list(),
    open: (given) => must(cases(openEvidence).open(given, now())),
    mark: (id, mark) =>
      must('phase' in mark ? cases().mark(id, mark.phase, now()) : cases().note(id, mark.event, now())),
    close: (id) => must(cases().close(id, now())),
    end: () => store?.close(),
  };
}

export async function openRecords(dataDir: string): Promise<StoredRecords> {
  const store = openRecorded(dataDir);
  return { alerts: store.alerts, flows: store.flows, end: () => store.close() };
}

/** @throws LabError saying what is missing */
export async function exportCapture(options: {
  dataDir: string;
  from: string;
  to: string;
  mac: string | null;
  file: string;
}): Promise<{ bytes: number; sessions: number }> {
  const { dataDir, from, to, mac, file } = options;
  const span = { from: Date.parse(from), to: Date.parse(to) };
  const cut = await cutCapture({ directory: pathsIn(dataDir).capture, ...span, mac, out: file });
  if (!cut.ok) throw labError(cut.why);
  return cut;
}

export async function readAuthority(dataDir: string): Promise<AuthorityInfo | null> {
  return findAuthority(pathsIn(dataDir).certs, { now })?.info ?? null;
}

/** @throws LabError when there is no authority yet */
export async function exportAuthority(
  dataDir: string,
  format: CaFormat,
  passphrase: string | null = null,
): Promise<Buffer> {
  const authority = findAuthority(pathsIn(dataDir).certs, { now, passphrase });
  if (!authority) throw labError(text('records.no-authority', { dir: dataDir }));
  return authority.export(format).bytes;
}

export async function rotateAuthority(
  dataDir: string,
  { rsa = false, passphrase = null }: { rsa?: boolean; passphrase?: string | null } = {},
): Promise<AuthorityInfo> {
  const phones = loadDevices(dataDir).map(({ id }) => id);
  return rotate(pathsIn(dataDir).certs, { now, phones, rsa, passphrase }).authority.info;
}

export const isAuthorityKeySealed = async (dataDir: string): Promise<boolean> => isKeySealed(pathsIn(dataDir).certs);

/** Of the authority's key, those it replaced, and the two of the evidence. @throws LabError when the present one is not right */
export async function changeAuthorityPassphrase(
  dataDir: string,
  present: string | null,
  next: string | null,
): Promise<{ left: string[] }> {
  return { left: sealKeys(dataDir, [present, next], next) };
}

export async function rotateToken(dataDir: string, role: Role): Promise<string> {
  const file = pathsIn(dataDir).tokens[role];
  rotateTokenFile(file);
  return file;
}

export async function listGeoDatabases(dataDir: string): Promise<GeoDatabase[]> {
  return [...geoSources(pathsIn(dataDir).geo)];
}

export async function takeGeoDatabase(dataDir: string, file: string, options: { older: boolean }): Promise<string[]> {
  const dir = pathsIn(dataDir).geo;
  const given = { name: basename(file), content: createReadStream(file) };
  const taken = await takeDatabase(dir, given, { ...options, nowMs: now(), inUse: geoSources(dir) });
  return taken.map(({ name }) => name);
}

export const rollBackGeo = async (dataDir: string): Promise<string[]> => putAside(pathsIn(dataDir).geo);

function geoSources(dir: string): readonly GeoSource[] {
  const geo = openGeo(dir, { now });
  geo.close();
  return geo.sources;
}
