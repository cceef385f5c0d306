/** A case of the store as a report. */

import { errorLine } from '../formats/error-line.ts';
import { labError } from '../formats/refusal.ts';
import type { CaseRecord } from '../model/case-record.ts';
import { isFinding } from '../model/case-record.ts';
import type { LabModule } from '../model/lab.ts';
import { text } from '../model/text.ts';
import type { ReportDocument } from '../report/document.ts';
import { reportHtml } from '../report/html.ts';
import { writeLetter } from '../report/letter.ts';
import { type Revealed, writeReport } from '../report/report.ts';
import { reportText } from '../report/text.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import { examplesOf } from './case-examples.ts';
import { recordOfCase } from './case-record.ts';
import { openRecorded, openSigning } from './evidence.ts';

/** @throws LabError for an id that means nothing, or when a value may not be revealed */
export const reportCase: LabModule['reportCase'] = async (
  dataDir,
  id,
  { format, language, letter = false, reveal = false, simulated, passphrase = null },
) => {
  const store = passphrase === null ? openRecorded(dataDir) : openSigning(dataDir, passphrase);
  try {
    const record = await recordOfCase(store, dataDir, id, simulated);
    const revealed = reveal && !letter ? revealedOf(store, record) : new Map();
    const written = letter
      ? letterOf(record, language)
      : writeReport(
          record,
          language,
          revealed,
          examplesOf(dataDir, record.alerts.filter(isFinding), ({ id }) => revealed.has(id), passphrase),
        );
    return { content: await fileOf(written, format, record.madeAt), simulated: record.simulated };
  } finally {
    store.close();
  }
};

function letterOf(record: CaseRecord, language: 'en' | 'vi'): ReportDocument {
  const letter = writeLetter(record, language);
  if (letter === null) throw labError(text('records.nothing-left'));
  return letter;
}

async function fileOf(
  written: ReportDocument,
  format: Parameters<LabModule['reportCase']>[2]['format'],
  madeAt: string,
): Promise<string | Uint8Array> {
  if (format === 'html') return reportHtml(written);
  if (format === 'txt') return reportText(written);
  // What sets it is 50 MB of machine code, loaded only where a PDF is asked for.
  const { reportPdf } = await import('../report/pdf.ts').catch((error: Error) => {
    throw labError(text('report.no-pdf', { error: errorLine(error) }));
  });
  return reportPdf(written, madeAt);
}

/** A record as a report, values masked. @param examples by the id of their alerts, not revealed either */
export const renderReport = (
  record: CaseRecord,
  {
    format,
    language,
    examples,
  }: { format: 'html' | 'pdf'; language: 'en' | 'vi'; examples: ReturnType<typeof examplesOf> },
): Promise<string | Uint8Array> => fileOf(writeReport(record, language, new Map(), examples), format, record.madeAt);

/** Each with its entry in the audit. Of an alert whose value is gone nothing is revealed. */
function revealedOf(store: Pick<EvidenceStore, 'reveal'>, { alerts, madeAt }: CaseRecord): Revealed {
  const revealed = new Map<string, { value: string; seen: string; window: Buffer }>();
  for (const { id } of alerts.filter(isFinding)) {
    const found = store.reveal(id, { who: 'terminal', time: madeAt });
    if (found.ok) revealed.set(id, found.secret);
    else if (found.text.key === 'refused.unaudited.revealed') throw labError(found.text);
    else if (found.text.key === 'refused.sealed-values') throw labError(text('report.sealed'));
  }
  return revealed;
}
