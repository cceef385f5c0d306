/** A case of the store as a report. */
import type { CaseRecord } from '../model/case-record.ts';
import { isFinding } from '../model/case-record.ts';
import { LabError, type LabModule } from '../model/lab.ts';
import { reportHtml } from '../report/html.ts';
import { type Revealed, writeReport } from '../report/report.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import { recordOfCase } from './case-record.ts';
import { openRecorded } from './evidence.ts';

/** @throws LabError for an id that means nothing, or when a value may not be revealed */
export const reportCase: LabModule['reportCase'] = async (dataDir, id, { language, reveal = false, simulated }) => {
  const store = openRecorded(dataDir);
  try {
    const record = await recordOfCase(store, dataDir, id, simulated);
    const revealed = reveal ? revealedOf(store, record) : new Map();
    return { html: reportHtml(writeReport(record, language, revealed)), simulated: record.simulated };
  } finally {
    store.close();
  }
};

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
