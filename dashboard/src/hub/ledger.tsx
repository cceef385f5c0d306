/** Which model told which company in which country what, since when, on how many phones in how many labs. */

import type { LedgerLine } from '../../../src/model/hub.ts';
import type { Kind } from '../../../src/model/kinds.ts';
import { KINDS } from '../../../src/model/words.ts';
import { bytes } from '../bytes.ts';
import { SCROLLS } from '../companies.tsx';
import { filterValue } from '../filter-bar.tsx';
import { Refusal } from '../refusal.tsx';
import { country, number, t, tn, when } from '../words.ts';
import { useHubAnswer } from './ask.ts';
import { UnregisteredValues } from './identifiers.tsx';
import { Selects } from './selects.tsx';
import { FirmwareChanges } from './spreads.tsx';
import { whatOf } from './what.ts';

const LOOK_MS = 30_000;
const MOST = 1000;
const COLUMNS = ['model', 'company', 'country'] as const;

export function Ledger() {
  const kind = filterValue('kind');
  const query = new URLSearchParams({ limit: String(MOST) });
  if (filterValue('replays') !== 'yes') query.set('simulated', 'false');
  for (const column of COLUMNS) if (filterValue(column) !== '') query.set(column, filterValue(column));
  query.set('kind', kind === '' ? 'found' : kind);
  if (filterValue('by') === 'firmware') query.set('by', 'firmware');
  const { value, refusal } = useHubAnswer<{ ledger: LedgerLine[] }>(`/api/ledger?${query}`, LOOK_MS);
  // What can be chosen, whatever is chosen now.
  const all = useHubAnswer<{ ledger: LedgerLine[] }>(`/api/ledger?simulated=false&kind=found&limit=${MOST}`);
  const lines = inOrder(value?.ledger ?? []);
  return (
    <section aria-labelledby="ledger-title">
      <h1 id="ledger-title">
        {t('ledger.title')} <small aria-live="polite">{value ? tn('ledger.lines', lines.length) : ''}</small>
      </h1>
      <p class="quiet">{t('ledger.about')}</p>
      <Filters lines={all.value?.ledger ?? []} />
      <Refusal said={refusal?.message} />
      {value && lines.length === 0 && <p class="empty">{t('ledger.none')}</p>}
      {filterValue('model') !== '' && <FirmwareChanges model={filterValue('model')} />}
      {filterValue('model') !== '' && <UnregisteredValues model={filterValue('model')} />}
      {lines.length > 0 && <Lines lines={lines} />}
      {lines.length === MOST && <p class="quiet">{t('ledger.most', { count: number(MOST) })}</p>}
    </section>
  );
}

function inOrder(lines: readonly LedgerLine[]): readonly LedgerLine[] {
  const order = filterValue('order');
  if (order === 'first') return lines.toSorted((one, other) => other.firstSeen.localeCompare(one.firstSeen));
  if (order === 'last') return lines.toSorted((one, other) => other.lastSeen.localeCompare(one.lastSeen));
  return lines;
}

function Filters({ lines }: { lines: readonly LedgerLine[] }) {
  const valuesOf = (column: (typeof COLUMNS)[number]): string[] =>
    [...new Set(lines.flatMap((line) => line[column] ?? []))].sort();
  const kinds = KINDS.filter((kind: Kind) => lines.some((line) => line.kind === kind));
  const all = { value: '', label: t('live.all') };
  return (
    <Selects
      filters={[
        {
          name: 'kind',
          label: 'ledger.what',
          choices: [
            { value: '', label: t('ledger.what.found') },
            ...[...kinds, 'connection'].map((one) => ({ value: one, label: whatOf(one) })),
          ],
        },
        {
          name: 'model',
          label: 'ledger.model',
          choices: [all, ...valuesOf('model').map((one) => ({ value: one, label: one }))],
        },
        {
          name: 'company',
          label: 'ledger.company',
          choices: [all, ...valuesOf('company').map((one) => ({ value: one, label: one }))],
        },
        {
          name: 'country',
          label: 'ledger.country',
          choices: [all, ...valuesOf('country').map((one) => ({ value: one, label: country(one) ?? one }))],
        },
        {
          name: 'by',
          label: 'ledger.firmware',
          choices: [
            { value: '', label: t('ledger.firmware.together') },
            { value: 'firmware', label: t('ledger.firmware.each') },
          ],
        },
        {
          name: 'replays',
          label: 'live.replays',
          choices: [
            { value: '', label: t('no') },
            { value: 'yes', label: t('yes') },
          ],
        },
        {
          name: 'order',
          label: 'ledger.order',
          choices: [
            { value: '', label: t('ledger.order.spread') },
            { value: 'first', label: t('ledger.order.first') },
            { value: 'last', label: t('ledger.order.last') },
          ],
        },
      ]}
    />
  );
}

function Lines({ lines }: { lines: readonly LedgerLine[] }) {
  return (
    <div class="wide" {...SCROLLS}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('ledger.what')}</th>
            <th scope="col">{t('ledger.model')}</th>
            <th scope="col">{t('ledger.company')}</th>
            <th scope="col">{t('ledger.country')}</th>
            <th scope="col">{t('ledger.spread')}</th>
            <th scope="col">{t('ledger.first')}</th>
            <th scope="col">{t('ledger.last')}</th>
            <th scope="col">{t('ledger.times')}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={[line.kind, line.model, line.firmware, line.company, line.country, line.simulated].join('\0')}>
              <th scope="row">
                {whatOf(line.kind)}
                {line.simulated && <span class="badge replay">{t('alert.replay')}</span>}
              </th>
              <td>
                {line.model ?? t('models.unregistered')}
                {line.firmware !== undefined && <small>{line.firmware ?? t('ledger.firmware.unknown')}</small>}
              </td>
              <td>{line.company ?? t('ledger.unknown')}</td>
              <td>{country(line.country) ?? t('ledger.unknown')}</td>
              <td>
                {t('ledger.units-in', { phones: tn('fleet.phones', line.units), labs: tn('fleet.labs', line.labs) })}
              </td>
              <td>{when(line.firstSeen)}</td>
              <td>{when(line.lastSeen)}</td>
              <td>
                {number(line.sightings)}
                {line.bytesUp > 0 && <small>{bytes(line.bytesUp)}</small>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
