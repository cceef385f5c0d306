/** Whom phones contacted: on a map, and the same as tables; server, network and company as three facts with their doubt. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { flowGroups } from '../../src/model/schemas/search.ts';
import type { settings as settingsShape } from '../../src/model/schemas/settings.ts';
import { bytes } from './bytes.ts';
import { type CompanyRow, companyRows, disputedIn, type Flow, worstByCountry } from './company-rows.ts';
import { filterValue } from './filter-bar.tsx';
import { alerts, ask, lab, phones } from './lab.ts';
import { setFilter } from './route.ts';
import { country, number, t, tn } from './words.ts';
import type { MapPlace } from './world-map.tsx';

type Groups = z.infer<typeof flowGroups>['groups'];
type Settings = z.infer<typeof settingsShape>;

interface Known {
  countries: Groups;
  flows: Flow[];
  settings: Settings;
}

const LATEST = 1000;

/** Asked for anew when a filter changes, and as long as somebody looks. */
function useKnown(device: string, simulated: string): Known | null {
  const [known, setKnown] = useState<Known | null>(null);
  useEffect(() => {
    let isOver = false;
    const query = { simulated: simulated === 'true', ...(device ? { device } : {}) };
    const load = async (): Promise<void> => {
      const [byCountry, hits, settings] = await Promise.all([
        ask(lab.GET('/api/search/flow-groups', { params: { query: { ...query, by: 'country' } } })),
        ask(lab.GET('/api/search/flows', { params: { query: { ...query, limit: LATEST } } })),
        ask(lab.GET('/api/settings')),
      ]);
      if (!isOver) setKnown({ countries: byCountry.groups, flows: hits.flows, settings });
    };
    void load().catch(() => {});
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void load().catch(() => {});
    }, 10_000);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [device, simulated]);
  return known;
}

