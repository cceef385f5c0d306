/**
 * Alerts as they come, one line each; filters and words stand in the address. What is stored is searched by the lab, in windows
 * that hold still; what comes meanwhile is put before them, unless the person reads further down or has one unfolded: then it waits
 * to be asked for.
 */
import { useComputed, useSignalEffect } from '@preact/signals';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { holding } from '../../src/formats/seen-words.ts';
import type { Alert } from '../../src/model/alert.ts';
import { ALERT_TYPES, SEVERITIES } from '../../src/model/words.ts';
import { AlertDetails, alertClass, sentenceOf } from './alert-line.tsx';
import { FilterBar, filterValue } from './filter-bar.tsx';
import { alerts, ask, history, lab, latestSeq, phones, type QueryOf } from './lab.ts';
import { Signals } from './live-signals.tsx';
import { Refusal } from './refusal.tsx';
import { route } from './route.ts';
import { rank } from './verdict.ts';
import { VirtualList } from './virtual-list.tsx';
import { createWindowed } from './windowed.ts';
import { language, number, phaseOf, t, tn } from './words.ts';

const ROW_HEIGHT = 62;
/** Further down than this nothing moves what one reads. */
const TOP_PX = 200;
/** As many as a browser can scroll through. */
const MOST_ROWS = 200_000;
/** Laid out while one reads the top: each alert that comes lays out all rows anew. The others are there once one scrolls. */
const TOP_ROWS = 1000;

/** Nothing came in this time before it. */
const ALONE_MS = 1000;

const stored = createWindowed<Alert>();

/** What the address asks for, as the lab understands it. */
type Question = QueryOf<'/api/search/alerts'>;

function questionOf(): Question {
  const question: Question = {};
  const [q, device, run] = ['q', 'phone', 'case'].map(filterValue);
  if (q) Object.assign(question, { q, language: language.value });
  if (device) question.device = device;
  if (run) question.case = run;
  // What an address names and the lab does not know is left out.
  question.severity = SEVERITIES.find((one) => one === filterValue('severity'));
  question.type = ALERT_TYPES.find((one) => one === filterValue('type'));
  if (filterValue('replays') === 'no') question.simulated = false;
  return question;
}

/** The same for what came just now. */
function fits(alert: Alert): boolean {
  const least = SEVERITIES.find((one) => one === filterValue('severity')) ?? 'info';
  if (rank(alert.severity) < rank(least)) return false;
  if (filterValue('phone') !== '' && alert.device.id !== filterValue('phone')) return false;
  if (filterValue('type') !== '' && alert.type !== filterValue('type')) return false;
  if (filterValue('case') !== '' && alert.case?.id !== filterValue('case')) return false;
  if (filterValue('replays') === 'no' && alert.simulated) return false;
  const words = filterValue('q').toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const { device, destination, flow, identifier, attribution } = alert;
  const haystack = [sentenceOf(alert), alert.message, device.id, device.model, destination?.host, destination?.ip]
    .concat([destination?.owner.name, destination?.network.org, flow?.url, identifier?.kind, attribution?.name])
    .concat([t(`severity.${alert.severity}`), alert.case?.phase && phaseOf(alert.case.phase)])
    .join(' ');
  return words.every((word) => holding(word)(haystack));
}

/** The latest alert when the stored ones were asked for. */
let anchor = 0;

function askStored(question: Question): void {
  anchor = latestSeq();
  const before = anchor + 1;
  stored.ask(async (offset, limit) => {
    const query = { ...question, before, offset, limit };
    const found = await ask(lab.GET('/api/search/alerts', { params: { query } }));
    return { rows: found.alerts, total: found.total };
  });
}

/** How far the page is scrolled, as far as it matters. */
function useIsDown(): boolean {
  const [isDown, setDown] = useState(scrollY > TOP_PX);
  useEffect(() => {
    const look = () => setDown(scrollY > TOP_PX);
    addEventListener('scroll', look, { passive: true });
    return () => removeEventListener('scroll', look);
  }, []);
  return isDown;
}

