/** What the parts of an export work with. */
import type { PackageWriter } from '../export/zip.ts';
import type { CaseRecord } from '../model/case-record.ts';
import type { Device } from '../model/device.ts';
import type { ExportOptions } from '../model/lab.ts';
import type { CaseRows } from '../sinks/evidence/case-rows.ts';
import type { Redaction } from './redaction.ts';

export interface ExportParts {
  options: ExportOptions;
  zip: PackageWriter;
  rows: CaseRows;
  /** As it is, and as it is shown. */
  stored: CaseRecord;
  record: CaseRecord;
  /** Null: nothing is replaced. */
  redaction: Redaction | null;
  devices: readonly Device[];
  /** What the package has not, and why: for its README. */
  missing: string[];
  /** So many connections were gone through. */
  step(count: number): void;
}
