/** Test runs: begun here, guided step by step where they follow a plan, marked with a thumb; what left, by a click. */
import { useState } from 'preact/hooks';
import type { Case } from '../../src/model/case.ts';
import { inLanguage } from '../../src/model/plan.ts';
import { useAnswer } from './answer.ts';
import { CaseExport, CaseReport, CheckPackage } from './case-files.tsx';
import { ask, lab, phones, role } from './lab.ts';
import { Refusal } from './refusal.tsx';
import { route } from './route.ts';
import { language, number, phaseOf, t, when } from './words.ts';

const MARKS = ['before-consent', 'consent-given', 'boot', 'unlock', 'screen-on', 'idle'] as const;
const LOOK_MS = 2000;
const EVENTS: readonly string[] = ['boot', 'unlock', 'screen-on'];
const markOf = (mark: string) => (EVENTS.includes(mark) ? { event: mark } : { phase: mark });

export function Cases() {
  const { value, refusal, again } = useAnswer({}, () => lab.GET('/api/cases'), LOOK_MS);
  const all = value?.cases.toReversed() ?? [];
  const replays = all.filter(isReplay);
  return (
    <section aria-labelledby="cases-title">
      <h1 id="cases-title">{t('cases.title')}</h1>
      {role.value !== 'viewer' && <OpenCase onDone={again} />}
      {refusal && <p class="refusal">{refusal.message}</p>}
      {value?.cases.length === 0 && <p class="empty">{t('cases.none')}</p>}
      <CaseRows cases={all.filter((one) => !isReplay(one))} />
      {replays.length > 0 && (
        <details class="replays">
          <summary>
            {t('cases.replays')} ({number(replays.length)})
          </summary>
          <CaseRows cases={replays} />
        </details>
      )}
      {role.value !== 'viewer' && <CheckPackage />}
    </section>
  );
}

/** Nobody can register such a phone: it is a replay's. */
const isReplay = ({ deviceId }: Case): boolean => deviceId?.startsWith('replay.') ?? false;

