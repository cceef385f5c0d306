/**
 * Forgetting a phone: what the lab's rooms remember of it, its key, its rows, its registration, what is known of its apps.
 * Promise: what can refuse comes first, so that a refusal leaves everything as it was; what the lab cannot destroy is named.
 */

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openStoredDevices, sweepPhotos } from '../devices/store.ts';
import { labError } from '../formats/refusal.ts';
import { say } from '../formats/say.ts';
import type { Device } from '../model/device.ts';
import type { Forgetting } from '../model/forgotten.ts';
import { text } from '../model/text.ts';
import type { ContentStore } from '../sinks/content/store.ts';
import type { EvidenceStore, ForgetResult } from '../sinks/evidence/store.ts';
import { openStoredContent } from './content.ts';
import { openDataDirectory, pathsIn, sweepLeftovers } from './data-directory.ts';
import { openKeptEvidence, openKeys } from './evidence.ts';
import type { Knowledge } from './knowledge.ts';
import type { LiveDetection } from './live-detection.ts';
import { forgetPhoneRecords } from './phone-records.ts';
import { openPinBook } from './pin-book.ts';

/** Of connections, in one step: some ten milliseconds. */
const STEP = 300;
/** The same where nobody waits: what one transaction destroys takes memory, and room in the log. */
const STEP_OFFLINE = 20_000;
/** Of kept content, each of up to 64 KB, which is overwritten. */
const PIECES = 30;
const REST_MS = 5;

export interface Destroyed {
  connections: number;
  /** There was something of the phone. */
  isKnown: boolean;
}

/**
 * Destroys connections and content of a phone a little at a time, while the lab goes on: it may have millions, and a lab whose
 * thread stands still for ten seconds is ended. Comes before `forgetInLab`, to which the last of them are left.
 * @param rest between two steps
 */
export async function forgetInSteps(
  evidence: Pick<EvidenceStore, 'forgetFlows'>,
  content: Pick<ContentStore, 'forgetPieces'> | null,
  device: string,
  rest: () => Promise<unknown> = () => setTimeout(REST_MS),
): Promise<Destroyed> {
  const destroyed = { connections: 0, isKnown: false };
  for (let removed = STEP; removed === STEP; await rest()) removed = forgetSome(evidence, device, STEP, destroyed);
  for (let removed = content ? PIECES : 0; removed === PIECES; await rest()) {
    removed = content?.forgetPieces(device, PIECES) ?? 0;
    destroyed.isKnown ||= removed > 0;
  }
  return destroyed;
}

/** @returns how many connections; `destroyed` is told */
function forgetSome(
  evidence: Pick<EvidenceStore, 'forgetFlows'>,
  device: string,
  step: number,
  destroyed: Destroyed,
): number {
  const { removed, hadKey } = evidence.forgetFlows(device, step);
  destroyed.connections += removed;
  destroyed.isKnown ||= hadKey || removed > 0;
  return removed;
}

/** In the running lab, between two records. What its relay knows is the caller's. @throws LabError */
export function forgetInLab(given: {
  knowledge: Pick<Knowledge, 'options' | 'devices' | 'evidence' | 'cases' | 'pinBook' | 'now'>;
  detection: Pick<LiveDetection, 'bystanders' | 'content' | 'settle'>;
  device: string;
  recordings: boolean;
  who: string;
  /** In steps before. */
  destroyed: Destroyed;
}): Forgetting {
  const { knowledge, detection, device, recordings, who, destroyed } = given;
  const { options, devices, evidence, cases, pinBook, now } = knowledge;
  const registered = devices.get(device);
  if (registered?.ignore) devices.put(bystander(registered));
  else if (registered) devices.remove(device);
  if (!options.devicesFile) sweepPhotos(options.data, devices.list());
  detection.settle();
  detection.bystanders.forget(device);
  const told = evidence.cases();
  const forgotten = must(
    evidence.forget(device, {
      ...{ who, time: new Date(now()).toISOString() },
      isKnown: registered !== null || destroyed.isKnown,
    }),
  );
  forgetPhoneRecords(options.data, device, told);
  detection.content.store?.forget(device);
  for (const id of forgotten.cases) cases.forget(id);
  mustBeKnown(device, forgotten, pinBook.forget(device));
  const isRecording = Boolean(options.capture);
  return tell({
    dataDir: options.data,
    device,
    registered,
    evidence,
    forgotten: withDestroyed(forgotten, destroyed),
    recordings: recordings && !isRecording && removeRecordings(options.data),
    isRecording,
    devicesFile: options.devicesFile,
  });
}

