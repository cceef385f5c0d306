/** A case of the store as a report. */
import type { CaseRecord } from '../model/case-record.ts';
import { isFinding } from '../model/case-record.ts';
import { LabError, type LabModule } from '../model/lab.ts';
import type { ReportDocument } from '../report/document.ts';
import { reportHtml } from '../report/html.ts';
import { type Revealed, writeReport } from '../report/report.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import { recordOfCase } from './case-record.ts';
import { openRecorded } from './evidence.ts';

/** @throws LabError for an id that means nothing, or when a value may not be revealed */
export const reportCase: LabModule['reportCase'] = async (
  dataDir,
  id,
  { format, language, reveal = false, simulated },
) => {
  const store = openRecorded(dataDir);
  try {
    const record = await recordOfCase(store, dataDir, id, simulated);
    const revealed = reveal ? revealedOf(store, record) : new Map();
    const written = writeReport(record, language, revealed);
    const content = format === 'pdf' ? await pdfOf(written, record.madeAt) : reportHtml(written);
    return { content, simulated: record.simulated };
  } finally {
    store.close();
  }
};

/** What sets it is 50 MB of machine code, loaded only where a PDF is asked for. */
const pdfOf = async (written: ReportDocument, madeAt: string): Promise<Uint8Array> =>
  (await import('../report/pdf.ts')).reportPdf(written, madeAt);

/** Each with its entry in the audit. Of an alert whose value is gone nothing is revealed. */
function revealedOf(store: Pick<EvidenceStore, 'reveal'>, { alerts, madeAt }: CaseRecord): Revealed {
  const revealed = new Map<string, { value: string; seen: string; window: Buffer }>();
  for (const { id } of alerts.filter(isFinding)) {
    const found = store.reveal(id, { who: 'terminal', time: madeAt });
    if (found.ok) revealed.set(id, found.secret);
    else if (found.why.startsWith('the audit')) throw new LabError(found.why);
  }
  return revealed;
}
