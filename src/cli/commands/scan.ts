/**
 * `phonehome scan`: the detector over recorded traffic. For people a table of what was found where it went;
 * with `--json` one line per finding, then one `summary`. Exit code 3 when `--fail-on` is met. Ctrl-C or SIGTERM ends it with
 * what was found until then, and exit code 1 where that is no finding to fail on.
 */
import { once } from 'node:events';
import { PUBLIC } from '../../formats/replace-file.ts';
import { SEVERITIES, type Severity } from '../../model/alert.ts';
import { LabError } from '../../model/lab.ts';
import type { ScanFinding, Scanned } from '../../model/scan.ts';
import { wantsColour } from '../colour.ts';
import { loadLab } from '../main-module.ts';
import { writeNamed } from '../named-file.ts';
import { print, printJson, tell } from '../output.ts';
import { scanHtml } from '../scan-html.ts';
import { createProgress } from '../scan-progress.ts';
import { createScanReport, type Place } from '../scan-report.ts';
import { stopSignal } from '../stop-signal.ts';
import { words } from '../words.ts';

interface ScanFlags {
  data: string;
  json: boolean;
  reveal: boolean;
  devices: string | null;
  decoder: string[];
  homeCountry: string | null;
  failOn: Severity | null;
  html: string | null;
}

export async function scan(given: Record<string, unknown>, files: string[]): Promise<number> {
  const flags = given as unknown as ScanFlags;
  const stop = stopOnSignal();
  const lab = await loadLab();
  const report = createScanReport();
  const progress = createProgress(process.stderr);
  let worst = -1;
  const found = (one: Extract<Scanned, { type: 'finding' }>): void => {
    const finding = { ...one.finding, attribution: one.finding.attribution ?? recordedApp(one.app) };
    worst = Math.max(worst, SEVERITIES.indexOf(finding.severity));
    report.finding(finding, one, flags.reveal);
    if (flags.json) printJson(findingLine(finding, one, flags.reveal));
  };
  const { data, devices: devicesFile, decoder: decoders, homeCountry } = flags;
  try {
    for await (const one of lab.scan(files, { data, devicesFile, decoders, homeCountry }, stop)) {
      if (one.type === 'progress') progress.show(one.bytes, one.totalBytes, report.counts());
      else if (one.type === 'skipped') report.skipped(one);
      else if (one.type === 'partial') report.partial(one.text);
      else if (one.type === 'finding') found(one);
      else if (one.type === 'stopped') report.stopped(one);
      else {
        report.entry(one);
        if (one.contact && one.facts) report.contact(one.contact, one.facts);
      }
      // A slow reader of our output slows the scan; its memory must not grow instead.
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
    }
  } finally {
    progress.clear();
  }
  if (flags.json)
    for (const { place: to, ...contact } of report.contacts()) printJson({ type: 'contact', ...contact, ...to });
  if (flags.json) printJson(report.summary());
  else print(...report.lines(wantsColour()));
  if (flags.html) {
    const page = scanHtml({ ...report.page(), madeAt: new Date().toISOString() });
    // With --reveal it holds values in clear.
    writeNamed(flags.html, page, flags.reveal ? {} : PUBLIC);
  }
  const isMet = flags.failOn !== null && worst >= SEVERITIES.indexOf(flags.failOn);
  const left = report.stoppedFiles.count();
  if (left.inPart + left.notBegun > 0) {
    const line = words('scan.stopped.line', left);
    if (!isMet) throw new LabError(line);
    tell(`phonehome: ${line}`);
  } else if (report.counts().entries === 0)
    throw new LabError(words('scan.nothing-there', { reason: report.firstReason() ?? words('scan.no-recording') }));
  return isMet ? 3 : 0;
}

/** Whoever closed our output wants no more of it, not even what was found until then. */
function stopOnSignal(): AbortSignal {
  const stopping = new AbortController();
  void stopSignal().stopped.then((cause) => {
    if (cause === 'pipe-closed') process.exit(0);
    stopping.abort();
  });
  return stopping.signal;
}

/** The recorder itself has seen which app it was (PCAPdroid). */
function recordedApp(name: string | null): ScanFinding['attribution'] {
  return name === null ? null : { name, reason: 'the recorder saw which app sent it', evidence: 'recording' };
}

/** The same objects as in an alert; the value only where it was asked for. */
function findingLine({ value, identifier, ...rest }: ScanFinding, { file, entry }: Place, reveal: boolean): object {
  return { type: 'finding', file, entry, identifier: reveal ? { ...identifier, value } : identifier, ...rest };
}