/** While no lab runs. @throws LabError */
export function forgetOffline(
  dataDir: string,
  device: string,
  { recordings, passphrase = null }: { recordings: boolean; passphrase?: string | null },
): Forgetting {
  if (!existsSync(dataDir)) throw labError(text('records.no-lab', { dir: dataDir }));
  const unlock = openDataDirectory(dataDir);
  try {
    const keys = openKeys(dataDir, passphrase);
    const devices = openStoredDevices(dataDir);
    const registered = devices.list().find(({ id }) => id === device) ?? null;
    if (registered?.ignore) devices.put({ id: device, match: addressIn(registered), ignore: true }, 'replace');
    else if (registered) devices.remove(device);
    sweepPhotos(dataDir, devices.list());
    const evidence = openKeptEvidence(dataDir, keys);
    try {
      const time = new Date().toISOString();
      const told = evidence.cases();
      const destroyed = { connections: 0, isKnown: registered !== null };
      while (forgetSome(evidence, device, STEP_OFFLINE, destroyed) === STEP_OFFLINE);
      const wish = { who: 'terminal', time, isPatient: true, isKnown: destroyed.isKnown };
      const forgotten = withDestroyed(must(evidence.forget(device, wish)), destroyed);
      forgetPhoneRecords(dataDir, device, told);
      const content = openStoredContent(dataDir, keys.phoneKeys);
      content?.forget(device);
      content?.close();
      const pins = openPinBook(pathsIn(dataDir).pins, []);
      mustBeKnown(device, forgotten, pins.forget(device));
      return tell({
        dataDir,
        device,
        registered,
        evidence,
        forgotten,
        recordings: recordings && removeRecordings(dataDir),
        isRecording: false,
        devicesFile: null,
      });
    } finally {
      evidence.close();
    }
  } finally {
    unlock();
  }
}

type Forgotten = Extract<ForgetResult, { ok: true }>;

const withDestroyed = (forgotten: Forgotten, { connections }: Destroyed): Forgotten => ({
  ...forgotten,
  removed: { ...forgotten.removed, connections: forgotten.removed.connections + connections },
});

function must(result: ForgetResult): Forgotten {
  if (!result.ok) throw labError(result.text);
  return result;
}

/** Who mistypes a name must not believe that the phone is forgotten. @throws LabError */
function mustBeKnown(device: string, { isKnown }: { isKnown: boolean }, hadPins: boolean): void {
  if (!isKnown && !hadPins) throw labError(text('forget.unknown', { device }));
}

/** It goes on to be ignored: forgotten altogether, it would be recorded as a phone nobody knows. */
const bystander = ({ id, match }: Device): Device => ({
  id,
  model: null,
  match,
  identifiers: {},
  canaries: { contacts: [], messages: [], photos: [] },
  salts: [],
  ignore: true,
});

/** As it stands in a devices file. */
const addressIn = ({ match }: Device): object =>
  Object.fromEntries(Object.entries(match).filter(([, value]) => value !== null && value !== false));

/** True when there was one. */
function removeRecordings(dataDir: string): boolean {
  const { capture } = pathsIn(dataDir);
  if (!existsSync(capture)) return false;
  rmSync(capture, { recursive: true });
  return true;
}

function tell(about: {
  dataDir: string;
  device: string;
  registered: Device | null;
  evidence: Pick<EvidenceStore, 'alerts' | 'flows'>;
  forgotten: Extract<ForgetResult, { ok: true }>;
  recordings: boolean;
  isRecording: boolean;
  devicesFile: string | null;
}): Forgetting {
  const { dataDir, device, registered, forgotten, devicesFile } = about;
  sweepLeftovers(dataDir, 0);
  const { capture, evidence: file } = pathsIn(dataDir);
  const address = registered?.match.ip ?? null;
  const damaged = readdirSync(dirname(file)).filter((name) => name.startsWith(`${basename(file)}.damaged`));
  const texts = [
    address !== null && isKnown(about.evidence, address) ? text('forget.address', { address }) : null,
    registered?.ignore ? text('forget.ignored') : null,
    registered && devicesFile ? text('forget.devices-file', { file: devicesFile }) : null,
    namesIn(pathsIn(dataDir).notify, device) ? text('forget.notify', { file: pathsIn(dataDir).notify }) : null,
    existsSync(capture)
      ? text(about.isRecording ? 'forget.recordings-running' : 'forget.recordings', { directory: capture })
      : null,
    damaged.length > 0 ? text('forget.damaged', { files: damaged.join(', ') }) : null,
    forgotten.isCompact ? null : text('forget.not-rewritten'),
    text('forget.audit'),
    text('forget.elsewhere'),
  ].filter((one) => one !== null);
  return {
    device,
    removed: forgotten.removed,
    recordings: about.recordings,
    remains: texts.map((one) => say(one)),
    texts,
  };
}

/** Whether rules or mutes of the operator's name it. */
const namesIn = (file: string, device: string): boolean =>
  existsSync(file) && readFileSync(file, 'utf8').includes(device);

/** Whether anything stands under an address: an alert, or one of the latest connections. */
function isKnown(evidence: Pick<EvidenceStore, 'alerts' | 'flows'>, address: string): boolean {
  return (
    evidence.alerts({ device: address, limit: 1 }).length > 0 ||
    evidence.flows({ limit: 2000 }).some(({ deviceId, client }) => deviceId === null && client.ip === address)
  );
}
