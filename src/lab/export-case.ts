/**
 * One case as a package (docs/evidence.md). Reads one moment of the store and writes nothing to it; in memory: the report, and one
 * exchange at a time. What cannot be had is left out and said in the package.
 */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadDevices, readDevicesFile } from '../devices/store.ts';
import { openGeo } from '../enrich/geo.ts';
import { eveOfAlert, eveOfFlow } from '../export/eve.ts';
import { exchangesIn } from '../export/exchanges.ts';
import { HAR_END, harEntry, harHead } from '../export/har.ts';
import { readmeOf } from '../export/readme.ts';
import { createPackage, type PackageWriter, told } from '../export/zip.ts';
import { cutCapture } from '../lan/recording/case.ts';
import type { Alert } from '../model/alert.ts';
import { phonesOf } from '../model/case.ts';
import { type CaseRecord, isFinding } from '../model/case-record.ts';
import { writeCheckpoint } from '../model/checkpoint.ts';
import type { Device } from '../model/device.ts';
import type { FlowRecord } from '../model/flow.ts';
import { type ExportFacts, type ExportOptions, LabError } from '../model/lab.ts';
import { type CaseRows, openCaseRows } from '../sinks/evidence/case-rows.ts';
import { createSealer } from '../sinks/evidence/sealer.ts';
import { viewDevice } from '../sinks/live/device-view.ts';
import { examplesOf } from './case-examples.ts';
import { recordOfCase } from './case-record.ts';
import { renderReport } from './case-report.ts';
import { openKeptContent } from './content.ts';
import { pathsIn } from './data-directory.ts';
import { type EvidenceKeys, fingerprintOfKey, openKeys, openRecorded } from './evidence.ts';
import { addRaw, holdsBytes } from './export-raw.ts';
import { spanOf } from './recorded-flows.ts';
import { createRedaction, type Redaction } from './redaction.ts';
import { askTimestamp } from './timestamp.ts';

export interface ExportProgress {
  done: number;
  total: number;
}

interface Export {
  options: ExportOptions;
  zip: PackageWriter;
  rows: CaseRows;
  /** As it is, and as it is shown. */
  stored: CaseRecord;
  record: CaseRecord;
  /** Null: nothing is replaced. */
  redaction: Redaction | null;
  devices: readonly Device[];
  missing: string[];
  onProgress: (progress: ExportProgress) => void;
}

