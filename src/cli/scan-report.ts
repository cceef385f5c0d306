/**
 * Counts what a scan found and what it could not read.
 * Promise: memory is bounded whatever the recording; equal findings (same value, place, way and host) are one row with a count.
 */
import { GEO_SOURCE } from '../formats/geo-caveat.ts';
import { say } from '../formats/say.ts';
import { clean, paint, SEVERITY_SGR } from '../formats/terminal.ts';
import { SEVERITIES, type Severity } from '../model/alert.ts';
import type { DestinationFacts } from '../model/destination.ts';
import type { Recorded, RecordedContact, ScanFinding, Scanned } from '../model/scan.ts';
import { type Text, text } from '../model/text.ts';
import { type ContactRow, contactCells, createScanContacts, receiverOf } from './scan-contacts.ts';
import { createScanVerdict, sentenceOf } from './scan-sentence.ts';
import { createStoppedFiles, type StoppedFiles } from './scan-stopped.ts';
import { table } from './table.ts';
import { digestIn, inWords, words } from './words.ts';

export interface Place {
  file: string;
  entry: number;
}

/** Equal findings together. */
export interface ScanRow {
  finding: Omit<ScanFinding, 'value'>;
  shown: string;
  first: Place;
  count: number;
}

export interface ScanReport {
  entry(recorded: Extract<Scanned, { type: 'entry' }>): void;
  skipped(recorded: Extract<Recorded, { type: 'skipped' }>): void;
  finding(finding: ScanFinding, place: Place, reveal: boolean): void;
  contact(contact: RecordedContact, facts: DestinationFacts): void;
  partial(why: Text): void;
  /** The scan ended before this file did. */
  stopped(recorded: Extract<Scanned, { type: 'stopped' }>): void;
  stoppedFiles: Pick<StoppedFiles, 'count'>;
  counts(): { entries: number; findings: number };
  firstReason(): Text | null;
  contacts(): ContactRow[];
  /** The last line of `--json` output. */
  summary(): object;
  /** For people; the same content as `page`. */
  lines(colour: boolean): string[];
  page(): ScanReportPage;
}

interface Reason {
  why: Text;
  count: number;
}

export interface ScanReportPage {
  files: string[];
  rows: ScanRow[];
  contacts: ContactRow[];
  /** Sentences: what was skipped, not recorded, only partially searched. */
  notes: string[];
  total: string;
  /** For a layman. */
  sentence: string;
}

/** Different findings shown in the table; all of them are counted. */
const MAX_ROWS = 10_000;
/** Different reasons kept apart; they are our own sentences, so few. */
const MAX_REASONS = 200;

export function createScanReport(): ScanReport {
  const rows = new Map<string, ScanRow>();
  const kinds: Record<string, number> = {};
  const severities: Partial<Record<Severity, number>> = {};
  const skipped = new Map<string, { why: Text; count: number; example: string }>();
  const missing = new Map<string, Reason>();
  const partial = new Map<string, Reason>();
  const files = new Set<string>();
  const contacts = createScanContacts();
  const verdict = createScanVerdict();
  const stopped = createStoppedFiles();
  let entries = 0;
  let withContent = 0;
  let skippedEntries = 0;
  let findings = 0;
  let unread = 0;
  const add = (map: Map<string, Reason>, why: Text) => {
    const reason = say(why);
    const known = map.get(reason);
    if (known) known.count++;
    else if (map.size < MAX_REASONS) map.set(reason, { why, count: 1 });
  };
  const texts = () => {
    const isStopped = stopped.summary() !== null;
    return verdict.texts({ withContent, unread, contacts: contacts.servers(), isStopped });
  };

  const page = (): ScanReportPage => {
    const left = contacts.left();
    const notes = [
      ...stopped.notes(),
      ...[...skipped.values()].map(({ why: reason, count: times, example }) =>
        words('scan.not-read', { times, reason, example }),
      ),
      ...[...missing.values()].map(({ why: reason, count }) => words('scan.missing', { count, reason })),
      ...[...partial.values()].map(({ why: reason, count }) => words('scan.partial', { count, reason })),
      ...(left > 0 ? [words('scan.calls-left', { left, most: MAX_ROWS })] : []),
    ];
    const total = words('scan.total', {
      findings,
      different: rows.size,
      entries,
      files: words('scan.files', { count: files.size }),
    });
    return {
      files: [...files],
      rows: [...rows.values()].sort((a, b) => rank(b) - rank(a)),
      contacts: contacts.rows(),
      notes,
      total,
      sentence: texts().map(inWords).join(' '),
    };
  };

  return {
    entry(recorded) {
      entries++;
      if (!recorded.contact) withContent++;
      files.add(recorded.file);
      for (const { why: what, advice } of recorded.missing)
        add(missing, advice ? text('unread.advised', { what, advice }) : what);
      if (recorded.partialText) add(partial, recorded.partialText);
      // What a phone sent is searched; what it got is not.
      if (recorded.partial || recorded.missing.some(({ isAnswer }) => !isAnswer)) unread++;
    },
    skipped({ file, entry, reason, text: why, isHarmless }) {
      if (entry !== null) skippedEntries++;
      if (!isHarmless) unread++;
      const known = skipped.get(reason);
      if (known) known.count++;
      else if (skipped.size < MAX_REASONS)
        skipped.set(reason, { why, count: 1, example: entry === null ? file : words('scan.example', { file, entry }) });
    },
    finding({ value, ...finding }, place, reveal) {
      findings++;
      const { kind } = finding.identifier;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      severities[finding.severity] = (severities[finding.severity] ?? 0) + 1;
      verdict.finding(finding);
      const shown = reveal ? value : finding.identifier.masked;
      const key = keyOf(finding, shown);
      const row = rows.get(key);
      if (row) row.count++;
      else if (rows.size < MAX_ROWS) rows.set(key, { finding, shown, first: place, count: 1 });
    },
    contact: contacts.add,
    partial(why) {
      unread++;
      add(partial, why);
    },
    stopped({ file, entries: read }) {
      unread++;
      stopped.add(file, read);
    },
    stoppedFiles: stopped,
    counts: () => ({ entries, findings }),
    firstReason: () => skipped.values().next().value?.why ?? null,
    contacts: contacts.rows,
    summary: () => ({
      type: 'summary',
      files: files.size,
      entries,
      findings,
      kinds,
      severities,
      contacts: contacts.servers(),
      skipped: [...skipped].map(([reason, { why, count, example }]) => ({ reason, text: why, count, example })),
      skippedEntries,
      notRecorded: countsIn(missing),
      partiallyScanned: countsIn(partial),
      ...(stopped.summary() ? { stopped: stopped.summary() } : {}),
      sentence: sentenceOf(texts()),
      text: texts(),
    }),
    lines: (colour) => drawPage(page(), colour),
    page,
  };
}

