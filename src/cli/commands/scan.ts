/**
 * `phonehome scan`: the detector over recorded traffic. For people a table of what was found where it went;
 * with `--json` one line per finding, then one `summary`. Exit code 3 when `--fail-on` is met.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { SEVERITIES, type Severity } from '../../model/alert.ts';
import type { FlowEvent } from '../../model/flow.ts';
import { LabError, type ScanFinding, type Scanner } from '../../model/lab.ts';
import { wantsColour } from '../colour.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { scanHtml } from '../scan-html.ts';
import { createProgress } from '../scan-progress.ts';
import { createScanReport, type Place } from '../scan-report.ts';

interface ScanFlags {
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
  const lab = await loadLab();
  const report = createScanReport();
  const progress = createProgress(process.stderr);
  /** File and entry of the events being searched; a finding belongs to the flow that was pushed. */
  let place: RecordedPlace = { file: '', entry: 0, app: null };
  let worst = -1;

  const scanner = await lab.createScanner({
    devicesFile: flags.devices,
    decoders: flags.decoder,
    homeCountry: flags.homeCountry,
    onFinding: (found) => {
      const finding = { ...found, attribution: found.attribution ?? recordedApp(place.app) };
      worst = Math.max(worst, SEVERITIES.indexOf(finding.severity));
      report.finding(finding, place, flags.reveal);
      if (flags.json) printJson(findingLine(finding, place, flags.reveal));
    },
    onPartial: (_flowId, reason) => report.partial(reason),
  });
  try {
    for await (const recorded of lab.readRecordings(files)) {
      if (recorded.type === 'progress') progress.show(recorded.bytes, recorded.totalBytes, report.counts());
      else if (recorded.type === 'skipped') report.skipped(recorded);
      else {
        place = { file: recorded.file, entry: recorded.entry, app: recorded.app ?? null };
        const fault = await pushAll(scanner, recorded.events);
        if (fault !== null) report.partial(fault);
        if (recorded.type === 'entry') report.entry(recorded);
        const contact = recorded.type === 'entry' ? recorded.contact : undefined;
        if (contact) report.contact(contact, () => scanner.locate(contact.host, contact.ip));
        // A slow reader of our output slows the scan; its memory must not grow instead.
        if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
      }
    }
  } finally {
    progress.clear();
    await scanner.stop();
  }
  if (flags.json)
    for (const { place: to, ...contact } of report.contacts()) printJson({ type: 'contact', ...contact, ...to });
  if (flags.json) printJson(report.summary());
  else print(...report.lines(wantsColour()));
  if (flags.html) {
    const page = scanHtml({ ...report.page(), madeAt: new Date().toISOString() });
    // With --reveal it holds values in clear.
    writeFileSync(flags.html, page, { mode: flags.reveal ? 0o600 : 0o644 });
  }
  if (report.counts().entries === 0)
    throw new LabError(`nothing could be read: ${report.firstReason() ?? 'no recording was found'}`);
  return flags.failOn && worst >= SEVERITIES.indexOf(flags.failOn) ? 3 : 0;
}

interface RecordedPlace {
  file: string;
  entry: number;
  app: string | null;
}

/** Pushes every event, and returns what went wrong with one of them: a fault costs no more than that. */
async function pushAll(scanner: Scanner, events: readonly FlowEvent[]): Promise<string | null> {
  let fault: string | null = null;
  for (const event of events) {
    try {
      await scanner.push(event);
    } catch (error) {
      fault = `an internal fault (${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)})`;
    }
  }
  return fault;
}

/** The recorder itself has seen which app it was (PCAPdroid). */
function recordedApp(name: string | null): ScanFinding['attribution'] {
  return name === null ? null : { name, reason: 'the recorder saw which app sent it', evidence: 'recording' };
}

/** The same objects as in an alert; the value only where it was asked for. */
function findingLine({ value, identifier, ...rest }: ScanFinding, { file, entry }: Place, reveal: boolean): object {
  return { type: 'finding', file, entry, identifier: reveal ? { ...identifier, value } : identifier, ...rest };
}