export function Live() {
  const question = useComputed(() => JSON.stringify(questionOf()));
  const [held, setHeld] = useState<readonly Alert[] | null>(null);
  const isDown = useIsDown();
  const [unfolded, setUnfolded] = useState(0);
  const unfold = useCallback((more: number) => setUnfolded((count) => count + more), []);
  const isRead = isDown || unfolded > 0;
  useSignalEffect(() => {
    if (history.value > 0) askStored(JSON.parse(question.value));
  });
  const fresh = alerts.value.filter((alert) => alert.seq > anchor && fits(alert));
  const latest = useRef(fresh);
  latest.current = fresh;
  useEffect(() => setHeld(isRead ? latest.current : null), [isRead]);
  const head = held ?? fresh;
  const waiting = held === null ? 0 : countOthers(fresh, held);
  const moved = new Set(head.map(({ id }) => id));
  const total = stored.total.value ?? 0;
  const count = Math.min(MOST_ROWS, head.length + total);
  const laidOut = isDown ? count : Math.min(count, TOP_ROWS);
  // Read so that rows are drawn when they have come.
  void stored.version.value;
  const rowAt = (index: number): Alert | undefined =>
    index < head.length ? head[index] : stored.at(index - head.length);
  const toTop = (): void => {
    setHeld(null);
    scrollTo({ top: 0 });
  };
  return (
    <section aria-labelledby="live-title">
      <h1 id="live-title">
        {t('live.title')} <small aria-live="polite">{stored.total.value === null ? '' : tn('live.count', count)}</small>
      </h1>
      <Filters />
      <Signals />
      <Refusal said={stored.refusal.value} />
      {count === 0 && stored.total.value !== null && (
        <p class="empty">{t(alerts.value.length === 0 ? 'live.none' : 'live.none.filter')}</p>
      )}
      {waiting > 0 && (
        <button type="button" class="button main waiting" onClick={toTop}>
          {tn('live.waiting', waiting)}
        </button>
      )}
      <VirtualList
        class="alerts"
        label={t('live.title')}
        count={laidOut}
        setSize={count}
        rowHeight={ROW_HEIGHT}
        identityOf={(index) => {
          const alert = rowAt(index);
          return index >= head.length && alert && moved.has(alert.id) ? 'moved' : alert;
        }}
        keyOf={(index) => count - index}
        onRange={(first, last) => {
          if (last >= head.length) stored.want(Math.max(0, first - head.length), last - head.length);
        }}
      >
        {(index) => {
          const alert = rowAt(index);
          if (!alert) return <div class="alert loading">{t('live.loading')}</div>;
          // Came again since: it stands among the new ones.
          if (index >= head.length && moved.has(alert.id)) return null;
          return (
            <div
              key={alert.id}
              class={`${alertClass(alert)} ${index === 0 && isAlone(alert, head[1]) ? 'arriving' : ''}`}
            >
              <AlertDetails alert={alert} onUnfold={unfold} />
            </div>
          );
        }}
      </VirtualList>
      {head.length + total > MOST_ROWS && <p class="quiet">{t('live.most', { count: number(MOST_ROWS) })}</p>}
    </section>
  );
}

/** What comes in a stream is not moved into its place one by one: that took a quarter of the page's processor time. */
function isAlone(alert: Alert, before: Alert | undefined): boolean {
  if (alert.seq <= anchor) return false;
  return before === undefined || Date.parse(alert.lastSeen) - Date.parse(before.lastSeen) > ALONE_MS;
}

/** Also one that came again since is another. */
function countOthers(alerts: readonly Alert[], held: readonly Alert[]): number {
  const known = new Set(held);
  return alerts.filter((alert) => !known.has(alert)).length;
}

function Filters() {
  const names = [
    ...new Set([...phones.value.map(({ id }) => id), ...alerts.value.map(({ device }) => device.id)]),
  ].sort();
  const chosen = filterValue('phone');
  if (chosen !== '' && !names.includes(chosen)) names.unshift(chosen);
  const all = { value: '', label: t('live.all') };
  return (
    <>
      <FilterBar
        filters={[
          {
            name: 'severity',
            label: 'live.severity',
            choices: SEVERITIES.map((one) =>
              one === 'info' ? { value: '', label: t('live.everything') } : { value: one, label: t(`severity.${one}`) },
            ),
          },
          { name: 'phone', label: 'live.phone', choices: [all, ...names.map((one) => ({ value: one, label: one }))] },
          {
            name: 'type',
            label: 'live.type',
            choices: [all, ...ALERT_TYPES.map((one) => ({ value: one, label: t(`type.${one}`) }))],
          },
          {
            name: 'replays',
            label: 'live.replays',
            choices: [
              { value: '', label: t('yes') },
              { value: 'no', label: t('no') },
            ],
          },
        ]}
      />
      {route.value.query.get('case') && <p class="quiet">{t('live.of-case', { case: filterValue('case') })}</p>}
    </>
  );
}
