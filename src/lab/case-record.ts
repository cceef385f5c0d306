/** Puts together what the store holds of a case; no lab need run for it, and one may. In memory: its alerts and its servers. */

import { existsSync } from 'node:fs';
import { wholeClassOf } from '../coverage/shares.ts';
import { medianOf } from '../formats/median.ts';
import { labError } from '../formats/refusal.ts';
import { type Alert, SEVERITIES } from '../model/alert.ts';
import type { Case } from '../model/case.ts';
import { phonesOf } from '../model/case.ts';
import {
  type CaseApp,
  type CaseContact,
  type CasePhase,
  type CaseRecord,
  isFinding,
  type PhaseCount,
} from '../model/case-record.ts';
import type { CoverageClass } from '../model/coverage.ts';
import { KINDS } from '../model/kinds.ts';
import type { Mute } from '../model/notify.ts';
import { text } from '../model/text.ts';
import { muteOf } from '../notify/rules.ts';
import type { EvidenceStore, FlowRecord } from '../sinks/evidence/store.ts';
import { pathsIn } from './data-directory.ts';
import { openRecorded } from './evidence.ts';
import { listGeoDatabases } from './offline-commands.ts';
import { ownFiles } from './own-files.ts';
import { ownVersion } from './own-version.ts';
import { heldRecords } from './phone-records.ts';
import { allFlows, OWN_NAME, spanOf } from './recorded-flows.ts';
import { allAlertsSince, attempt } from './services.ts';

const MAX_CONTACTS = 500;
/** Of one receiver: as many as a chart can show. */
const MAX_OPENINGS = 400;
const MAX_CLOCKS = 10_000;
const MAX_APPS = 200;

/** @throws LabError for an id that means nothing */
export async function readCase(
  dataDir: string,
  id: string,
  { simulated }: { simulated?: boolean } = {},
): Promise<CaseRecord> {
  const store = openRecorded(dataDir);
  try {
    return await recordOfCase(store, dataDir, id, simulated);
  } finally {
    store.close();
  }
}

/** @throws LabError for an id that means nothing */
export async function recordOfCase(
  store: EvidenceStore,
  dataDir: string,
  id: string,
  simulated?: boolean,
): Promise<CaseRecord> {
  const given = store.case(id);
  if (given === null) throw labError(text('records.no-case', { id }));
  const record = recordOf(store, given, simulated);
  const phoneRecords = heldRecords(store, dataDir, given, record.simulated);
  return {
    ...record,
    versions: await versionsOf(dataDir),
    ...(await heldIn(dataDir, record.alerts)),
    ...(phoneRecords.length > 0 ? { phoneRecords } : {}),
  };
}

/** What mutes that hold today are about; a file that cannot be understood holds nothing back. */
async function heldIn(dataDir: string, alerts: readonly Alert[]): Promise<Pick<CaseRecord, 'held'>> {
  const { notify } = pathsIn(dataDir);
  if (!existsSync(notify)) return {};
  const { loadConfig } = await import('../notify/config-file.ts');
  const config = attempt(() => loadConfig(notify, ownFiles));
  if (!config.ok) return {};
  const counts = new Map<Mute, number>();
  for (const alert of alerts) {
    const mute = muteOf(alert, config.value, Date.now());
    if (mute) counts.set(mute, (counts.get(mute) ?? 0) + 1);
  }
  const held = [...counts].map(([{ name, as, reason, until }, count]) => ({ name, as, reason, until, alerts: count }));
  return held.length > 0 ? { held } : {};
}

type Store = Pick<EvidenceStore, 'alerts' | 'flows' | 'coverage' | 'gaps'>;

function recordOf(store: Store, given: Case, asked: boolean | undefined): Omit<CaseRecord, 'versions'> {
  const alertsOf = (simulated: boolean): Alert[] =>
    allAlertsSince({ alerts: (page) => store.alerts({ ...page, case: given.id, simulated }) }, 0);
  const [real, played] = [alertsOf(false), alertsOf(true)];
  const phones = phonesOf(given);
  const isReplay = phones?.every((phone) => phone.startsWith('replay.')) ?? false;
  const simulated = asked ?? (real.length === 0 && (played.length > 0 || isReplay));
  const alerts = simulated ? played : real;
  const receivers = new Set(alerts.filter(isFinding).map(({ destination }) => destination?.host ?? ''));
  const seen = seenOf(store, given, simulated, receivers);
  const concerned = new Set(phones ?? alerts.map(({ device }) => device.id));
  const madeAt = new Date().toISOString();
  const until = given.closedAt ?? madeAt;
  return {
    case: given,
    simulated,
    leftOut: simulated ? real.length : played.length,
    madeAt,
    until,
    alerts: alerts.toSorted(worstFirst),
    counts: countsOf(alerts),
    ...seen,
    coverage: store
      .coverage()
      .map(({ withOpen }) => withOpen)
      .filter((one) => one.simulated === simulated && concerned.has(one.deviceId)),
    gaps: store.gaps().filter(({ from, to }) => from < until && (to === null || to > given.openedAt)),
  };
}

/** Of equal ones those first by which a phone is known best, in the order of the list of kinds. */
function worstFirst(one: Alert, other: Alert): number {
  const kindOf = ({ identifier }: Alert): number => (identifier ? KINDS.indexOf(identifier.kind) : KINDS.length);
  return (
    SEVERITIES.indexOf(other.severity) - SEVERITIES.indexOf(one.severity) ||
    kindOf(one) - kindOf(other) ||
    one.firstSeen.localeCompare(other.firstSeen)
  );
}

/** What the connections of the case's time tell: read one by one, kept by server. */
function seenOf(
  store: Store,
  given: Case,
  simulated: boolean,
  receivers: ReadonlySet<string>,
): Pick<
  CaseRecord,
  'phases' | 'contacts' | 'furtherContacts' | 'connections' | 'readShare' | 'apps' | 'clock' | 'openings'
