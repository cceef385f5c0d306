/** An alert as a sentence: what, to whom, how readable, by which phone. It unfolds to where it stood and each layer around it. */
import { useEffect, useState } from 'preact/hooks';
import type { Alert } from '../../src/model/alert.ts';
import { MuteForm } from './mute-form.tsx';
import { flowLink, phoneLink } from './route.ts';
import { ThreeFacts } from './three-facts.tsx';
import { number, phaseOf, said, t, when } from './words.ts';

/** As the lab's own catalogue says it; of an alert that an older lab stored the English sentence. */
export const sentenceOf = ({ text, message }: Alert): string => said(text, message);

const hostOf = ({ destination }: Alert): string => {
  if (destination === null) return '';
  return destination.guessed ? t('alert.probably-host', { host: destination.host }) : destination.host;
};

export const alertClass = (alert: Alert): string => `alert ${alert.simulated ? 'replay' : alert.severity}`;

interface AlertProps {
  alert: Alert;
  isOfOnePhone?: boolean;
  /** How many more are unfolded: 1, or -1 when it was folded or is gone. */
  onUnfold?: (more: number) => void;
}

export function AlertLine({ alert, isOfOnePhone = false }: AlertProps) {
  return (
    <li class={alertClass(alert)}>
      <AlertDetails alert={alert} isOfOnePhone={isOfOnePhone} />
    </li>
  );
}

/** The line and what it unfolds to, which is drawn when it is. */
export function AlertDetails({ alert, isOfOnePhone = false, onUnfold }: AlertProps) {
  const { device } = alert;
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (!isOpen || !onUnfold) return;
    onUnfold(1);
    return () => onUnfold(-1);
  }, [isOpen, onUnfold]);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="what">{sentenceOf(alert)}</span>
        <time dateTime={alert.lastSeen}>{when(alert.lastSeen)}</time>
        <span class="facts">
          <span class={`badge ${alert.severity}`}>{t(`severity.${alert.severity}`)}</span>
          {alert.simulated && <span class="badge replay">{t('alert.replay')}</span>}
          {alert.stored === false && <span class="badge critical">{t('alert.not-stored')}</span>}
          {alert.identifier && <code>{alert.identifier.masked}</code>}
          {!isOfOnePhone && <span>{device.model ?? device.id}</span>}
          <span>{hostOf(alert)}</span>
          {alert.case?.phase && <span>{t('alert.phase', { phase: phaseOf(alert.case.phase) })}</span>}
          {alert.count > 1 && <span>{t('alert.times', { count: number(alert.count) })}</span>}
        </span>
      </summary>
      {isOpen && <Unfolded alert={alert} hasLink={!isOfOnePhone} />}
    </details>
  );
}

function Unfolded({ alert, hasLink }: { alert: Alert; hasLink: boolean }) {
  const { device, evidence, flow, identifier, destination, receivers = [] } = alert;
  return (
    <div class="unfolded">
      {hasLink && (
        <p>
          <a href={phoneLink(device.id, alert.simulated)}>{t('alert.phone', { name: device.model ?? device.id })}</a>
          {evidence && (
            <>
              {' · '}
              <a href={flowLink(evidence.flow)}>{t('alert.flow')}</a>
            </>
          )}
        </p>
      )}
      {flow && (
        <pre>
          {[flow.method, flow.url].filter(Boolean).join(' ') || flow.protocol}
          {evidence && `\n${evidence.where}${evidence.path ? ` ${evidence.path}` : ''}`}
          {evidence?.decoding.map((layer) => `\n${layer} ▸`).join('')}
          {identifier && (
            <>
              {' '}
              <mark>{identifier.masked}</mark>
            </>
          )}
        </pre>
      )}
      {identifier && (
        <p>
          <strong>{t('alert.how')}:</strong> {said(identifier.text, identifier.reasoning)}
        </p>
      )}
      {alert.attribution && (
        <p>
          <strong>{t('alert.app')}:</strong> {alert.attribution.name}:{' '}
          {said(alert.attribution.text, alert.attribution.reason)}
        </p>
      )}
      {destination && <ThreeFacts facts={destination} />}
      {receivers.length > 1 && (
        <details>
          <summary>
            {t('alert.receivers')} ({number(receivers.length)})
          </summary>
          <ul>
            {receivers.map(({ host, port, count }) => (
              <li key={`${host}:${port}`}>
                {host}:{port} {t('alert.times', { count: number(count) })}
              </li>
            ))}
          </ul>
        </details>
      )}
      <MuteForm alert={alert} />
      <p class="quiet">{t('alert.first', { when: when(alert.firstSeen), last: when(alert.lastSeen) })}</p>
    </div>
  );
}
