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
import type { CaseRecord } from '../model/case-record.ts';
import type { Device } from '../model/device.ts';
import type { FlowRecord } from '../model/flow.ts';
import { type ExportFacts, type ExportOptions, LabError } from '../model/lab.ts';
import { type CaseRows, openCaseRows } from '../sinks/evidence/case-rows.ts';
import { viewDevice } from '../sinks/live/device-view.ts';
import { recordOfCase } from './case-record.ts';
import { renderReport } from './case-report.ts';
import { openKeptContent } from './content.ts';
import { pathsIn } from './data-directory.ts';
import { fingerprintOfKey, openKeys, openRecorded } from './evidence.ts';
import { spanOf } from './recorded-flows.ts';
import { askTimestamp } from './timestamp.ts';

export interface ExportProgress {
  done: number;
  total: number;
}

interface Export {
  options: ExportOptions;
  zip: PackageWriter;
  rows: CaseRows;
  record: CaseRecord;
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
  const { signingKey: key } = openKeys(dataDir, options.passphrase);
  const store = openRecorded(dataDir);
  const record = await recordOfCase(store, dataDir, id, options.simulated).finally(() => store.close());
  const rows = openCaseRows(paths.evidence, {
    id,
    phones: phonesOf(record.case),
    ...spanOf(record.case),
    simulated: record.simulated,
  });
  const zip = createPackage(file, Date.parse(record.madeAt));
  try {
    const devices = devicesOf(options, record);
    const about: Export = { options, zip, rows, record, devices, missing: [], onProgress };
    await addReports(about);
    addFacts(about);
    const entries = addRecords(about);
    await addCapture(about);
    const head = addChain(about);
    tellClock(about);
    const bytes = await seal(about, key, head);
    return {
      file,
      bytes,
      case: id,
      simulated: record.simulated,
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

async function addReports({ zip, record, options, missing }: Export): Promise<void> {
  zip.add('report.html', await renderReport(record, { format: 'html', language: options.language }));
  try {
    zip.add('report.pdf', await renderReport(record, { format: 'pdf', language: options.language }));
  } catch (error) {
    if (error instanceof LabError) throw error;
    missing.push(
      `report.pdf: it could not be set (${(error as Error).message.split('\n', 1)[0]}); report.html says the same`,
    );
  }
}

function addFacts({ zip, record, devices, options, missing }: Export): void {
  const { case: given, phases, counts, coverage, gaps, versions, contacts, connections, readShare } = record;
  const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;
  zip.add('case.json', json({ case: given, phases, counts, contacts, connections, readShare, coverage, gaps }));
  zip.add('devices.json', json({ devices: devices.map((device) => viewDevice(device, false)) }));
  if (devices.length === 0) missing.push('devices.json is empty: no phone of this test run is registered here');
  const geo = openGeo(join(options.dataDir, 'geoip'), { now: Date.now });
  const sources = geo.sources.map(({ name, about, date, licence }) => ({ name, about, date, licence }));
  geo.close();
  zip.add('sources.json', json({ sources }));
  zip.add('versions.json', json({ versions: [{ name: 'Phonehome', version: options.version }, ...versions] }));
}

/** @returns exchanges in the HAR */
function addRecords({ zip, rows, options, missing, onProgress }: Export): number {
  const total = rows.counts.alerts + 3 * rows.counts.flows;
  let done = 0;
  const step = (): void => {
    if (++done % 100 === 0 || done === total) onProgress({ done, total });
  };
  const alerts = zip.entry('alerts.ndjson');
  for (const line of rows.alerts()) {
    alerts.write(`${line}\n`);
    step();
  }
  alerts.end();
  const flows = zip.entry('flows.ndjson');
  for (const line of rows.flows()) {
    flows.write(`${line}\n`);
    step();
  }
  flows.end();
  const eve = zip.entry('eve.json');
  for (const line of rows.alerts()) eve.write(`${JSON.stringify(eveOfAlert(JSON.parse(line) as Alert, null))}\n`);
  for (const line of rows.flows()) {
    eve.write(`${JSON.stringify(eveOfFlow(JSON.parse(line) as FlowRecord))}\n`);
    step();
  }
  eve.end();
  return addHar({ zip, rows, options, missing }, step);
}

function addHar(
  { zip, rows, options, missing }: Pick<Export, 'zip' | 'rows' | 'options' | 'missing'>,
  step: () => void,
): number {
  const content = openKeptContent(options.dataDir, options.passphrase);
  const har = zip.entry('flows.har');
  har.write(
    harHead(
      options.version,
      'Requests and answers of which content was kept; what is missing of one is said in its comment.',
    ),
  );
  let entries = 0;
  let without = 0;
  try {
    for (const line of rows.flows()) {
      const flow = JSON.parse(line) as FlowRecord;
      const before = entries;
      for (const one of exchangesIn(content?.eventsOf(flow.id) ?? [])) {
        const entry = harEntry(one, flow);
        if (entry === null) continue;
        har.write(`${entries > 0 ? ',\n' : ''}${JSON.stringify(entry)}`);
        entries++;
      }
      if (entries === before) without++;
      step();
    }
  } finally {
    content?.close();
  }
  har.write(HAR_END);
  har.end();
  if (without > 0)
    missing.push(
      `flows.har: of ${without} connections no request was kept; flows.ndjson says why of each (content.why)`,
    );
  return entries;
}

async function addCapture({ zip, record, devices, options, missing }: Export): Promise<void> {
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

function addChain({ zip, rows, missing }: Export): { position: number; hash: string } | null {
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
      const opened = row && { salt: hex(row.salt), fields: row.fields };
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
  if (head && signed < head.position)
    missing.push(`chain.ndjson: records after ${signed} were not signed when this was made`);
  return head;
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
