/** What all labs found, as it comes. */
import type { FleetOverview } from '../../../src/model/hub.ts';
import { SEVERITIES } from '../../../src/model/words.ts';
import { filterValue } from '../filter-bar.tsx';
import { Refusal } from '../refusal.tsx';
import { t } from '../words.ts';
import { useHubAnswer } from './ask.ts';
import { FindingLine } from './finding-line.tsx';
import { useFindings } from './latest-findings.ts';
import { Selects } from './selects.tsx';

const PAGE = 100;

export function Findings() {
  const { labs, models } = useHubAnswer<FleetOverview>('/api/overview').value ?? { labs: [], models: [] };
  const filters = new URLSearchParams();
  for (const name of ['severity', 'lab', 'model']) if (filterValue(name) !== '') filters.set(name, filterValue(name));
  if (filterValue('replays') === 'no') filters.set('simulated', 'false');
  return (
    <section aria-labelledby="findings-title">
      <h1 id="findings-title">{t('findings.title')}</h1>
      <Selects
        filters={[
          {
            name: 'severity',
            label: 'live.severity',
            choices: SEVERITIES.map((one) =>
              one === 'info' ? { value: '', label: t('live.everything') } : { value: one, label: t(`severity.${one}`) },
            ),
          },
          { name: 'lab', label: 'findings.lab', choices: named(labs.map(({ lab }) => lab)) },
          { name: 'model', label: 'findings.model', choices: named(models.flatMap(({ model }) => model ?? [])) },
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
      <FindingList filters={filters.toString()} pageSize={PAGE} isWhole />
    </section>
  );
}

const named = (names: readonly string[]) => [
  { value: '', label: t('live.all') },
  ...names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).map((one) => ({ value: one, label: one })),
];

/** @param isWhole earlier ones can be asked for */
export function FindingList({
  filters,
  pageSize,
  isWhole = false,
}: {
  filters: string;
  pageSize: number;
  isWhole?: boolean;
}) {
  const { alerts, hasMore, refusal, more } = useFindings(filters, pageSize);
  const shown = isWhole ? alerts : (alerts?.slice(0, pageSize) ?? null);
  return (
    <>
      <Refusal said={refusal} />
      {shown?.length === 0 && <p class="empty">{t(filters === '' ? 'findings.none' : 'live.none.filter')}</p>}
      <ul class="alerts">
        {shown?.map((alert) => (
          <FindingLine key={`${alert.lab} ${alert.id} ${alert.unit}`} alert={alert} />
        ))}
      </ul>
      {isWhole && hasMore && (
        <button type="button" class="button more" onClick={more}>
          {t('findings.older')}
        </button>
      )}
    </>
  );
}
