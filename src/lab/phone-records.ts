/**
 * What a phone itself recorded, kept with a case in `DATA/phone-records/CASE.json` (mode 0600): which app met which server. Held
 * against the connections that the lab saw in the time of the case, it shows what went past the lab: mobile data, another
 * network, a VPN.
 * Promise: bounded; the same file twice is once; what was imported stands in the audit, and so in the chain, by its SHA-256.
 */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { labError } from '../formats/refusal.ts';
import { replaceFile } from '../formats/replace-file.ts';
import { type Case, phonesOf } from '../model/case.ts';
import type { HeldRecord, PhoneContact, PhoneRecord } from '../model/phone-record.ts';
import { text } from '../model/text.ts';
import { readRecordings } from '../scan/recordings.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import { pathsIn } from './data-directory.ts';
import { openRecorded } from './evidence.ts';
import { allFlows, OWN_NAME, spanOf } from './recorded-flows.ts';
import { recordingReaders } from './recording-readers.ts';

/** Servers of one file: a phone meets some thousand a week. */
const MAX_CONTACTS = 5000;
const MAX_APPS = 20;
/** Files of one case. */
const MAX_RECORDS = 20;
const DAY_MS = 86_400_000;

const fileOf = (dataDir: string, caseId: string): string => join(pathsIn(dataDir).phoneRecords, `${caseId}.json`);

/** @throws LabError when there is no such case, or the file is no such record */
export async function importPhoneRecord(dataDir: string, caseId: string, file: string): Promise<PhoneRecord> {
  const store = openRecorded(dataDir);
  try {
    if (store.case(caseId) === null) throw labError(text('records.no-case', { id: caseId }));
    const record = await readRecord(file);
    const others = recordsOf(dataDir, caseId).filter(({ sha256 }) => sha256 !== record.sha256);
    if (others.length >= MAX_RECORDS) throw labError(text('records.full', { most: MAX_RECORDS }));
    const entry = {
      time: record.importedAt,
      action: 'import',
      subject: `${caseId} sha256 ${record.sha256}`,
      who: 'terminal',
    };
    const noted = store.audit(entry);
    if (!noted.ok) throw labError(text('records.unaudited', { message: noted.message }));
    replaceFile(fileOf(dataDir, caseId), JSON.stringify([...others, record]));
    return record;
  } finally {
    store.close();
  }
}

async function readRecord(file: string): Promise<PhoneRecord> {
  const contacts = new Map<string, PhoneContact>();
  let further = 0;
  let skipped = 0;
  for await (const each of readRecordings([file], recordingReaders)) {
    if (each.type === 'skipped') {
      if (each.entry === null) throw labError(text('records.none', { file, why: each.text }));
      skipped++;
    }
    if (each.type !== 'entry') continue;
    const { contact, events } = each;
    if (!contact) throw labError(text('records.traffic', { file }));
    const at = events[0]?.time ? new Date(events[0].time).toISOString() : null;
    const known = contacts.get(contact.host);
    if (!known && contacts.size >= MAX_CONTACTS) further++;
    else contacts.set(contact.host, counted(known, contact, at));
  }
  if (contacts.size === 0) throw labError(text('records.no-server', { file }));
  return {
    file: basename(file),
    sha256: await sha256Of(file),
    importedAt: new Date().toISOString(),
    contacts: [...contacts.values()],
    further,
    skipped,
  };
}

function counted(
  known: PhoneContact | undefined,
  { host, ip, app, count }: { host: string; ip: string | null; app: string | null; count: number },
  at: string | null,
): PhoneContact {
  const apps = new Set([...(known?.apps ?? []), ...(app === null ? [] : [app])]);
  const times = [known?.first, known?.last, at].filter((time) => typeof time === 'string').toSorted();
  return {
    host,
    ip: known?.ip ?? ip,
    apps: [...apps].slice(0, MAX_APPS),
    count: (known?.count ?? 0) + count,
    first: times[0] ?? null,
    last: times.at(-1) ?? null,
  };
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Oldest first; none when nothing was imported. @throws LabError when the file was changed into something else */
function recordsOf(dataDir: string, caseId: string): PhoneRecord[] {
  const file = fileOf(dataDir, caseId);
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PhoneRecord[];
  } catch {
    throw labError(text('records.broken', { file }));
  }
}

/** Each held against the connections that the lab saw of the case. */
export function heldRecords(
  store: Pick<EvidenceStore, 'flows'>,
  dataDir: string,
  given: Case,
  simulated: boolean,
): HeldRecord[] {
  const records = recordsOf(dataDir, given.id);
  if (records.length === 0) return [];
  const seen = new Set<string>();
  for (const phone of phonesOf(given) ?? [null])
    for (const { destination } of allFlows(store, {
      ...(phone === null ? {} : { device: phone }),
      ...spanOf(given),
      simulated,
    }))
      if (destination.host !== OWN_NAME) {
        seen.add(destination.host.toLowerCase());
        if (destination.ip !== null) seen.add(destination.ip);
      }
  return records.map((record) => held(record, given, seen));
}

function held(
  { file, sha256, importedAt, contacts, further }: PhoneRecord,
  given: Case,
  seen: Set<string>,
): HeldRecord {
  const isWithin = ({ first, last }: PhoneContact): boolean =>
    (last === null || last >= given.openedAt) && (first === null || given.closedAt === null || first <= given.closedAt);
  const within = contacts.filter(isWithin);
  const unseen = within.filter(({ host, ip }) => !seen.has(host.toLowerCase()) && !(ip !== null && seen.has(ip)));
  return {
    file,
    sha256,
    importedAt,
    seen: within.length - unseen.length,
    unseen: unseen.toSorted((a, b) => b.count - a.count),
    outside: contacts.length - within.length,
    further,
  };
}

/** Those of cases that are gone. */
export function removePhoneRecords(dataDir: string, cases: readonly string[]): void {
  for (const id of cases) rmSync(fileOf(dataDir, id), { force: true });
}

/** Those of every case that a phone is in: of a case of several nobody knows whose they are. */
export function forgetPhoneRecords(dataDir: string, device: string, cases: readonly Case[]): void {
  removePhoneRecords(
    dataDir,
    cases.filter((one) => phonesOf(one)?.includes(device)).map(({ id }) => id),
  );
}

/** Those imported longer ago than anything is kept. @param now milliseconds since the epoch */
export function prunePhoneRecords(dataDir: string, retentionDays: number, now: number): void {
  const { phoneRecords } = pathsIn(dataDir);
  if (retentionDays <= 0 || !existsSync(phoneRecords)) return;
  for (const name of readdirSync(phoneRecords))
    if (statSync(join(phoneRecords, name)).mtimeMs < now - retentionDays * DAY_MS) rmSync(join(phoneRecords, name));
}