const countsIn = (reasons: ReadonlyMap<string, Reason>): Record<string, number> =>
  Object.fromEntries([...reasons].map(([reason, { count }]) => [reason, count]));

function keyOf({ identifier, evidence, destination, attribution }: ScanRow['finding'], shown: string): string {
  const { where, decoding, hash } = evidence;
  return JSON.stringify([identifier.kind, shown, where, decoding, hash, destination?.host, attribution?.name]);
}

function drawPage({ rows, contacts, notes, total, sentence, files }: ScanReportPage, colour: boolean): string[] {
  const isAttributed = rows.some(({ finding }) => finding.attribution);
  const by = isAttributed ? (['by'] as const) : [];
  const head = (['severity', 'kind', 'value', 'where', 'how', 'to', ...by, 'entry', 'times'] as const).map((name) =>
    words(`scan.head.${name}`),
  );
  const body = rows.map(({ finding, shown, first, count }) => [
    words(`severity.${finding.severity}`),
    `${finding.identifier.kind}${finding.identifier.confidence === 'possible' ? '?' : ''}`,
    shown,
    [finding.evidence.where, finding.evidence.path].filter(Boolean).join(' '),
    [...finding.evidence.decoding, finding.evidence.hash && digestIn(finding.evidence.hash)]
      .filter(Boolean)
      .join('›') || words('cell.plain'),
    finding.destination ? receiverOf(finding.destination, finding.destination) : '',
    ...by.map(() => finding.attribution?.name ?? ''),
    files.length > 1 ? `${first.file}:${first.entry}` : String(first.entry),
    count > 1 ? `×${count}` : '',
  ]);
  const drawn = table([head, ...body]).map((line, index) => {
    const row = rows[index - 1];
    return row ? paint(line, SEVERITY_SGR[row.finding.severity], colour) : paint(line, '1', colour);
  });
  const called = table([
    [words('scan.head.called-by'), words('scan.head.server'), words('scan.head.times')],
    ...contacts.map(contactCells),
  ]);
  const calledLines = called.map((line, index) => (index === 0 ? paint(line, '1', colour) : line));
  return [
    ...(rows.length ? [...drawn, ''] : []),
    ...(contacts.length ? [...calledLines, ''] : []),
    ...notes.map(clean),
    ...(rows.length || contacts.length ? [`${GEO_SOURCE.text} (${GEO_SOURCE.url}).`] : []),
    total,
    '',
    clean(sentence),
  ];
}

function rank({ finding, count }: ScanRow): number {
  return SEVERITIES.indexOf(finding.severity) * 1e9 + Math.min(count, 1e9 - 1);
}
