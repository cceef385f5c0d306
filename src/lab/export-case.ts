/**
 * One case as a package (docs/evidence.md). Reads one moment of the store and writes nothing to it; in memory: the report, and one
 * exchange at a time, however many connections there are. What cannot be had is left out and said in the package.
 */

import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { loadDevices, readDevicesFile } from '../devices/store.ts';
import { readmeOf } from '../export/readme.ts';
import { createPackage, told } from '../export/zip.ts';
import { labError } from '../formats/refusal.ts';
import type { Alert } from '../model/alert.ts';
import { phonesOf } from '../model/case.ts';
import type { CaseRecord } from '../model/case-record.ts';
import type { Device } from '../model/device.ts';
import type { ExportFacts, ExportOptions } from '../model/lab.ts';
import { text } from '../model/text.ts';
import { type CaseRows, countFlows, openCaseRows } from '../sinks/evidence/case-rows.ts';
import { createSealer } from '../sinks/evidence/sealer.ts';
import { recordOfCase } from './case-record.ts';
import { pathsIn } from './data-directory.ts';
import { type EvidenceKeys, fingerprintOfKey, openKeys, openRecorded } from './evidence.ts';
import { addCapture } from './export-capture.ts';
import { addChain, addHead, type ChainEnd } from './export-chain.ts';
import { addFacts, addReports } from './export-facts.ts';
import type { ExportParts } from './export-parts.ts';
import { addRecords, PASSES } from './export-records.ts';
import { spanOf } from './recorded-flows.ts';
import { createRedaction, type Redaction } from './redaction.ts';
import { askTimestamp } from './timestamp.ts';

/** Steps of the work, as near as they can be known beforehand. */
export interface ExportProgress {
  done: number;
  total: number;
}

/** Told once for so many connections. */
const TOLD_EVERY = 1000;

/** @throws LabError, and nothing is left of the file */
export async function exportCase(
  options: ExportOptions,
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportFacts> {
  const { dataDir, id, file } = options;
  const paths = pathsIn(dataDir);
  const keys = openKeys(dataDir, options.passphrase);
  const key = keys.signingKey;
  const { stored, step } = await readStored(options, onProgress);
  const scope = { id, phones: phonesOf(stored.case), ...spanOf(stored.case), simulated: stored.simulated };
  const rows = openCaseRows(paths.evidence, scope, step);
  try {
    const zip = createPackage(file, Date.parse(stored.madeAt));
    try {
      const devices = devicesOf(options, stored);
      const redaction = options.redact ? redactionOf(rows, devices, keys) : null;
      for (const { device } of stored.alerts) redaction?.address(device.ip);
      const record = redaction?.data(stored) ?? stored;
      const parts: ExportParts = { options, zip, rows, stored, record, devices, redaction, missing: [], step };
      await addReports(parts);
      await addFacts(parts);
      const exchanges = await addRecords(parts);
      await addCapture(parts);
      const head = await addChain(parts);
      await addHead(parts, createPublicKey(key));
      tellClock(parts);
      const bytes = await seal(parts, key, head);
      return {
        file,
        bytes,
        case: id,
        simulated: stored.simulated,
        ...rows.counts,
        exchanges,
        missing: parts.missing,
        fingerprint: fingerprintOfKey(createPublicKey(key)),
      };
    } catch (error) {
      zip.discard();
      throw told(error, file);
    }
  } finally {
    rows.close();
  }
}

/** Whoever starts an export has opened the store. All connections are gone through for the record, to find those that belong to it, for its files, and for the chain. */
async function readStored(
  { dataDir, id, simulated }: ExportOptions,
  onProgress: (progress: ExportProgress) => void,
): Promise<{ stored: CaseRecord; step: (count: number) => void }> {
  const store = openRecorded(dataDir, true);
  try {
    const given = store.case(id);
    if (given === null) throw labError(text('records.no-case', { id }));
    const flows = countFlows(pathsIn(dataDir).evidence, { phones: phonesOf(given), ...spanOf(given) });
    const total = (PASSES + 3) * flows;
    let done = 0;
    let toldAt = 0;
    const step = (count: number): void => {
      done = Math.min(total, done + count);
      if (done - toldAt < TOLD_EVERY && done < total) return;
      toldAt = done;
      onProgress({ done, total });
    };
    const watched: typeof store = {
      ...store,
      flows(query) {
        const page = store.flows(query);
        step(page.length);
        return page;
      },
    };
    return { stored: await recordOfCase(watched, dataDir, id, simulated), step };
  } finally {
    store.close();
  }
}

/** The phones of the case, as far as they are registered. */
function devicesOf({ dataDir, devicesFile }: ExportOptions, { case: given }: CaseRecord): Device[] {
  const all = devicesFile ? readDevicesFile(devicesFile).devices : loadDevices(dataDir);
  const phones = phonesOf(given);
  return all.filter(({ id }) => phones === null || phones.includes(id));
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

/** A clock that was set back makes times of records and of the package contradict each other. */
function tellClock({ record, missing }: ExportParts): void {
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
  { zip, record, options, missing }: ExportParts,
  key: KeyObject,
  head: ChainEnd | null,
): Promise<number> {
  const publicKey = createPublicKey(key);
  await zip.add('signing-key.pem', publicKey.export({ type: 'spki', format: 'pem' }));
  await zip.add(
    'README.txt',
    readmeOf({
      caseId: record.case.id,
      title: record.case.title,
      madeAt: record.madeAt,
      simulated: record.simulated,
      redacted: options.redact,
      fingerprint: fingerprintOfKey(publicKey),
      missing,
      head,
      timestamp: options.timestamp,
    }),
  );
  const sums = Buffer.from(zip.sums());
  await zip.add('SHA256SUMS', sums);
  await zip.add('SHA256SUMS.sig', sign(null, sums, key));
  if (options.timestamp !== null) await zip.add('SHA256SUMS.tsr', await askTimestamp(options.timestamp, sums));
  return zip.finish(key);
}
