/** The first page: a card per phone with one sentence, what could not be seen beside it, and the next step as a button. */
import { computed } from '@preact/signals';
import { useState } from 'preact/hooks';
import { SEVERITIES } from '../../src/model/words.ts';
import { AlertLine } from './alert-line.tsx';
import { alerts, coverage, earlier, met, phones } from './lab.ts';
import { NameForm } from './name-form.tsx';
import { phoneLink } from './route.ts';
import { isLeak, partsOf, type Seen, verdictOf } from './verdict.ts';
import { number, said, share, t, when } from './words.ts';

export interface ShownPhone extends Seen {
  id: string;
  name: string;
  detail: string;
  isSimulated: boolean;
  address: string | null;
}

const LATEST = 12;
/** In the order in which cards stand, the last one first. */
const LIGHTS = ['grey', 'ok', ...SEVERITIES];

/**
 * Registered, met, or just heard of; the worst first, of those as bad as another the one with the newest alert. What was simulated of a phone is a card of its own: it
 * never passes for what the phone did.
 */
export const shownPhones = computed<ShownPhone[]>(() => {
  const keyOf = (id: string, isSimulated: boolean): string => `${isSimulated} ${id}`;
  const newer = new Set(alerts.value.map(({ id }) => id));
  const all = [...alerts.value, ...earlier.value.filter(({ id }) => !newer.has(id))];
  const alertsOf = Map.groupBy(all.toReversed(), ({ device, simulated }) => keyOf(device.id, simulated));
  const coverageOf = new Map(coverage.value.map((one) => [keyOf(one.deviceId, one.simulated), one]));
  const registered = new Map(phones.value.map((phone) => [phone.id, phone]));
  const known = new Map<string, { id: string; isSimulated: boolean }>();
  const add = (id: string, isSimulated: boolean) => known.set(keyOf(id, isSimulated), { id, isSimulated });
  for (const { id } of phones.value) add(id, false);
  for (const { deviceId, simulated } of coverage.value) add(deviceId, simulated);
  for (const { device, simulated } of all) add(device.id, simulated);
  // Named since: what it did under its address is told of its name from now on. What left before keeps a card, because who had
  // the address then is not known.
  const named = new Set(phones.value.flatMap(({ match }) => match.ip ?? []));
  for (const [key, { id, isSimulated }] of known)
    if (!isSimulated && named.has(id) && !registered.has(id) && !(alertsOf.get(key) ?? []).some(isLeak))
      known.delete(key);
  const spoke = (ip: string): boolean =>
    coverageOf.get(keyOf(ip, false))?.rows.some(({ connections }) => connections > 0) ?? false;
  const shown = [...known].map(([key, { id, isSimulated }]): ShownPhone => {
    const own = alertsOf.get(key) ?? [];
    const model = registered.get(id)?.model ?? own.at(-1)?.device.model ?? null;
    return {
      id,
      name: model ?? id,
      detail: [model && id, registered.has(id) || isSimulated ? '' : t('phone.unregistered')]
        .filter(Boolean)
        .join(' · '),
      isRegistered: registered.has(id) || isSimulated,
      isSimulated,
      address: registered.has(id) ? null : id,
      alerts: own,
      coverage: coverageOf.get(key) ?? null,
      hasSpokenUnnamed: !isSimulated && [registered.get(id)?.match.ip ?? []].flat().some((ip) => spoke(ip)),
    };
  });
  const strangers = met.value.filter(
    ({ deviceId, addresses }) => deviceId === null && !known.has(keyOf(addresses[0] ?? '', false)),
  );
  for (const { mac, addresses, hostName, system, maker } of strangers) {
    shown.push({
      id: addresses[0] ?? mac,
      name: hostName ?? system ?? maker ?? mac,
      detail: [maker, system, addresses[0]].filter(Boolean).join(' · '),
      isRegistered: false,
      isSimulated: false,
      address: addresses[0] ?? null,
      alerts: [],
      coverage: null,
    });
  }
  const newest = ({ alerts: own }: ShownPhone): string => own.at(-1)?.lastSeen ?? '';
  return shown
    .map((phone) => ({ phone, worst: LIGHTS.indexOf(verdictOf(phone).light) }))
    .sort((one, other) => other.worst - one.worst || newest(other.phone).localeCompare(newest(one.phone)))
    .map(({ phone }) => phone);
});

