/** One finding as a line that unfolds to what it rests on, the lab's record among it. */
import { useState } from 'preact/hooks';
import type { ToldAlert } from '../../../src/model/hub.ts';
import { country, number, t, when } from '../words.ts';
import { phoneOf, sentenceOf } from './sentence.ts';

export const labLink = (lab: string): string => `#/lab/${encodeURIComponent(lab)}`;

export function FindingLine({ alert }: { alert: ToldAlert }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li class={`alert ${alert.simulated ? 'replay' : alert.severity}`}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="what">{sentenceOf(alert)}</span>
          <time dateTime={alert.lastSeen}>{when(alert.lastSeen)}</time>
          <span class="facts">
            <span class={`badge ${alert.severity}`}>{t(`severity.${alert.severity}`)}</span>
            {alert.simulated && <span class="badge replay">{t('alert.replay')}</span>}
            <span>{alert.lab}</span>
            {alert.masked && <code>{alert.masked}</code>}
            <span>{alert.host}</span>
            {alert.count > 1 && <span>{t('alert.times', { count: number(alert.count) })}</span>}
          </span>
        </summary>
        {isOpen && <Unfolded alert={alert} />}
      </details>
    </li>
  );
}

function Unfolded({ alert }: { alert: ToldAlert }) {
  const { where, path, decoding, country: server, network, company, companyCountry, chain } = alert;
  return (
    <div class="unfolded">
      <p>
        <a href={labLink(alert.lab)}>{alert.lab}</a>
        {' · '}
        {phoneOf(alert)} <code>{alert.unit}</code>
        {alert.app && ` · ${t('alert.app')} ${alert.app}`}
      </p>
      {where && <pre>{[`${where} ${path ?? ''}`.trim(), ...decoding.map((layer) => `${layer} ▸`)].join('\n')}</pre>}
      <dl class="three">
        <div>
          <dt>{t('alert.server')}</dt>
          <dd>
            {country(server) ?? t('alert.unknown')}
            <small>{[alert.host, alert.ip].filter(Boolean).join(' · ')}</small>
          </dd>
        </div>
        <div>
          <dt>{t('alert.network')}</dt>
          <dd>{network ?? t('alert.unknown')}</dd>
        </div>
        <div>
          <dt>{t('alert.company')}</dt>
          <dd>
            {company ?? t('alert.unknown')}
            <small>{country(companyCountry) ?? ''}</small>
          </dd>
        </div>
      </dl>
      <p class="quiet">{t('alert.first', { when: when(alert.firstSeen), last: when(alert.lastSeen) })}</p>
      <p class="quiet">{t('findings.chain', { position: number(chain.position), hash: chain.hash.slice(0, 16) })}</p>
    </div>
  );
}
