/** What is made of test runs: the report, looked at in a sandbox before it is saved; two of them held against each other. */
import { useState } from 'preact/hooks';
import type { Text } from '../../src/model/text.ts';
import { useAnswer } from './answer.ts';
import { download } from './content.tsx';
import { ask, lab } from './lab.ts';
import { Refusal } from './refusal.tsx';
import { route, setFilter } from './route.ts';
import { said as inWords, language, number, t, when } from './words.ts';

type Language = 'en' | 'vi';

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
  const shown = `/api/cases/${encodeURIComponent(id)}/report?${new URLSearchParams({ format: 'html', language: wanted })}`;
  const save = (format: 'html' | 'pdf'): void =>
    void make(async () => {
      const params = { path: { id }, query: { format, language: wanted } };
      download(`report-${id}.${format}`, await ask(lab.GET('/api/cases/{id}/report', { params, parseAs: 'blob' })));
    });
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
      <Refusal said={said} />
      {isShown && <iframe class="report" sandbox="" title={t('report.title')} src={shown} />}
    </section>
  );
}

/** The package that others can check; what leaves the house is redacted unless somebody says otherwise. */
export function CaseExport({ id }: { id: string }) {
  const [redact, setRedact] = useState(true);
  const [key, setKey] = useState<string | null>(null);
  const { isBusy, said, make } = useMaking();
  const save = (): Promise<void> =>
    make(async () => {
      setKey(null);
      const body = { redact, language: language.value };
      const call = lab.POST('/api/cases/{id}/export', { params: { path: { id } }, body, parseAs: 'blob' });
      download(`case-${id}${redact ? '-redacted' : ''}.zip`, await ask(call));
      setKey((await call).response.headers.get('x-signed-with'));
    });
  return (
    <section aria-labelledby="export-title">
      <h2 id="export-title">{t('export.title')}</h2>
      <p class="quiet">{t(redact ? 'export.redacted' : 'export.clear')}</p>
      <p class="actions">
        <label>
          <input type="checkbox" checked={redact} onChange={(event) => setRedact(event.currentTarget.checked)} />{' '}
          {t('export.redact')}
        </label>
        <button type="button" class="button" disabled={isBusy} onClick={() => void save()}>
          {t('export.save')}
        </button>
      </p>
      {isBusy && <p role="status">{t('report.making')}</p>}
      <Refusal said={said} />
      {key && (
        <p role="status">
          {t('export.key')} <code>{key}</code>
        </p>
      )}
    </section>
  );
}

interface Checked {
  isIntact: boolean;
  problem: string | null;
  problemText?: Text | undefined;
  files: number;
  fingerprint: string | null;
  isOwn: boolean;
}

/** A package is dropped, and the lab says whether it is what was written. */
export function CheckPackage() {
  const [checked, setChecked] = useState<Checked | null>(null);
  const { isBusy, said, make } = useMaking();
  const check = (file: File | undefined): void => {
    if (!file || isBusy) return;
    setChecked(null);
    void make(async () => setChecked(await ask(lab.POST('/api/packages/verify', { body: file }))));
  };
  return (
    <section aria-labelledby="check-title">
      <h2 id="check-title">{t('check.title')}</h2>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the field inside does the same by keys */}
      <div
        class="drop"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          check(event.dataTransfer?.files[0]);
        }}
      >
        <label>
          {t('check.drop')}
          <input type="file" accept=".zip" onChange={(event) => check(event.currentTarget.files?.[0])} />
        </label>
      </div>
      {isBusy && <p role="status">{t('check.reading')}</p>}
      <Refusal said={said} />
      {checked && (
        <p role="status">
          {checked.isIntact
            ? t('check.intact', { files: number(checked.files) })
            : t('check.changed', { problem: inWords(checked.problemText, checked.problem ?? '') })}{' '}
          {checked.fingerprint && (
            <>
              {t(checked.isOwn ? 'check.own' : 'check.other')} <code>{checked.fingerprint}</code>
            </>
          )}
        </p>
      )}
    </section>
  );
}

interface Said {
  simulated: boolean;
  sides: string[];
  claims: string[];
  changes: string[];
  limit: string;
}

/** Two test runs, held against each other; the address holds which. */
export function Compare() {
  const { value } = useAnswer({}, () => lab.GET('/api/cases'));
  const [a, b] = ['a', 'b'].map((name) => route.value.query.get(name) ?? '');
  const question = a && b ? { a, b, language: language.value } : null;
  const { value: said, refusal } = useAnswer(question, (query) => lab.GET('/api/compare', { params: { query } }));
  return (
    <section aria-labelledby="compare-title">
      <h1 id="compare-title">{t('compare.title')}</h1>
      <div class="filters">
        {(['a', 'b'] as const).map((name) => (
          <label key={name}>
            {t(`compare.${name}`)}
            <select
              value={route.value.query.get(name) ?? ''}
              onChange={(event) => setFilter(name, event.currentTarget.value)}
            >
              <option value="">{t('compare.choose')}</option>
              {value?.cases.toReversed().map(({ id, title, openedAt }) => (
                <option key={id} value={id}>
                  {title} · {when(openedAt)}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
      {question === null && <p class="empty">{t('compare.two')}</p>}
      <Refusal said={refusal?.message} />
      {question !== null && !said && !refusal && <p role="status">{t('report.making')}</p>}
      {said && <Sentences said={said} />}
    </section>
  );
}

function Sentences({ said }: { said: Said }) {
  return (
    <>
      {said.simulated && <p class="badge replay">{t('compare.simulated')}</p>}
      <dl>
        {said.sides.map((side, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: A and B
          <div key={index}>
            <dt>{index === 0 ? 'A' : 'B'}</dt>
            <dd>{side}</dd>
          </div>
        ))}
      </dl>
      {said.claims.map((one) => (
        <p key={one}>{one}</p>
      ))}
      <h2>{t('compare.changes')}</h2>
      <ul class="changes">
        {said.changes.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      <p class="quiet">{said.limit}</p>
    </>
  );
}