export function Phones() {
  const real = shownPhones.value.filter(({ isSimulated }) => !isSimulated);
  const replays = shownPhones.value.filter(({ isSimulated }) => isSimulated);
  return (
    <div class="two">
      <section aria-labelledby="phones-title">
        <h1 id="phones-title">
          {t('phones.title')} <small>{number(real.length)}</small>
        </h1>
        {real.length === 0 && (
          <p class="empty">
            {t('phones.none')}{' '}
            <a class="button" href="#/add">
              {t('phones.none.how')}
            </a>
          </p>
        )}
        <div class="cards">
          {real.map((phone) => (
            <Card key={`${phone.isSimulated} ${phone.id}`} phone={phone} />
          ))}
        </div>
        {replays.length > 0 && (
          <details class="replays" open={real.length === 0}>
            <summary>
              {t('phones.replays')} ({number(replays.length)})
            </summary>
            <div class="cards">
              {replays.map((phone) => (
                <Card key={`${phone.isSimulated} ${phone.id}`} phone={phone} />
              ))}
            </div>
          </details>
        )}
      </section>
      <section aria-labelledby="latest-title" class="latest">
        <h2 id="latest-title">
          <a href="#/live">{t('live.title')}</a>
        </h2>
        {alerts.value.length === 0 && <p class="empty">{t('live.none')}</p>}
        <ul class="alerts">
          {alerts.value.slice(0, LATEST).map((alert) => (
            <AlertLine key={alert.id} alert={alert} />
          ))}
        </ul>
      </section>
    </div>
  );
}

function Card({ phone }: { phone: ShownPhone }) {
  const [isNaming, setNaming] = useState(false);
  const verdict = verdictOf(phone);
  const last = phone.alerts.at(-1);
  return (
    <article class={`card ${phone.isSimulated ? 'replay' : verdict.light}`}>
      <header>
        <h2>{phone.name}</h2>
        <span class="quiet">{phone.detail}</span>
        {phone.isSimulated && <span class="badge replay">{t('alert.replay')}</span>}
      </header>
      <p class={`verdict ${verdict.light}`}>{verdict.sentence}</p>
      {verdict.more && <p>{verdict.more}</p>}
      <Bar phone={phone} />
      {phone.coverage && <p class="quiet">{said(phone.coverage.text, phone.coverage.sentence)}</p>}
      <footer>
        <span class="quiet">{last ? t('phone.last-seen', { when: when(last.lastSeen) }) : ''}</span>
        {verdict.step === 'show-how' && (
          <a class="button main" href="/setup">
            {t('phone.show-how')}
          </a>
        )}
        {verdict.step === 'name-it' && (
          <button type="button" class="button main" onClick={() => setNaming(true)}>
            {t('phone.name-it')}
          </button>
        )}
        <a
          class="button"
          href={phoneLink(phone.id, phone.isSimulated)}
          aria-label={`${t('phone.open')}: ${phone.name}`}
        >
          {t('phone.open')}
        </a>
      </footer>
      {isNaming && <NameForm address={phone.address} onDone={() => setNaming(false)} />}
    </article>
  );
}

/** What became of its connections; the words carry it too. */
export function Bar({ phone: { coverage: facts } }: { phone: Seen }) {
  const parts = partsOf(facts);
  if (parts.length === 0) return null;
  const total = parts.reduce((sum, { connections }) => sum + connections, 0);
  const said = parts.map(({ part, share: one }) => t(`bar.${part}`, { share: share(one) }));
  return (
    <>
      <svg
        class="bar"
        viewBox="0 0 100 2"
        preserveAspectRatio="none"
        role="img"
        aria-label={t('bar.label', { total: number(total), parts: said.join(', ') })}
      >
        {parts.map(({ part, share: one }, index) => (
          <rect
            key={part}
            class={part}
            x={100 * parts.slice(0, index).reduce((sum, earlier) => sum + earlier.share, 0)}
            width={100 * one}
            height={2}
          />
        ))}
      </svg>
      <p class="quiet spread" aria-hidden="true">
        {said.map((one) => (
          <span key={one}>{one}</span>
        ))}
      </p>
    </>
  );
}
