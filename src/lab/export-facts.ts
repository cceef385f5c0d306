/** What a package says for people (the report) and of its circumstances: case, phones, sources, versions. */

import { join } from 'node:path';
import { openGeo } from '../enrich/geo.ts';
import { errorLine } from '../formats/error-line.ts';
import { isFinding } from '../model/case-record.ts';
import type { Device } from '../model/device.ts';
import { LabError } from '../model/lab.ts';
import { viewDevice } from '../sinks/live/device-view.ts';
import { examplesOf } from './case-examples.ts';
import { renderReport } from './case-report.ts';
import type { ExportParts } from './export-parts.ts';
import type { Redaction } from './redaction.ts';

export async function addReports({ zip, stored, record, redaction, options, missing }: ExportParts): Promise<void> {
  const { dataDir, language, passphrase } = options;
  const found = examplesOf(dataDir, stored.alerts.filter(isFinding), () => false, passphrase);
  const examples = redaction?.data(found) ?? found;
  await zip.add('report.html', await renderReport(record, { format: 'html', language, examples }));
  try {
    await zip.add('report.pdf', await renderReport(record, { format: 'pdf', language, examples }));
  } catch (error) {
    if (error instanceof LabError) throw error;
    missing.push(`report.pdf: it could not be set (${errorLine(error)}); report.html says the same`);
  }
}

export async function addFacts({ zip, record, devices, redaction, options, missing }: ExportParts): Promise<void> {
  const { case: given, phases, counts, coverage, gaps, versions, contacts, connections, readShare, held = [] } = record;
  const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;
  await zip.add(
    'case.json',
    json({ case: given, phases, counts, contacts, connections, readShare, coverage, gaps, held }),
  );
  await zip.add('devices.json', json({ devices: devices.map((device) => shownDevice(device, redaction)) }));
  if (devices.length === 0) missing.push('devices.json is empty: no phone of this test run is registered here');
  const geo = openGeo(join(options.dataDir, 'geoip'), { now: Date.now });
  const sources = geo.sources.map(({ name, about, date, licence }) => ({ name, about, date, licence }));
  geo.close();
  await zip.add('sources.json', json({ sources }));
  await zip.add('versions.json', json({ versions }));
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