> {
  const phases = phasesOf(given);
  const begun = phases.map(({ from }) => Date.parse(from));
  const contacts = new Map<string, CaseContact>();
  const furtherHosts = new Set<string>();
  const openings = new Map<string, number[]>();
  const apps = new Map<string | null, CaseApp>();
  const clocks: number[] = [];
  let connections = 0;
  let [bytes, unread] = [0, 0];
  for (const phone of phonesOf(given) ?? [null])
    for (const flow of allFlows(store, { ...(phone === null ? {} : { device: phone }), ...spanOf(given), simulated })) {
      if (flow.destination.host === OWN_NAME) continue;
      connections++;
      bytes += flow.bytesUp;
      const phase = phases[begun.findLastIndex((from) => from <= flow.openedAt)];
      if (phase) phase.connections++;
      const why = whyUnread(flow);
      if (why !== null) unread += flow.bytesUp;
      countApp(apps, flow, why !== null);
      const { host } = flow.destination;
      if (receivers.has(host)) openings.set(host, withOpening(openings.get(host) ?? [], flow.openedAt));
      if (flow.clock !== undefined && clocks.length < MAX_CLOCKS) clocks.push(flow.clock);
      const known = contacts.get(host);
      if (known !== undefined || contacts.size < MAX_CONTACTS)
        contacts.set(host, counted(known ?? contactOf(flow), flow, why));
      else if (furtherHosts.size < 100_000) furtherHosts.add(host);
    }
  return {
    phases,
    contacts: [...contacts.values()].toSorted(
      (a, b) => b.unreadBytesUp - a.unreadBytesUp || b.connections - a.connections,
    ),
    furtherContacts: furtherHosts.size,
    connections,
    readShare: bytes === 0 ? null : (bytes - unread) / bytes,
    clock: clocks.length === 0 ? null : { answers: clocks.length, ahead: medianOf(clocks) },
    apps: [...apps.values()].toSorted((a, b) => b.bytesUp - a.bytesUp),
    openings: new Map([...openings].map(([host, times]) => [host, times.slice(-MAX_OPENINGS).sort((a, b) => a - b)])),
  };
}

/** Connections come newest first: of many the last that come are kept. */
function withOpening(times: number[], openedAt: number): number[] {
  times.push(openedAt);
  return times.length > 2 * MAX_OPENINGS ? times.slice(-MAX_OPENINGS) : times;
}

function countApp(apps: Map<string | null, CaseApp>, { app = null, bytesUp }: FlowRecord, isUnread: boolean): void {
  const name = apps.has(app) || apps.size < MAX_APPS ? app : null;
  const counted = apps.get(name) ?? { app: name, connections: 0, unread: 0, bytesUp: 0, unreadBytesUp: 0 };
  counted.connections++;
  counted.bytesUp += bytesUp;
  if (isUnread) {
    counted.unread++;
    counted.unreadBytesUp += bytesUp;
  }
  apps.set(name, counted);
}

function contactOf({ destination, facts }: FlowRecord): CaseContact {
  return {
    host: destination.host,
    ...(destination.guessed && { guessed: true as const }),
    owner: facts?.owner.name ?? null,
    ownerCountry: facts?.owner.country ?? null,
    country: facts?.location.country ?? null,
    network: facts?.network.org ?? null,
    connections: 0,
    unread: {},
    bytesUp: 0,
    unreadBytesUp: 0,
  };
}

function counted(contact: CaseContact, { bytesUp }: FlowRecord, why: string | null): CaseContact {
  contact.connections++;
  contact.bytesUp += bytesUp;
  if (why !== null) {
    contact.unread[why] = (contact.unread[why] ?? 0) + 1;
    contact.unreadBytesUp += bytesUp;
  }
  return contact;
}

/** The class (of coverage) of a connection that was not read to its end; null: it was. */
export function whyUnread(flow: FlowRecord): CoverageClass | null {
  const { reason, bytesUp, bytesDown, requests, notSeen } = flow;
  const whole = wholeClassOf({
    flow,
    reason,
    bytes: { up: bytesUp, down: bytesDown },
    hides: false,
    isSilent: requests === 0 && notSeen.length === 0,
  });
  return whole ?? (notSeen.length > 0 ? 'partially-scanned' : null);
}

function phasesOf({ openedAt, closedAt, marks }: Case): CasePhase[] {
  const starts = [{ phase: null as string | null, at: openedAt }, ...marks];
  return starts
    .map(({ phase, at }, index) => ({ phase, from: at, to: starts[index + 1]?.at ?? closedAt, connections: 0 }))
    .filter(({ phase, from, to }) => phase !== null || from !== to);
}

function countsOf(alerts: readonly Alert[]): PhaseCount[] {
  const counts = new Map<string, PhaseCount>();
  for (const { case: at } of alerts)
    for (const [phase, sightings] of Object.entries(at?.phases ?? {})) {
      const known = counts.get(phase) ?? { phase, alerts: 0, sightings: 0 };
      counts.set(phase, { phase, alerts: known.alerts + 1, sightings: known.sightings + sightings });
    }
  return [...counts.values()];
}

async function versionsOf(dataDir: string): Promise<CaseRecord['versions']> {
  const databases = await listGeoDatabases(dataDir).catch(() => []);
  return [
    { name: 'Phonehome', version: ownVersion() },
    { name: 'Node', version: process.versions.node },
    { name: 'OpenSSL', version: process.versions.openssl },
    // What has no date of its own came with Phonehome, or is missing.
    ...databases.flatMap(({ name, date }) => (date === null ? [] : [{ name, version: date }])),
  ];
}
