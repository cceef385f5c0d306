/** The first page: how labs stand in one sentence, what leaves which model, each lab, and what was found last. */
import type { FleetLab, FleetOverview, ModelOverview } from '../../../src/model/hub.ts';
import { FilterBar, filterValue } from '../filter-bar.tsx';
import { Refusal } from '../refusal.tsx';
import { country, nounOf, number, t, tn, when } from '../words.ts';
import { useHubAnswer } from './ask.ts';
import { labLink } from './finding-line.tsx';
import { FindingList } from './findings.tsx';
import { Spreads } from './spreads.tsx';
import { inOrderOfNeed, problemsOf, sinceOf, sizeOf } from './standing.ts';

/** Silence is noticed without anything coming in. */
const LOOK_MS = 10_000;
const LATEST = 12;
const PRESENCES = ['live', 'silent', 'offline'] as const;

export function Fleet() {
  const { value, refusal } = useHubAnswer<FleetOverview>('/api/overview', LOOK_MS);
  return (
    <div class="two">
      <div>
        <section aria-labelledby="fleet-title">
          <h1 id="fleet-title">
            {t('fleet.title')} <small>{value ? number(value.labs.length) : ''}</small>
          </h1>
          <Refusal said={refusal?.message} />
          {value && <Summary labs={value.labs} />}
        </section>
        <Spreads />
        {value && <Models models={value.models} />}
        {value && value.labs.length > 0 && <Labs labs={value.labs} />}
      </div>
      <section aria-labelledby="latest-title" class="latest">
        <h2 id="latest-title">
          <a href="#/findings">{t('findings.title')}</a>
        </h2>
        <FindingList filters="simulated=false" pageSize={LATEST} />
      </section>
    </div>
  );
}

function Summary({ labs }: { labs: readonly FleetLab[] }) {
  if (labs.length === 0)
    return (
      <p class="empty">
        {t('fleet.none')} <code>{t('fleet.none.how')}</code>
      </p>
    );
  const counted = (presence: FleetLab['presence']): number => labs.filter((lab) => lab.presence === presence).length;
  const [live, silent, offline] = PRESENCES.map(counted) as [number, number, number];
  const problems = labs.filter((lab) => problemsOf(lab).length > 0).length;
  const phones = labs.reduce((sum, lab) => sum + lab.phones, 0);
  return (
    <>
      <p class="summary" role="status">
        {live === labs.length
          ? tn('fleet.all-live', live)
          : t('fleet.some-live', { live: number(live), total: number(labs.length) })}{' '}
        {silent > 0 && <a href="#/fleet?state=silent">{tn('fleet.silent', silent)}</a>}{' '}
        {offline > 0 && <a href="#/fleet?state=offline">{tn('fleet.offline', offline)}</a>}{' '}
        {problems > 0 && <span class="high">{tn('fleet.problems', problems)}</span>}
      </p>
      <p>{tn('fleet.phones', phones)}</p>
    </>
  );
}

function Models({ models }: { models: readonly ModelOverview[] }) {
  return (
    <section aria-labelledby="models-title">
      <h2 id="models-title">
        {t('models.title')} <small>{number(models.length)}</small>
      </h2>
      {models.length === 0 && <p class="empty">{t('models.none')}</p>}
      <div class="cards">
        {models.map((model) => (
          <ModelCard key={model.model} model={model} />
        ))}
      </div>
    </section>
  );
}

function ModelCard({ model }: { model: ModelOverview }) {
  const { units, labs, found, kinds, countries, companies, firstSeen, lastSeen } = model;
  const versions = model.firmware.flatMap(({ version }) => version ?? []);
  const name = model.model ?? t('models.unregistered');
  const places = countries.map((code) => country(code) ?? code).join(', ');
  const receivers = tn('fleet.companies', companies);
  const query = model.model === null ? '' : `?model=${encodeURIComponent(model.model)}`;
  return (
    <article class="card">
      <header>
        <h3>{name}</h3>
        <span class="quiet">{tn('fleet.phones', units)}</span>
      </header>
      {found > 0 ? (
        <>
          <p class="verdict">
            {t('models.found', {
              found: number(found),
              phones: tn('fleet.phones', units),
              labs: tn('fleet.labs', labs),
              kinds: kinds.map(nounOf).join(', '),
            })}
          </p>
          <p>
            {places === ''
              ? t('models.to-unplaced', { companies: receivers })
              : t('models.to', { companies: receivers, countries: places })}
          </p>
        </>
      ) : (
        <>
          <p class="verdict">
            {t('models.clean', { phones: tn('fleet.phones', units), labs: tn('fleet.labs', labs) })}
          </p>
          <p>{t('models.clean.more')}</p>
        </>
      )}
      {versions.length > 0 && <p class="quiet">{t('models.firmware', { versions: versions.join(', ') })}</p>}
      <footer>
        <span class="quiet">{t('models.first', { when: when(firstSeen), last: when(lastSeen) })}</span>
        <a class="button" href={`#/ledger${query}`} aria-label={`${t('models.open')}: ${name}`}>
          {t('models.open')}
        </a>
      </footer>
    </article>
  );
}

function Labs({ labs }: { labs: readonly FleetLab[] }) {
  const [state, search] = [filterValue('state'), filterValue('q').toLowerCase()];
  const shown = inOrderOfNeed(labs).filter(
    ({ presence, lab }) => (state === '' || presence === state) && lab.includes(search),
  );
  return (
    <section aria-labelledby="labs-title">
      <h2 id="labs-title">{t('fleet.title')}</h2>
      <FilterBar
        searchLabel="fleet.search"
        filters={[
          {
            name: 'state',
            label: 'fleet.state',
            choices: [
              { value: '', label: t('fleet.state.all') },
              ...PRESENCES.map((one) => ({ value: one, label: t(`presence.${one}`) })),
            ],
          },
        ]}
      />
      {shown.length === 0 && <p class="empty">{t('fleet.none.filter')}</p>}
      <ul class="labs">
        {shown.map((lab) => {
          const [problem] = problemsOf(lab);
          return (
            <li key={lab.lab}>
              <a
                class={`row ${lab.chain === 'broken' || lab.forged.length > 0 ? 'broken' : lab.presence}`}
                href={labLink(lab.lab)}
              >
                <strong class="what">{lab.lab}</strong>
                <span class={`presence ${lab.presence}`}>{t(`presence.${lab.presence}`)}</span>
                <span class="facts">
                  <span>{sizeOf(lab)}</span>
                  {lab.presence !== 'live' && <span>{sinceOf(lab)}</span>}
                </span>
                {problem && <span class="problem high">{problem}</span>}
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