/** @throws LabError, and nothing is left of the file */
export async function exportCase(
  options: ExportOptions,
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportFacts> {
  const { dataDir, id, file } = options;
  const paths = pathsIn(dataDir);
  const keys = openKeys(dataDir, options.passphrase);
  const key = keys.signingKey;
  const store = openRecorded(dataDir);
  const stored = await recordOfCase(store, dataDir, id, options.simulated).finally(() => store.close());
  const rows = openCaseRows(paths.evidence, {
    id,
    phones: phonesOf(stored.case),
    ...spanOf(stored.case),
    simulated: stored.simulated,
  });
  const zip = createPackage(file, Date.parse(stored.madeAt));
  try {
    const devices = devicesOf(options, stored);
    const redaction = options.redact ? redactionOf(rows, devices, keys) : null;
    for (const { device } of stored.alerts) redaction?.address(device.ip);
    const record = redaction?.data(stored) ?? stored;
    const about: Export = { options, zip, rows, stored, record, devices, redaction, missing: [], onProgress };
    await addReports(about);
    addFacts(about);
    const entries = addRecords(about);
    await addCapture(about);
    const head = addChain(about);
    addHead(about, createPublicKey(key));
    tellClock(about);
    const bytes = await seal(about, key, head);
    return {
      file,
      bytes,
      case: id,
      simulated: stored.simulated,
      ...rows.counts,
      exchanges: entries,
      missing: about.missing,
      fingerprint: fingerprintOfKey(createPublicKey(key)),
    };
  } catch (error) {
    zip.discard();
    throw told(error, file);
  } finally {
    rows.close();
  }
}

/** The phones of the case, as far as they are registered. */
function devicesOf({ dataDir, devicesFile }: ExportOptions, { case: given }: CaseRecord): Device[] {
  const all = devicesFile ? readDevicesFile(devicesFile).devices : loadDevices(dataDir);
  const phones = phonesOf(given);
  return all.filter(({ id }) => phones === null || phones.includes(id));
}

async function addReports({ zip, stored, record, redaction, options, missing }: Export): Promise<void> {
  const { dataDir, language, passphrase } = options;
  const found = examplesOf(dataDir, stored.alerts.filter(isFinding), () => false, passphrase);
  const examples = redaction?.data(found) ?? found;
  zip.add('report.html', await renderReport(record, { format: 'html', language, examples }));
  try {
    zip.add('report.pdf', await renderReport(record, { format: 'pdf', language, examples }));
  } catch (error) {
    if (error instanceof LabError) throw error;
    missing.push(
      `report.pdf: it could not be set (${(error as Error).message.split('\n', 1)[0]}); report.html says the same`,
    );
  }
}

function addFacts({ zip, record, devices, redaction, options, missing }: Export): void {
  const { case: given, phases, counts, coverage, gaps, versions, contacts, connections, readShare, held = [] } = record;
  const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;
  zip.add('case.json', json({ case: given, phases, counts, contacts, connections, readShare, coverage, gaps, held }));
  zip.add('devices.json', json({ devices: devices.map((device) => shownDevice(device, redaction)) }));
  if (devices.length === 0) missing.push('devices.json is empty: no phone of this test run is registered here');
  const geo = openGeo(join(options.dataDir, 'geoip'), { now: Date.now });
  const sources = geo.sources.map(({ name, about, date, licence }) => ({ name, about, date, licence }));
  geo.close();
  zip.add('sources.json', json({ sources }));
  zip.add('versions.json', json({ versions: [{ name: 'Phonehome', version: options.version }, ...versions] }));
}

/** Masked; of the redacted twin the pseudonyms, so that one knows what stands for what sort of thing. */
function shownDevice(device: Device, redaction: Redaction | null): object {
  const view = viewDevice(device, false);
  if (redaction === null) return view;
  const identifiers = Object.entries(device.identifiers).map(([kind, values]) => [
    kind,
    ((values ?? []) as readonly unknown[]).map((value) =>
      typeof value === 'string' ? redaction.pseudonymOf(kind, value) : 'redacted',
    ),
  ]);
  const { id, model } = redaction.data({ id: device.id, model: device.model });
  return { id, model, identifiers: Object.fromEntries(identifiers) };
}

/** @returns exchanges in the HAR */
function addRecords(about: Export): number {
  const { zip, rows, redaction, onProgress } = about;
  const total = rows.counts.alerts + 3 * rows.counts.flows;
  let done = 0;
  const step = (): void => {
    if (++done % 100 === 0 || done === total) onProgress({ done, total });
  };
  const shown = (line: string): string => (redaction ? JSON.stringify(redactRow(line, redaction)) : line);
  const alerts = zip.entry('alerts.ndjson');
  for (const line of rows.alerts()) {
    alerts.write(`${shown(line)}\n`);
    step();
  }
  alerts.end();
  const flows = zip.entry('flows.ndjson');
  for (const line of rows.flows()) {
    flows.write(`${shown(line)}\n`);
    step();
  }
  flows.end();
  const eve = zip.entry('eve.json');
  for (const line of rows.alerts())
    eve.write(`${JSON.stringify(eveOfAlert(JSON.parse(shown(line)) as Alert, null))}\n`);
  for (const line of rows.flows()) {
    eve.write(`${JSON.stringify(eveOfFlow(JSON.parse(shown(line)) as FlowRecord))}\n`);
    step();
  }
  eve.end();
  return addHar(about, step);
}

/** A row without the addresses of the phone, and without what identifies it. */
function redactRow(line: string, redaction: Redaction): unknown {
  const row = JSON.parse(line) as Partial<FlowRecord & Alert>;
  redaction.address(row.client?.ip ?? row.device?.ip ?? '');
  return redaction.data(row.device ? { ...row, device: { ...row.device, mac: null } } : row);
}

function addHar({ zip, rows, options, redaction, missing }: Export, step: () => void): number {
  const content = openKeptContent(options.dataDir, options.passphrase);
  const har = zip.entry('flows.har');
  const comment = 'Requests and answers of which content was kept; what is missing of one is said in its comment.';
  har.write(harHead(options.version, comment));
  let entries = 0;
  let without = 0;
  let leftOut = 0;
  const unlisted: string[] = [];
  try {
    for (const line of rows.flows()) {
      const stored = JSON.parse(line) as FlowRecord;
      const flow = (redaction ? redactRow(line, redaction) : stored) as FlowRecord;
      const before = entries;
      let isRaw = false;
      for (const one of exchangesIn(content?.eventsOf(stored.id) ?? [])) {
        const redacted = redaction?.exchange(one);
        leftOut += redacted?.leftOut.length ?? 0;
        const notes = redacted?.leftOut.map((what) => `${what} is left out: it could not be made free of identifiers`);
        const entry = harEntry(redacted?.exchange ?? one, flow, notes);
        if (entry === null) {
          isRaw ||= holdsBytes(one);
          continue;
        }
        har.write(`${entries > 0 ? ',\n' : ''}${JSON.stringify(entry)}`);
        entries++;
      }
      if (isRaw) unlisted.push(stored.id);
      if (entries === before && !isRaw) without++;
      step();
    }
    har.write(HAR_END);
    har.end();
    leftOut += content ? addRaw({ zip, redaction }, content, unlisted) : 0;
  } finally {
    content?.close();
  }
  if (leftOut > 0)
    missing.push(
      `flows.har, raw.ndjson: ${leftOut} bodies, heads or messages that could not be made free of identifiers`,
    );
  if (without > 0)
    missing.push(
      `flows.har: of ${without} connections no request was kept; flows.ndjson says why of each (content.why)`,
    );
  return entries;
}

/** With everything that was found in the case, registered or not. */
function redactionOf(rows: CaseRows, devices: readonly Device[], keys: EvidenceKeys): Redaction {
  const sealer = createSealer(keys.key, keys.phoneKeys);
  const found = [...rows.secrets(sealer)].flatMap(({ alert, secret: { value, seen } }) => {
    const { identifier } = JSON.parse(alert) as Alert;
    return identifier ? [{ kind: identifier.kind, value, seen, masked: identifier.masked }] : [];
  });
  return createRedaction({ devices, found, key: keys.key });
}

async function addCapture({ zip, stored: record, devices, options, missing }: Export): Promise<void> {
  if (options.redact) {
    missing.push('capture.pcapng: packets cannot be redacted');
    return;
  }
  const { capture: directory } = pathsIn(options.dataDir);
  const phones = phonesOf(record.case);
  const macs =
    phones === null ? [null] : phones.map((id) => devices.find((device) => device.id === id)?.match.mac ?? id);
  const scratch = mkdtempSync(join(dirname(options.file), '.export-'));
  try {
    for (const [index, mac] of macs.entries()) {
      const name = index === 0 ? 'capture.pcapng' : `capture-${index + 1}.pcapng`;
      // Packets of other people's phones are not this case's.
      if (mac !== null && !/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac)) {
        missing.push(`${name}: the phone’s hardware address is not registered, and others’ packets do not belong here`);
        continue;
      }
      const { after, before } = spanOf(record.case);
      const out = join(scratch, name);
      const cut = await cutCapture({
        directory,
        from: after,
        to: Math.min(before, Date.parse(record.madeAt)),
        mac,
        out,
      });
      if (cut.ok) copyInto(zip, name, out);
      else missing.push(`${name}: ${cut.why}`);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function copyInto(zip: PackageWriter, name: string, file: string): void {
  const entry = zip.entry(name);
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(1 << 20);
  try {
    for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer))
      entry.write(Uint8Array.from(buffer.subarray(0, read)));
  } finally {
    closeSync(descriptor);
  }
  entry.end();
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function addChain({ zip, rows, options, missing }: Export): { position: number; hash: string } | null {
  const before = rows.before();
  const chain = zip.entry('chain.ndjson');
  let head: { position: number; hash: string } | null = null;
  let signed = 0;
  // One in a thousand records.
  const signatures = Map.groupBy(rows.signatures(), ({ position }) => position);
  if (before) {
    chain.write(
      `${JSON.stringify({ epoch: rows.epoch, after: { position: before.position, hash: hex(before.hash) } })}\n`,
    );
    for (const { position, type, replaces, commitment, hash: own, row } of rows.chain()) {
      const opened = row && !options.redact && { salt: hex(row.salt), fields: row.fields };
      chain.write(
        `${JSON.stringify({ position, type, replaces, commitment: hex(commitment), hash: hex(own), ...opened })}\n`,
      );
      head = { position, hash: hex(own) };
      for (const { time, signature } of signatures.get(position) ?? []) {
        chain.write(`${JSON.stringify({ signed: position, time, signature: hex(signature) })}\n`);
        signed = position;
      }
    }
  } else missing.push('chain.ndjson: nothing of this test run stands in the chain');
  chain.end();
  if (options.redact)
    missing.push('chain.ndjson: what opens its commitments, because the rows they are about were redacted');
  if (head && signed < head.position)
    missing.push(`chain.ndjson: records after ${signed} were not signed when this was made`);
  return head;
}

/** A line that the lab's store can be held against later, whatever was cut off or written anew in it. */
function addHead({ zip, rows, missing }: Export, key: KeyObject): void {
  const checkpoint = rows.checkpoint(key);
  if (checkpoint) zip.add('chain-head.txt', `${writeCheckpoint(checkpoint)}\n`);
  else missing.push('chain-head.txt: nothing of the chain was signed when this was made');
}

/** A clock that was set back makes times of records and of the package contradict each other. */
function tellClock({ record, missing }: Export): void {
  const latest = record.alerts
    .map(({ lastSeen }) => lastSeen)
    .toSorted()
    .at(-1);
  if (latest !== undefined && latest > record.madeAt)
    missing.push(
      `Trust in the clock: it was set back. The last record is of ${latest}, this package of ${record.madeAt}; the order of records is that of chain.ndjson.`,
    );
}

async function seal(
  { zip, record, options, missing }: Export,
  key: KeyObject,
  head: { position: number; hash: string } | null,
): Promise<number> {
  const publicKey = createPublicKey(key);
  zip.add('signing-key.pem', publicKey.export({ type: 'spki', format: 'pem' }));
  zip.add(
    'README.txt',
    readmeOf({
      caseId: record.case.id,
      title: record.case.title,
      madeAt: record.madeAt,
      simulated: record.simulated,
      redacted: options.redact,
      fingerprint: fingerprintOfKey(createPublicKey(key)),
      missing,
      head,
      timestamp: options.timestamp,
    }),
  );
  const sums = Buffer.from(zip.sums());
  zip.add('SHA256SUMS', sums);
  zip.add('SHA256SUMS.sig', sign(null, sums, key));
  if (options.timestamp !== null) zip.add('SHA256SUMS.tsr', await askTimestamp(options.timestamp, sums));
  return zip.finish(key);
}