function CaseRows({ cases }: { cases: readonly Case[] }) {
  return (
    <ul class="rows">
      {cases.map((one) => (
        <li key={one.id}>
          <a class="row" href={`#/case/${encodeURIComponent(one.id)}`}>
            <span class="what">{one.title}</span>
            <time dateTime={one.openedAt}>{when(one.openedAt)}</time>
            <span class="facts">
              {isReplay(one) && <span class="badge replay">{t('alert.replay')}</span>}
              <span class={one.closedAt === null ? 'ok' : ''}>
                {t(one.closedAt === null ? 'cases.open' : 'cases.closed')}
              </span>
              <span>{one.deviceId ?? t('cases.all-phones')}</span>
              {one.marks.length > 0 && <span>{phaseOf(one.marks.at(-1)?.phase ?? '')}</span>}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function OpenCase({ onDone }: { onDone: () => void }) {
  const { value } = useAnswer({}, () => lab.GET('/api/plans'));
  const [title, setTitle] = useState('');
  const [deviceId, setDevice] = useState('');
  const [plan, setPlan] = useState('');
  const [refusal, setRefusal] = useState<string | null>(null);
  const open = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const body = { title, ...(deviceId ? { deviceId } : {}), ...(plan ? { plan } : {}) };
      const opened = await ask(lab.POST('/api/cases', { body }));
      location.hash = `#/case/${encodeURIComponent(opened.id)}`;
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
      onDone();
    }
  };
  return (
    <form class="filters" onSubmit={(event) => void open(event)}>
      <label>
        {t('cases.name')}
        <input required maxLength={200} value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
      </label>
      <label>
        {t('live.phone')}
        <select value={deviceId} onChange={(event) => setDevice(event.currentTarget.value)}>
          <option value="">{t('cases.all-phones')}</option>
          {phones.value.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t('cases.plan')}
        <select value={plan} onChange={(event) => setPlan(event.currentTarget.value)}>
          <option value="">{t('cases.no-plan')}</option>
          {value?.plans?.map((one) => (
            <option key={one.name} value={one.name}>
              {inLanguage(one.title, language.value)}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button main">
        {t('cases.begin')}
      </button>
      <Refusal said={refusal} />
    </form>
  );
}

export function CasePage() {
  const id = route.value.rest;
  const params = { path: { id } };
  const { value: given, refusal, again } = useAnswer(params, () => lab.GET('/api/cases/{id}', { params }), LOOK_MS);
  const [said, setSaid] = useState<string | null>(null);
  if (refusal?.status === 404) return <p class="empty">{t('cases.unknown')}</p>;
  if (!given) return <p class="quiet">{refusal?.message ?? t('live.loading')}</p>;
  const change = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
      setSaid(null);
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    again();
  };
  const mayMark = role.value !== 'viewer' && given.closedAt === null;
  return (
    <article class="case">
      <h1>
        {given.title} <small>{given.deviceId ?? t('cases.all-phones')}</small>{' '}
        {isReplay(given) && <span class="badge replay">{t('alert.replay')}</span>}
      </h1>
      <p>
        {t(given.closedAt === null ? 'cases.open' : 'cases.closed')} · {when(given.openedAt)}
        {given.closedAt && ` – ${when(given.closedAt)}`}
      </p>
      <Refusal said={said} />
      {given.plan && given.closedAt === null && <Step id={id} mayGoOn={mayMark} onDone={again} />}
      {mayMark && (
        <section aria-labelledby="marks-title">
          <h2 id="marks-title">{t('cases.mark')}</h2>
          <p class="actions">
            {MARKS.map((one) => (
              <button
                key={one}
                type="button"
                class="button thumb"
                onClick={() => void change(() => ask(lab.POST('/api/cases/{id}/marks', { params, body: markOf(one) })))}
              >
                {t(`mark.${one}`)}
              </button>
            ))}
          </p>
        </section>
      )}
      <p class="actions">
        <a class="button main" href={`#/live?${new URLSearchParams({ case: given.id })}`}>
          {t('cases.alerts')}
        </a>
        {role.value !== 'viewer' && (
          <a class="button" href={`#/compare?${new URLSearchParams({ a: given.id })}`}>
            {t('compare.begin')}
          </a>
        )}
        {mayMark && (
          <button
            type="button"
            class="button"
            onClick={() => void change(() => ask(lab.PATCH('/api/cases/{id}', { params, body: { closed: true } })))}
          >
            {t('cases.close')}
          </button>
        )}
      </p>
      <section aria-labelledby="history-title">
        <h2 id="history-title">{t('cases.marks')}</h2>
        {given.marks.length + (given.events ?? []).length === 0 && <p class="empty">{t('cases.marks.none')}</p>}
        <ol class="plain">
          {[
            ...given.marks.map(({ phase, at }) => ({ name: phase, at })),
            ...(given.events ?? []).map(({ event, at }) => ({ name: event, at })),
          ]
            .sort((one, other) => one.at.localeCompare(other.at))
            .map(({ name, at }) => (
              <li key={`${name} ${at}`}>
                <time dateTime={at}>{when(at)}</time> {phaseOf(name)}
              </li>
            ))}
        </ol>
      </section>
      {role.value !== 'viewer' && <CaseReport key={`report ${given.id}`} id={given.id} />}
      {role.value !== 'viewer' && <CaseExport key={`export ${given.id}`} id={given.id} />}
    </article>
  );
}

/** What is to be done now. Somebody else may do it in another browser: it is looked at again and again. */
function Step({ id, mayGoOn, onDone }: { id: string; mayGoOn: boolean; onDone: () => void }) {
  const params = { path: { id } };
  const { value: view, again } = useAnswer(params, () => lab.GET('/api/cases/{id}/plan', { params }), LOOK_MS);
  const [said, setSaid] = useState<string | null>(null);
  if (!view || view.step === null) return null;
  const goOn = async (): Promise<void> => {
    try {
      await ask(lab.POST('/api/cases/{id}/plan', { params, body: { number: view.number } }));
      setSaid(null);
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    again();
    onDone();
  };
  return (
    <section class="step" aria-live="polite">
      <h2>
        {t('cases.step', { number: view.number + 1, of: view.of })}
        {view.step.times > 1 && ` · ${view.round}/${view.step.times}`}
      </h2>
      <p class="verdict">{inLanguage(view.step.do, language.value)}</p>
      {view.state === 'wait' && view.waitsUntil && <p>{t('cases.wait', { until: when(view.waitsUntil) })}</p>}
      <Refusal said={said} />
      <button
        type="button"
        class="button main thumb"
        disabled={!mayGoOn || (view.state === 'wait' && !view.isReady)}
        onClick={() => void goOn()}
      >
        {t('cases.done')}
      </button>
    </section>
  );
}
