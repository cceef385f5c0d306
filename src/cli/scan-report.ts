/**
 * Counts what a scan found and what it could not read.
 * Promise: memory is bounded whatever the recording; equal findings (same value, place, way and host) are one row with a count.
 */
import { SEVERITIES } from '../model/alert.ts';
import type { Recorded, ScanFinding } from '../model/lab.ts';
import { paint, SEVERITY_SGR } from './colour.ts';
import { table } from './table.ts';

interface RecordedIn {
  file: string;
  entry: number;
}

/** Equal findings together. */
export interface ScanRow {
  finding: Omit<ScanFinding, 'value'>;
  shown: string;
  first: RecordedIn;
  count: number;
}

export interface ScanReport {
  entry(recorded: Extract<Recorded, { type: 'entry' }>): void;
  skipped(recorded: Extract<Recorded, { type: 'skipped' }>): void;
  finding(finding: ScanFinding, from: RecordedIn, reveal: boolean): void;
  partial(reason: string): void;
  counts(): { entries: number; findings: number };
  firstReason(): string | null;
  /** The last line of `--json` output. */
  summary(): object;
  /** For people; the same content as `page`. */
  lines(colour: boolean): string[];
  page(): { files: string[]; rows: ScanRow[]; notes: string[]; total: string };
}

/** Different findings shown in the table; all of them are counted. */
const MAX_ROWS = 10_000;
/** Different reasons kept apart; they are our own sentences, so few. */
const MAX_REASONS = 200;

export function createScanReport(): ScanReport {
  const rows = new Map<string, ScanRow>();
  const kinds: Record<string, number> = {};
  const severities: Record<string, number> = {};
  const skipped = new Map<string, { count: number; example: string }>();
  const missing = new Map<string, number>();
  const partial = new Map<string, number>();
  const files = new Set<string>();
  let entries = 0;
  let skippedEntries = 0;
  let findings = 0;
  const add = (map: Map<string, number>, reason: string) => {
    if (map.has(reason) || map.size < MAX_REASONS) map.set(reason, (map.get(reason) ?? 0) + 1);
  };

  const page = () => {
    const notes = [
      ...[...skipped].map(([reason, { count, example }]) => `Skipped ${count}: ${reason} (${example})`),
      ...[...missing].map(([reason, count]) => `${count} entries: ${reason}`),
      ...[...partial].map(([reason, count]) => `${count} entries only partially searched: ${reason}`),
    ];
    const total = `${findings} findings (${rows.size} different) in ${entries} entries of ${files.size} ${files.size === 1 ? 'file' : 'files'}.`;
    return { files: [...files], rows: [...rows.values()].sort((a, b) => rank(b) - rank(a)), notes, total };
  };

  return {
    entry(recorded) {
      entries++;
      files.add(recorded.file);
      for (const reason of recorded.missing) add(missing, reason);
      if (recorded.partial) add(partial, recorded.partial);
    },
    skipped({ file, entry, reason }) {
      if (entry !== null) skippedEntries++;
      const known = skipped.get(reason);
      if (known) known.count++;
      else if (skipped.size < MAX_REASONS)
        skipped.set(reason, { count: 1, example: entry === null ? file : `${file} entry ${entry}` });
    },
    finding({ value, ...finding }, from, reveal) {
      findings++;
      kinds[finding.identifier.kind] = (kinds[finding.identifier.kind] ?? 0) + 1;
      severities[finding.severity] = (severities[finding.severity] ?? 0) + 1;
      const shown = reveal ? value : finding.identifier.masked;
      const key = JSON.stringify([
        finding.identifier.kind,
        shown,
        finding.evidence.where,
        finding.evidence.decoding,
        finding.evidence.hash,
        finding.destination?.host,
        finding.attribution?.name,
      ]);
      const row = rows.get(key);
      if (row) row.count++;
      else if (rows.size < MAX_ROWS) rows.set(key, { finding, shown, first: from, count: 1 });
    },
    partial: (reason) => add(partial, reason),
    counts: () => ({ entries, findings }),
    firstReason: () => skipped.keys().next().value ?? null,
    summary: () => ({
      type: 'summary',
      files: files.size,
      entries,
      findings,
      kinds,
      severities,
      skipped: [...skipped].map(([reason, each]) => ({ reason, ...each })),
      skippedEntries,
      notRecorded: Object.fromEntries(missing),
      partiallyScanned: Object.fromEntries(partial),
    }),
    lines(colour) {
      const { rows: sorted, notes, total } = page();
      const isAttributed = sorted.some(({ finding }) => finding.attribution);
      const by = isAttributed ? ['probably by'] : [];
      const head = ['severity', 'kind', 'value', 'where', 'how', 'to', ...by, 'entry', 'times'];
      const body = sorted.map(({ finding, shown, first, count }) => [
        finding.severity,
        `${finding.identifier.kind}${finding.identifier.confidence === 'possible' ? '?' : ''}`,
        shown,
        [finding.evidence.where, finding.evidence.path].filter(Boolean).join(' '),
        [...finding.evidence.decoding, finding.evidence.hash].filter(Boolean).join('›') || 'plain',
        [finding.destination?.location.country, finding.destination?.owner.name, finding.destination?.host]
          .filter(Boolean)
          .join(' '),
        ...by.map(() => finding.attribution?.name ?? ''),
        files.size > 1 ? `${first.file}:${first.entry}` : String(first.entry),
        count > 1 ? `×${count}` : '',
      ]);
      const drawn = table([head, ...body]).map((line, index) => {
        const row = sorted[index - 1];
        return row ? paint(line, SEVERITY_SGR[row.finding.severity], colour) : paint(line, '1', colour);
      });
      return [...(sorted.length ? [...drawn, ''] : []), ...notes, total];
    },
    page,
  };
}

function rank({ finding, count }: ScanRow): number {
  return SEVERITIES.indexOf(finding.severity) * 1e9 + Math.min(count, 1e9 - 1);
}
