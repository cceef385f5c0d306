/** More of one phone: when things left, which apps spoke, contacts it makes by itself, apps that refuse the lab, tests of trust. */
import { useState } from 'preact/hooks';
import type { Alert } from '../../src/model/alert.ts';
import type { PinState } from '../../src/model/pin.ts';
import { PIN_OVERRIDES, TRUST_TESTS } from '../../src/model/words.ts';
import { useAnswer } from './answer.ts';
import { seconds } from './bytes.ts';
import { SCROLLS } from './companies.tsx';
import { ask, lab, role } from './lab.ts';
import { Refusal } from './refusal.tsx';
import { companyOf, isLeak, rank } from './verdict.ts';
import { number, phaseOf, t, tn, when } from './words.ts';

const WIDTH = 1000;
const ROW = 22;
const LEFT = 220;
const MOST_ROWS = 12;
const MOST_APPS = 30;
/** So often each part is asked for again. */
const LOOK_MS = 5000;

/** A row per receiver, a mark per alert; phases of test runs behind them. */
export function Timeline({ alerts, device }: { alerts: readonly Alert[]; device: string }) {
  const { value } = useAnswer({}, () => lab.GET('/api/cases'));
  const leaks = alerts.filter(isLeak);
  if (leaks.length === 0) return null;
  const receivers = [...new Set(leaks.toReversed().map(companyOf))].slice(0, MOST_ROWS);
  const times = leaks.flatMap(({ firstSeen, lastSeen }) => [Date.parse(firstSeen), Date.parse(lastSeen)]);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const x = (at: number): number => LEFT + 10 + ((at - from) / Math.max(1, to - from)) * (WIDTH - LEFT - 20);
  const height = receivers.length * ROW + 30;
  const marks = (value?.cases ?? [])
    .filter(({ deviceId, phones }) => deviceId === device || phones?.includes(device))
    .flatMap((one) => [
      ...one.marks.map(({ phase, at }) => ({ name: phase, at: Date.parse(at) })),
      ...(one.events ?? []).map(({ event, at }) => ({ name: event, at: Date.parse(at) })),
    ])
    .sort((one, other) => one.at - other.at);
  // What was in force when the first of them left stands at the edge.
  const before = marks.findLast(({ at }) => at < from);
  const shown = [...(before ? [{ ...before, at: from }] : []), ...marks.filter(({ at }) => at >= from && at <= to)];
  return (
    <section aria-labelledby="timeline-title" class="part">
      <h2 id="timeline-title">{t('phone.timeline')}</h2>
      <div class="wide" {...SCROLLS}>
        <svg
          class="timeline"
          viewBox={`0 0 ${WIDTH} ${height}`}
          role="img"
          aria-label={t('phone.timeline.label', {
            count: number(leaks.length),
            receivers: number(receivers.length),
            from: when(new Date(from).toISOString()),
            to: when(new Date(to).toISOString()),
          })}
        >
          {shown.map(({ name, at }) => (
            <g key={`${name} ${at}`} class="mark-line">
              <line x1={x(at)} x2={x(at)} y1={0} y2={height - 26} />
              <text x={x(at) + 3} y={10}>
                {phaseOf(name)}
              </text>
            </g>
          ))}
          {receivers.map((name, row) => (
            <g key={name}>
              <text x={0} y={row * ROW + 26}>
                {name.length > 30 ? `${name.slice(0, 29)}…` : name}
              </text>
              <line class="row-line" x1={LEFT} x2={WIDTH} y1={row * ROW + 22} y2={row * ROW + 22} />
              {leaks
                .filter((alert) => companyOf(alert) === name)
                .sort((one, other) => rank(one.severity) - rank(other.severity))
                .map((alert) => (
                  <g key={alert.id} class={alert.severity}>
                    <line
                      x1={x(Date.parse(alert.firstSeen))}
                      x2={x(Date.parse(alert.lastSeen))}
                      y1={row * ROW + 22}
                      y2={row * ROW + 22}
                    />
                    <circle cx={x(Date.parse(alert.lastSeen))} cy={row * ROW + 22} r={5} />
                  </g>
                ))}
            </g>
          ))}
          <text x={LEFT} y={height - 6}>
            {when(new Date(from).toISOString())}
          </text>
          <text x={WIDTH} y={height - 6} text-anchor="end">
            {when(new Date(to).toISOString())}
          </text>
        </svg>
      </div>
    </section>
  );
}

/** Which apps spoke, and beside each what could not be seen of it. */
export function Apps({ device, isSimulated }: { device: string; isSimulated: boolean }) {
  const question = { device, simulated: isSimulated };
  const { value, refusal } = useAnswer(
    question,
    (query) => lab.GET('/api/coverage/apps', { params: { query } }),
    LOOK_MS,
  );
  return (
    <section aria-labelledby="apps-title">
      <h2 id="apps-title">{t('phone.apps')}</h2>
      <Refusal said={refusal?.message ?? null} />
      {value?.apps.length === 0 && <p class="empty">{t('phone.apps.none')}</p>}
      <ul class="plain choices">
        {value?.apps.slice(0, MOST_APPS).map(({ app, connections, unread, why }) => (
          <li key={app}>
            <span>
              <a href={`#/flows?${new URLSearchParams({ phone: device, app: app ?? '' })}`}>
                {app ?? t('phone.apps.unknown')}
              </a>
              {why.map((one) => (
                <small key={one.class}>
                  {tn('flows.count', one.connections)}: {t(`class.${one.class}`)} ({one.hosts.join(', ')})
                </small>
              ))}
            </span>
            <span class={unread === 0 ? 'ok' : 'medium'}>
              {unread === 0
                ? t('phone.apps.all-read', { count: number(connections) })
                : t('phone.apps.unread', { unread: number(unread), count: number(connections) })}
            </span>
          </li>
        ))}
      </ul>
      {value && (value.apps.length > MOST_APPS || !value.isAll) && (
        <p class="quiet">{t('phone.apps.latest', { count: number(value.connections) })}</p>
      )}
    </section>
  );
}

