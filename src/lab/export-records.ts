/** Alerts and connections of a case as a package holds them: as they are stored, as EVE, and with what was kept of them as HAR. */
import { eveOfAlert, eveOfFlow } from '../export/eve.ts';
import { exchangesIn } from '../export/exchanges.ts';
import { HAR_END, harEntry, harHead } from '../export/har.ts';
import type { Alert } from '../model/alert.ts';
import type { FlowRecord } from '../model/flow.ts';
import type { ContentReader } from '../sinks/content/store.ts';
import { openKeptContent } from './content.ts';
import type { ExportParts } from './export-parts.ts';
import { addRaw, holdsBytes } from './export-raw.ts';
import type { Redaction } from './redaction.ts';

/** How often all connections are gone through here. */
export const PASSES = 3;

/** @returns exchanges in the HAR */
export async function addRecords(parts: ExportParts): Promise<number> {
  const { zip, redaction } = parts;
  const shown = (json: string): string => (redaction ? JSON.stringify(redactRow(json, redaction)) : json);
  await zip.add('alerts.ndjson', alertLines(parts, shown));
  await zip.add('flows.ndjson', flowLines(parts, shown));
  await zip.add('eve.json', eveLines(parts, shown));
  return addHar(parts);
}

function* alertLines({ rows }: ExportParts, shown: (json: string) => string): Generator<string> {
  for (const json of rows.alerts()) yield `${shown(json)}\n`;
}

function* flowLines({ rows, step }: ExportParts, shown: (json: string) => string): Generator<string> {
  for (const json of rows.flows()) {
    yield `${shown(json)}\n`;
    step(1);
  }
}

function* eveLines({ rows, step }: ExportParts, shown: (json: string) => string): Generator<string> {
  for (const json of rows.alerts()) yield `${JSON.stringify(eveOfAlert(JSON.parse(shown(json)) as Alert, null))}\n`;
  for (const json of rows.flows()) {
    yield `${JSON.stringify(eveOfFlow(JSON.parse(shown(json)) as FlowRecord))}\n`;
    step(1);
  }
}

/** A row without the addresses of the phone, and without what identifies it. */
function redactRow(json: string, redaction: Redaction): unknown {
  const row = JSON.parse(json) as Partial<FlowRecord & Alert>;
  redaction.address(row.client?.ip ?? row.device?.ip ?? '');
  return redaction.data(row.device ? { ...row, device: { ...row.device, mac: null } } : row);
}

interface HarCounts {
  entries: number;
  /** Connections of which no request was kept. */
  without: number;
  /** Bodies, heads and messages. */
  leftOut: number;
  /** Connections that hold what is no HTTP. */
  unlisted: string[];
}

async function addHar(parts: ExportParts): Promise<number> {
  const { zip, options, missing } = parts;
  const content = openKeptContent(options.dataDir, options.passphrase);
  const counts: HarCounts = { entries: 0, without: 0, leftOut: 0, unlisted: [] };
  try {
    await zip.add('flows.har', harPieces(parts, content, counts));
    if (content) counts.leftOut += await addRaw(parts, content, counts.unlisted);
  } finally {
    content?.close();
  }
  const { entries, without, leftOut } = counts;
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

function* harPieces(
  { rows, options, redaction, step }: ExportParts,
  content: ContentReader | null,
  counts: HarCounts,
): Generator<string> {
  const comment = 'Requests and answers of which content was kept; what is missing of one is said in its comment.';
  yield harHead(options.version, comment);
  if (content === null) {
    counts.without = rows.counts.flows;
    step(rows.counts.flows);
  } else
    for (const json of rows.flows()) {
      yield* harEntriesOf(json, content, redaction, counts);
      step(1);
    }
  yield HAR_END;
}

function* harEntriesOf(
  json: string,
  content: ContentReader,
  redaction: Redaction | null,
  counts: HarCounts,
): Generator<string> {
  const stored = JSON.parse(json) as FlowRecord;
  const before = counts.entries;
  let flow: FlowRecord | null = null;
  let isRaw = false;
  for (const one of exchangesIn(content.eventsOf(stored.id))) {
    flow ??= redaction ? (redactRow(json, redaction) as FlowRecord) : stored;
    const redacted = redaction?.exchange(one);
    counts.leftOut += redacted?.leftOut.length ?? 0;
    const notes = redacted?.leftOut.map((what) => `${what} is left out: it could not be made free of identifiers`);
    const entry = harEntry(redacted?.exchange ?? one, flow, notes);
    if (entry === null) {
      isRaw ||= holdsBytes(one);
      continue;
    }
    yield `${counts.entries > 0 ? ',\n' : ''}${JSON.stringify(entry)}`;
    counts.entries++;
  }
  if (isRaw) counts.unlisted.push(stored.id);
  if (counts.entries === before && !isRaw) counts.without++;
}
