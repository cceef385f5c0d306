/**
 * Every connection, newest first or put together by host, owner, country or app. The lab searches; the page holds the windows
 * that are looked at. Which connections, and put together how, stands in the address.
 */
import { useComputed, useSignalEffect } from '@preact/signals';
import type { FlowRecord } from '../../src/model/flow.ts';
import type { FlowGroup, FlowGroups } from '../../src/model/search.ts';
import { FLOW_GROUPS } from '../../src/model/words.ts';
import { bytes } from './bytes.ts';
import { FilterBar, filterValue } from './filter-bar.tsx';
import { flowHost, phoneOf, stateOf } from './flow-words.ts';
import { ask, history, lab, labNow, phones, type QueryOf } from './lab.ts';
import { Refusal } from './refusal.tsx';
import { flowLink, route, setFilters } from './route.ts';
import { VirtualList } from './virtual-list.tsx';
import { createWindowed } from './windowed.ts';
import { country, language, number, t, tn, when } from './words.ts';

type By = FlowGroups['by'];
const ROW_HEIGHT = 58;
const MOST_ROWS = 200_000;

const stored = createWindowed<FlowRecord>();
const groups = createWindowed<FlowGroup>();

const byOf = (): By | null => FLOW_GROUPS.find((one) => one === filterValue('by')) ?? null;

type Question = QueryOf<'/api/search/flows'>;

function questionOf(): Question {
  const question: Question = {};
  if (filterValue('q') !== '') {
    question.q = filterValue('q');
    question.language = language.value;
  }
  if (filterValue('phone') !== '') question.device = filterValue('phone');
  if (filterValue('replays') === 'no') question.simulated = false;
  if (filterValue('findings') === 'yes') question.withFindings = true;
  // An empty one is asked for as well: connections of no known owner.
  for (const part of FLOW_GROUPS) if (route.value.query.has(part)) question[part] = filterValue(part);
  return question;
}

function askStored(question: Question): void {
  // What is opened from now on comes with the next look: windows hold still.
  const before = labNow() + 1000;
  stored.ask(async (offset, limit) => {
    const query = { ...question, before, offset, limit };
    const found = await ask(lab.GET('/api/search/flows', { params: { query } }));
    return { rows: found.flows, total: found.total };
  });
}

function askGroups(question: Question, by: By): void {
  let all: Promise<FlowGroups> | null = null;
  groups.ask(async (offset, limit) => {
    all ??= ask(lab.GET('/api/search/flow-groups', { params: { query: { ...question, by } } }));
    const { groups: rows } = await all;
    return { rows: rows.slice(offset, offset + limit), total: rows.length };
  });
}

export function Flows() {
  const question = useComputed(() => JSON.stringify(questionOf()));
  const by = useComputed(byOf);
  useSignalEffect(() => {
    if (history.value === 0) return;
    if (by.value === null) askStored(JSON.parse(question.value));
    else askGroups(JSON.parse(question.value), by.value);
  });
  const shown = by.value === null ? stored : groups;
  const total = shown.total.value;
  return (
    <section aria-labelledby="flows-title">
      <h1 id="flows-title">
        {t('flows.title')}{' '}
        <small aria-live="polite">
          {total === null ? '' : by.value === null ? tn('flows.count', total) : tn('flows.groups', total)}
        </small>
      </h1>
      <Filters />
      <Chosen />
      <p>
        <button
          type="button"
          class="button"
          onClick={() => (by.value ? askGroups(questionOf(), by.value) : askStored(questionOf()))}
        >
          {t('flows.again')}
        </button>{' '}
        <a
          class="button"
          href={`#/bodies${filterValue('phone') === '' ? '' : `?phone=${encodeURIComponent(filterValue('phone'))}`}`}
        >
          {t('bodies.title')}
        </a>
      </p>
      <Refusal said={shown.refusal.value} />
      {total === 0 && <p class="empty">{t('flows.none')}</p>}
      {by.value === null ? <List /> : <Groups by={by.value} />}
    </section>
  );
}

function List() {
  void stored.version.value;
  const total = stored.total.value ?? 0;
  return (
    <>
      <VirtualList
        class="rows"
        label={t('flows.title')}
        count={Math.min(MOST_ROWS, total)}
        rowHeight={ROW_HEIGHT}
        keyOf={(index) => index}
        identityOf={stored.at}
        onRange={stored.want}
      >
        {(index) => {
          const flow = stored.at(index);
          return flow ? <FlowRow flow={flow} /> : <div class="row loading">{t('live.loading')}</div>;
        }}
      </VirtualList>
      {total > MOST_ROWS && <p class="quiet">{t('flows.most', { count: number(MOST_ROWS) })}</p>}
    </>
  );
}

