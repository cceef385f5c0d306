/** Alerts as they come, one line each; the filters stand in the address. */
import { SEVERITIES } from '../../src/model/words.ts';
import { AlertLine, sentenceOf } from './alert-line.tsx';
import { alerts } from './lab.ts';
import { route, setFilter } from './route.ts';
import { rank } from './verdict.ts';
import { t, tn } from './words.ts';

/** Drawn at once; the rest is found by search. */
const MOST_LINES = 300;

export function Live() {
  const { query } = route.value;
  const text = query.get('q') ?? '';
  const least = SEVERITIES.find((one) => one === query.get('severity')) ?? 'info';
  const phone = query.get('phone') ?? '';
  const withReplays = query.get('replays') !== 'no';
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = alerts.value.filter((alert) => {
    if (rank(alert.severity) < rank(least)) return false;
    if (phone !== '' && alert.device.id !== phone) return false;
    if (!withReplays && alert.simulated) return false;
    if (words.length === 0) return true;
    const { device, destination, flow } = alert;
    const haystack = [
      sentenceOf(alert),
      alert.message,
      device.id,
      device.model,
      destination?.host,
      destination?.owner.name,
      flow?.url,
    ]
      .join(' ')
      .toLowerCase();
    return words.every((word) => haystack.includes(word));
  });
  const names = [...new Set(alerts.value.map(({ device }) => device.id))].sort();
  const pick = (name: string) => (event: Event) => setFilter(name, (event.currentTarget as HTMLInputElement).value);
  return (
    <section aria-labelledby="live-title">
      <h1 id="live-title">
        {t('live.title')} <small aria-live="polite">{tn('live.count', shown.length)}</small>
      </h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          {t('live.search')}
          <input id="search" type="search" value={text} onInput={pick('q')} />
        </label>
        <label>
          {t('live.severity')}
          <select value={least} onChange={pick('severity')}>
            {SEVERITIES.map((one) => (
              <option key={one} value={one}>
                {t(`severity.${one}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t('live.phone')}
          <select value={phone} onChange={pick('phone')}>
            <option value="">{t('live.all')}</option>
            {names.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={withReplays}
            onChange={(event) => setFilter('replays', event.currentTarget.checked ? '' : 'no')}
          />
          {t('live.replays')}
        </label>
      </form>
      {shown.length === 0 && <p class="empty">{t(alerts.value.length === 0 ? 'live.none' : 'live.none.filter')}</p>}
      <ul class="alerts">
        {shown.slice(0, MOST_LINES).map((alert) => (
          <AlertLine key={alert.id} alert={alert} />
        ))}
      </ul>
    </section>
  );
}