export function Beacons({ device }: { device: string }) {
  const { value } = useAnswer({}, () => lab.GET('/api/beacons'), LOOK_MS);
  const beacons = value?.beacons.filter((one) => one.device === device) ?? [];
  const reactions = value?.reactions.filter((one) => one.device === device) ?? [];
  return (
    <section aria-labelledby="beacons-title">
      <h2 id="beacons-title">{t('phone.beacons')}</h2>
      {beacons.length + reactions.length === 0 && <p class="empty">{t('phone.beacons.none')}</p>}
      <ul class="plain">
        {beacons.map(({ host, port, periodS, contacts }) => (
          <li key={`${host} ${port}`}>
            {t('phone.beacon', { host, every: seconds(periodS * 1000), count: number(contacts) })}
          </li>
        ))}
        {reactions.map(({ host, port, phase, marks, followed, delayS }) => (
          <li key={`${host} ${port} ${phase}`}>
            {t('phone.reaction', {
              host,
              phase: phaseOf(phase),
              marks: number(marks),
              followed: number(followed),
              delay: seconds(delayS * 1000),
            })}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What changes something: who may not sees it, greyed. */
const mayChange = (): boolean => role.value !== 'viewer' && role.value !== null;

export function Pins({ device }: { device: string }) {
  const { value, again } = useAnswer({}, () => lab.GET('/api/pins'), LOOK_MS);
  const [refusal, setRefusal] = useState<string | null>(null);
  const pins = value?.pins.filter((one) => one.device === device) ?? [];
  const flip = async (name: string, override: PinState['override']): Promise<void> => {
    try {
      await ask(lab.PUT('/api/pins', { body: { device, name, override } }));
      setRefusal(null);
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    }
    again();
  };
  return (
    <section aria-labelledby="pins-title">
      <h2 id="pins-title">{t('phone.pins')}</h2>
      {pins.length === 0 && <p class="empty">{t('phone.pins.none')}</p>}
      <Refusal said={refusal} />
      <ul class="plain choices">
        {pins.map(({ name, state, override, rejections }) => (
          <li key={name}>
            <span>
              {name}
              <small>
                {t(`pin.${state}`)} · {tn('pin.rejections', rejections)}
              </small>
            </span>
            <select
              aria-label={t('pin.choose', { name })}
              disabled={!mayChange()}
              value={override}
              onChange={(event) => void flip(name, event.currentTarget.value as PinState['override'])}
            >
              {PIN_OVERRIDES.map((one) => (
                <option key={one} value={one}>
                  {t(`pin.override.${one}`)}
                </option>
              ))}
            </select>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function TrustTests({ device }: { device: string }) {
  const { value, again } = useAnswer({}, () => lab.GET('/api/trust-tests'), LOOK_MS);
  const [name, setName] = useState('');
  const [test, setTest] = useState<(typeof TRUST_TESTS)[number]>(TRUST_TESTS[0]);
  const [refusal, setRefusal] = useState<string | null>(null);
  const tests = value?.trustTests.filter((one) => one.device === device) ?? [];
  const change = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
      setRefusal(null);
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    }
    again();
  };
  const begin = (event: Event): void => {
    event.preventDefault();
    void change(() => ask(lab.POST('/api/trust-tests', { body: { device, name, test } })));
  };
  return (
    <section aria-labelledby="trust-title">
      <h2 id="trust-title">{t('phone.trust-tests')}</h2>
      <p class="quiet">{t('trust.why')}</p>
      <form class="filters" onSubmit={begin}>
        <label>
          {t('trust.server')}
          <input required maxLength={253} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label>
          {t('trust.test')}
          <select value={test} onChange={(event) => setTest(event.currentTarget.value as typeof test)}>
            {TRUST_TESTS.map((one) => (
              <option key={one} value={one}>
                {t(`trust.${one}`)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="button" disabled={!mayChange()}>
          {t('trust.begin')}
        </button>
      </form>
      <Refusal said={refusal} />
      <ul class="plain">
        {tests.map(({ id, name: server, test: kind, state }) => (
          <li key={id}>
            {server}: {t(`trust.${kind}`)}. <strong>{t(`trust.state.${state}`)}</strong>{' '}
            {state === 'waiting' && mayChange() && (
              <button
                type="button"
                class="button"
                onClick={() =>
                  void change(() => ask(lab.DELETE('/api/trust-tests/{id}', { params: { path: { id } } })))
                }
              >
                {t('trust.cancel')}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
