/** What is made of a test run for others: the report, looked at in a sandbox before it is saved. */
import { useState } from 'preact/hooks';
import { download } from './content.tsx';
import { LabRefusal } from './lab.ts';
import { language, t } from './words.ts';

type Language = 'en' | 'vi';

/** A file that the lab makes, or its refusal. */
async function fileOf(path: string): Promise<Blob> {
  const response = await fetch(path);
  if (response.ok) return response.blob();
  const { error } = (await response.json().catch(() => ({}))) as { error?: string };
  throw new LabRefusal(error ?? response.statusText, response.status);
}

/** One thing at a time: what is going on, and why it failed. */
function useMaking() {
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const make = async (task: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setSaid(null);
    try {
      await task();
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return { isBusy, said, make };
}

export function CaseReport({ id }: { id: string }) {
  const [wanted, setWanted] = useState<Language>(language.value === 'vi' ? 'vi' : 'en');
  const [isShown, setShown] = useState(false);
  const { isBusy, said, make } = useMaking();
  const path = (format: 'html' | 'pdf'): string =>
    `/api/cases/${encodeURIComponent(id)}/report?${new URLSearchParams({ format, language: wanted })}`;
  const save = (format: 'html' | 'pdf'): void =>
    void make(async () => download(`report-${id}.${format}`, await fileOf(path(format))));
  return (
    <section aria-labelledby="report-title">
      <h2 id="report-title">{t('report.title')}</h2>
      <p class="quiet">{t('report.masked')}</p>
      <p class="actions">
        <label>
          {t('report.language')}{' '}
          <select value={wanted} onChange={(event) => setWanted(event.currentTarget.value as Language)}>
            <option value="en">English</option>
            <option value="vi">Tiếng Việt</option>
          </select>
        </label>
        <button type="button" class="button" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
          {t(isShown ? 'report.hide' : 'report.show')}
        </button>
        <button type="button" class="button" disabled={isBusy} onClick={() => save('html')}>
          {t('report.save', { format: 'HTML' })}
        </button>
        <button type="button" class="button" disabled={isBusy} onClick={() => save('pdf')}>
          {t('report.save', { format: 'PDF' })}
        </button>
      </p>
      {isBusy && <p role="status">{t('report.making')}</p>}
      {said && (
        <p class="refusal" role="alert">
          {said}
        </p>
      )}
      {isShown && <iframe class="report" sandbox="" title={t('report.title')} src={path('html')} />}
    </section>
  );
}
