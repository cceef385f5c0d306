/** One phone: what left it, to whom, and what could not be seen, side by side. */
import type { Alert } from '../../src/model/alert.ts';
import { AlertLine } from './alert-line.tsx';
import { Apps, Beacons, Pins, Timeline, TrustTests } from './phone-details.tsx';
import { Bar, shownPhones } from './phones.tsx';
import { route } from './route.ts';
import { companyOf, isLeak, verdictOf } from './verdict.ts';
import { country, nounOf, number, said, t } from './words.ts';

/** Told apart by what, to whom and how readable: the rows of a report. */
function rowsOf(alerts: readonly Alert[]) {
  const rows = new Map<string, { kind: string; company: string; isClear: boolean; count: number }>();
  for (const alert of alerts.filter(isLeak)) {
    const kind = alert.identifier?.kind ?? '';
    const company = companyOf(alert);
    const isClear = alert.flow?.encrypted === false;
    const key = `${kind} ${company} ${isClear}`;
    const row = rows.get(key) ?? { kind, company, isClear, count: 0 };
    row.count += alert.count;
    rows.set(key, row);
  }
  return [...rows.values()].sort(
    (one, other) => Number(other.isClear) - Number(one.isClear) || other.count - one.count,
  );
}

export function Phone() {
  const { rest, query } = route.value;
  const wantsSimulated = query.get('simulated') === 'true';
  const phone = shownPhones.value.find(({ id, isSimulated }) => id === rest && isSimulated === wantsSimulated);
  if (!phone) return <p class="empty">{t('phone.unknown')}</p>;
  const verdict = verdictOf(phone);
  const rows = rowsOf(phone.alerts);
  const unseen = phone.coverage?.unseen ?? [];
  return (
    <article class="phone">
      <header>
        <h1>
          {phone.name} <small>{phone.detail}</small>
        </h1>
        {phone.isSimulated && <span class="badge replay">{t('alert.replay')}</span>}
      </header>
      <p class={`verdict ${verdict.light}`}>{verdict.sentence}</p>
      {verdict.more && <p>{verdict.more}</p>}
      <Bar phone={phone} />
      {phone.coverage && <p>{said(phone.coverage.text, phone.coverage.sentence)}</p>}
      {verdict.step === 'show-how' && (
        <p>
          <a class="button main" href="/setup">
            {t('phone.show-how')}
          </a>
        </p>
      )}
      <div class="halves">
        <section aria-labelledby="left-title">
          <h2 id="left-title">{t('phone.left')}</h2>
          {rows.length === 0 ? (
            <p class="empty">{t('phone.left.none')}</p>
          ) : (
            <table>
              <thead>
                <tr>
                  <th scope="col">{t('phone.kind')}</th>
                  <th scope="col">{t('phone.to')}</th>
                  <th scope="col">{t('phone.readable')}</th>
                  <th scope="col">{t('phone.times')}</th>
                </tr>
              </thead>
              <tbody>
                {rows.map(({ kind, company, isClear, count }) => (
                  <tr key={`${kind} ${company} ${isClear}`}>
                    <td>{nounOf(kind)}</td>
                    <td>{company}</td>
                    <td class={isClear ? 'critical' : ''}>{t(isClear ? 'yes' : 'no')}</td>
                    <td>{number(count)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
        <section aria-labelledby="unseen-title">
          <h2 id="unseen-title">{t('phone.unseen')}</h2>
          {unseen.length === 0 ? (
            <p class="empty">{t('phone.unseen.none')}</p>
          ) : (
            <table>
              <thead>
                <tr>
                  <th scope="col">{t('phone.server')}</th>
                  <th scope="col">{t('phone.to')}</th>
                  <th scope="col">{t('phone.why')}</th>
                  <th scope="col">{t('phone.connections')}</th>
                </tr>
              </thead>
              <tbody>
                {unseen.map(({ host, owner, country: code, class: why, connections }) => (
                  <tr key={`${host} ${why}`}>
                    <td>{host}</td>
                    <td>{[owner, country(code)].filter(Boolean).join(', ')}</td>
                    <td>{t(`class.${why}`)}</td>
                    <td>{number(connections)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      </div>
      <Timeline alerts={phone.alerts} device={phone.id} />
      <div class="halves">
        <Apps device={phone.id} isSimulated={phone.isSimulated} />
        <Beacons device={phone.id} />
        <Pins device={phone.id} />
        <TrustTests device={phone.id} />
      </div>
      <section aria-labelledby="alerts-title">
        <h2 id="alerts-title">{t('phone.alerts')}</h2>
        {phone.alerts.length === 0 && <p class="empty">{t('live.none')}</p>}
        <ul class="alerts">
          {phone.alerts.toReversed().map((alert) => (
            <AlertLine key={alert.id} alert={alert} isOfOnePhone />
          ))}
        </ul>
      </section>
    </article>
  );
}