export function FlowRow({ flow }: { flow: FlowRecord }) {
  const { word, light } = stateOf(flow);
  const { facts } = flow;
  return (
    <a class="row" href={flowLink(flow.id)}>
      <span class="what">{flowHost(flow)}</span>
      <time dateTime={new Date(flow.openedAt).toISOString()}>{when(new Date(flow.openedAt).toISOString())}</time>
      <span class="facts">
        {flow.findings > 0 && <span class="badge">{tn('flows.findings', flow.findings)}</span>}
        {flow.simulated && <span class="badge replay">{t('alert.replay')}</span>}
        <span class={light}>{t(word)}</span>
        <span>{phoneOf(flow)}</span>
        {facts && <span>{[facts.owner.name, country(facts.location.country)].filter(Boolean).join(', ')}</span>}
        {flow.app && <span>{flow.app}</span>}
        {flow.protocol && <span>{flow.protocol}</span>}
        <span>{t('flows.bytes', { up: bytes(flow.bytesUp), down: bytes(flow.bytesDown) })}</span>
      </span>
    </a>
  );
}

function Groups({ by }: { by: By }) {
  void groups.version.value;
  return (
    <VirtualList
      class="rows"
      label={t(`flows.by.${by}`)}
      count={groups.total.value ?? 0}
      rowHeight={ROW_HEIGHT}
      identityOf={groups.at}
      keyOf={(index) => `${by} ${groups.at(index)?.key ?? index}`}
      onRange={groups.want}
    >
      {(index) => {
        const group = groups.at(index);
        if (!group) return <div class="row loading">{t('live.loading')}</div>;
        const { key, flows, findings, owners, countries } = group;
        const name = key === null ? t('alert.unknown') : by === 'country' ? country(key) : key;
        return (
          <button type="button" class="row" onClick={() => setFilters({ [by]: key ?? '', by: null })}>
            <span class="what">{name}</span>
            <time>{when(new Date(group.lastAt).toISOString())}</time>
            <span class="facts">
              {findings > 0 && <span class="badge">{tn('flows.findings', findings)}</span>}
              <span>{tn('flows.count', flows)}</span>
              <span>{t('flows.bytes', { up: bytes(group.bytesUp), down: bytes(group.bytesDown) })}</span>
              {by !== 'owner' && <span>{owners.join(', ')}</span>}
              {by !== 'country' && <span>{countries.map(country).join(', ')}</span>}
            </span>
          </button>
        );
      }}
    </VirtualList>
  );
}

/** The group that was picked: each goes with a click. */
function Chosen() {
  const chosen = FLOW_GROUPS.filter((part) => route.value.query.has(part));
  if (chosen.length === 0) return null;
  return (
    <ul class="chosen">
      {chosen.map((part) => {
        const value = filterValue(part);
        const name = value === '' ? t('alert.unknown') : part === 'country' ? (country(value) ?? value) : value;
        return (
          <li key={part}>
            <button type="button" class="button" onClick={() => setFilters({ [part]: null })}>
              {t(`flows.by.${part}`)}: {name} <span aria-hidden="true">×</span>
              <span class="hidden">{t('flows.remove')}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Filters() {
  const all = { value: '', label: t('live.all') };
  const names = phones.value.map(({ id }) => id).sort();
  const chosen = filterValue('phone');
  if (chosen !== '' && !names.includes(chosen)) names.unshift(chosen);
  return (
    <FilterBar
      searchLabel="flows.search"
      filters={[
        {
          name: 'by',
          label: 'flows.by',
          choices: [
            { value: '', label: t('flows.by.none') },
            ...FLOW_GROUPS.map((one) => ({ value: one, label: t(`flows.by.${one}`) })),
          ],
        },
        { name: 'phone', label: 'live.phone', choices: [all, ...names.map((one) => ({ value: one, label: one }))] },
        {
          name: 'findings',
          label: 'flows.only-findings',
          choices: [
            { value: '', label: t('live.all') },
            { value: 'yes', label: t('flows.with-findings') },
          ],
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
  );
}