export function Companies() {
  const device = filterValue('device');
  const simulated = filterValue('simulated') === 'true';
  const only = filterValue('country');
  const known = useKnown(device, String(simulated));
  const own = alerts.value.filter(
    (alert) => alert.simulated === simulated && (device === '' || alert.device.id === device),
  );
  return (
    <section aria-labelledby="map-title">
      <h1 id="map-title">{t('map.title')}</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          {t('live.phone')}
          <select value={device} onChange={(event) => setFilter('device', event.currentTarget.value)}>
            <option value="">{t('map.all-phones')}</option>
            {phones.value.map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={simulated}
            onChange={(event) => setFilter('simulated', event.currentTarget.checked ? 'true' : '')}
          />
          {t('map.simulated')}
        </label>
      </form>
      {known && <Shown known={known} only={only} own={own} />}
    </section>
  );
}

function Shown({ known, only, own }: { known: Known; only: string; own: typeof alerts.value }) {
  const { countries, flows, settings } = known;
  const worst = worstByCountry(own);
  const disputed = disputedBy(flows);
  const most = Math.max(1, ...countries.map(({ bytesUp }) => bytesUp));
  const named = countries.filter(({ key }) => key !== null);
  const places: MapPlace[] = named.map(({ key, flows: connections, bytesUp }) => {
    const code = key as string;
    const light = worst.get(code);
    return {
      code,
      weight: bytesUp / most,
      light: light ?? 'grey',
      isDisputed: disputed.has(code),
      isChosen: code === only,
      href: hrefOf(code),
      label: t('map.arc', {
        country: country(code) ?? code,
        connections: tn('map.connections-of', connections),
        bytes: bytes(bytesUp),
        worst: light ? t(`severity.${light}`) : t('map.no-finding'),
      }),
    };
  });
  const rows = companyRows(only === '' ? flows : flows.filter(({ facts }) => facts?.location.country === only));
  return (
    <>
      {countries.length === 0 ? (
        <p class="empty">{t('map.none')}</p>
      ) : (
        <>
          <LazyMap home={settings.homeCountry} places={places} />
          <p class="quiet">
            {t('map.legend')} {settings.homeCountry === null && t('map.no-home')} {t('map.estimate')}
          </p>
        </>
      )}
      {only !== '' && (
        <p>
          {t('map.only', { country: country(only) ?? only })} <a href={hrefOf('')}>{t('map.everything')}</a>
        </p>
      )}
      <CountryTable
        groups={only === '' ? countries : countries.filter(({ key }) => key === only)}
        {...{ worst, disputed }}
      />
      <CompanyTable rows={rows} count={flows.length} />
      <h2>{t('data.title')}</h2>
      <ul class="plain">
        {settings.databases.map(({ name, about, ageDays, state }) => (
          <li key={name}>
            {name}: {t(`about.${about}`)}, {ageOf({ ageDays, state })}
          </li>
        ))}
      </ul>
    </>
  );
}

/** A table wider than the screen is moved by keys, too. */
export const SCROLLS = { tabIndex: 0, role: 'group' } as const;

/** `166 days old: old`; a table of the lab's own has no date, and is as old as the lab. */
export function ageOf({ ageDays, state }: Pick<Settings['databases'][number], 'ageDays' | 'state'>): string {
  if (ageDays === null) return state === 'fresh' ? t('data.no-date') : t(`state.${state}`);
  return `${t('data.age', { count: number(ageDays) })}: ${t(`state.${state}`)}`;
}

/** The same filters with another country; an empty one: all. */
function hrefOf(code: string): string {
  const query = new URLSearchParams(location.hash.split('?')[1] ?? '');
  if (code === '' || query.get('country') === code) query.delete('country');
  else query.set('country', code);
  return `#/companies${query.size > 0 ? `?${query}` : ''}`;
}

/** For each country the others that a database named instead. */
function disputedBy(flows: readonly Flow[]): Map<string, string[]> {
  const disputed = new Map<string, string[]>();
  for (const { facts } of flows) {
    if (!facts?.location.country) continue;
    const named = disputedIn(facts);
    if (named.length > 0) disputed.set(facts.location.country, named);
  }
  return disputed;
}

function LazyMap({ home, places }: { home: string | null; places: readonly MapPlace[] }) {
  type Props = { home: string | null; places: readonly MapPlace[]; label: string; loading: string };
  const [loaded, setLoaded] = useState<{ Map: ComponentType<Props> } | null>(null);
  useEffect(() => {
    void import('./world-map.tsx').then((map) => setLoaded({ Map: map.default }));
  }, []);
  if (!loaded) return <p class="empty">{t('map.loading')}</p>;
  return <loaded.Map home={home} places={places} label={t('map.label')} loading={t('map.loading')} />;
}

interface CountryTableProps {
  groups: Groups;
  worst: ReturnType<typeof worstByCountry>;
  disputed: Map<string, string[]>;
}

function CountryTable({ groups, worst, disputed }: CountryTableProps) {
  return (
    <section aria-labelledby="countries-title">
      <h2 id="countries-title">{t('map.countries')}</h2>
      <div class="wide" {...SCROLLS}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('map.country')}</th>
              <th scope="col">{t('map.worst')}</th>
              <th scope="col">{t('map.findings')}</th>
              <th scope="col">{t('map.sent')}</th>
              <th scope="col">{t('map.connections')}</th>
              <th scope="col">{t('map.owners')}</th>
            </tr>
          </thead>
          <tbody>
            {groups.map(({ key, flows, findings, bytesUp, owners }) => {
              const light = key === null ? undefined : worst.get(key);
              const others = key === null ? undefined : disputed.get(key);
              return (
                <tr key={key}>
                  <td>
                    {key === null ? t('map.unknown') : <a href={hrefOf(key)}>{country(key)}</a>}
                    {others && <small>{t('map.disputed', { countries: others.map(country).join(' · ') })}</small>}
                  </td>
                  <td class={light ?? ''}>{light ? t(`severity.${light}`) : t('map.no-finding')}</td>
                  <td>{number(findings)}</td>
                  <td>{bytes(bytesUp)}</td>
                  <td>{key === null ? number(flows) : <a href={`#/flows?country=${key}`}>{number(flows)}</a>}</td>
                  <td>{owners.join(', ')}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function CompanyTable({ rows, count }: { rows: readonly CompanyRow[]; count: number }) {
  const named = (codes: readonly (string | null)[]): string =>
    codes.map((code) => country(code) ?? t('map.unknown')).join(', ');
  return (
    <section aria-labelledby="companies-title">
      <h2 id="companies-title">
        {t('map.companies')} <small>{t('map.of-latest', { count: number(count) })}</small>
      </h2>
      <div class="wide" {...SCROLLS}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('map.company')}</th>
              <th scope="col">{t('map.how')}</th>
              <th scope="col">{t('map.network')}</th>
              <th scope="col">{t('map.servers')}</th>
              <th scope="col">{t('map.findings')}</th>
              <th scope="col">{t('map.sent')}</th>
              <th scope="col">{t('map.connections')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.name} ${row.country}`}>
                <td>
                  {row.name ?? t('map.unknown')}
                  {row.country && <small>{country(row.country)}</small>}
                </td>
                <td>{t(`evidence.${row.evidence}`)}</td>
                <td>{row.networks.join(', ') || t('map.unknown')}</td>
                <td>
                  {named(row.servers)}
                  {row.disputed.length > 0 && <small>{t('map.disputed', { countries: named(row.disputed) })}</small>}
                </td>
                <td class={row.findings > 0 ? 'critical' : ''}>{number(row.findings)}</td>
                <td>{bytes(row.bytesUp)}</td>
                <td>
                  {row.name === null ? (
                    number(row.connections)
                  ) : (
                    <a
                      href={`#/flows?owner=${encodeURIComponent(row.name)}`}
                      aria-label={`${t('map.open')}: ${row.name}, ${number(row.connections)}`}
                    >
                      {number(row.connections)}
                    </a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
