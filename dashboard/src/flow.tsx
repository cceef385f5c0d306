/** One connection: what happened to it in words, who, to whom and how protected, what was found in it, what was said where it was kept. */

import type { ComponentChildren } from 'preact';
import type { Alert } from '../../src/model/alert.ts';
import type { FlowRecord } from '../../src/model/flow.ts';
import type { Why } from '../../src/model/why.ts';
import { AlertLine } from './alert-line.tsx';
import { useAnswer } from './answer.ts';
import { bytes, seconds } from './bytes.ts';
import { Content } from './content.tsx';
import { flowHost, phoneOf, stateOf } from './flow-words.ts';
import { lab } from './lab.ts';
import { phoneLink, route } from './route.ts';
import { ThreeFacts } from './three-facts.tsx';
import { number, said, t, tn, when } from './words.ts';

export type ShownFlow = FlowRecord & { alerts: Alert[]; why?: Pick<Why, 'sentence' | 'text'> };

export function Flow() {
  const id = route.value.rest;
  const { value: flow, refusal } = useAnswer({ id }, (path) => lab.GET('/api/flows/{id}', { params: { path } }));
  if (refusal?.status === 404) return <p class="empty">{t('flow.unknown')}</p>;
  if (refusal) return <p class="refusal">{refusal.message}</p>;
  if (!flow) return <p class="empty">{t('live.loading')}</p>;
  const { word, light } = stateOf(flow);
  return (
    <article class="flow">
      <h1>
        {flowHost(flow)} <small>{when(new Date(flow.openedAt).toISOString())}</small>
      </h1>
      {flow.simulated && <span class="badge replay">{t('alert.replay')}</span>}
      <p class={`verdict ${light === 'ok' ? '' : light}`}>{t(word)}</p>
      {flow.why && <p>{said(flow.why.text, flow.why.sentence)}</p>}
      {flow.detail && <p class="quiet">{said(flow.detailText, flow.detail)}</p>}
      {flow.facts && <ThreeFacts facts={flow.facts} />}
      <p>
        <a class="button" href={`#/flows?host=${encodeURIComponent(flow.destination.host)}`}>
          {t('flow.others', { host: flow.destination.host })}
        </a>
      </p>
      <div class="halves">
        <section aria-labelledby="facts-title">
          <h2 id="facts-title">{t('flow.facts')}</h2>
          <Facts flow={flow} />
        </section>
        <section aria-labelledby="found-title">
          <h2 id="found-title">{t('flow.alerts')}</h2>
          {flow.alerts.length === 0 && flow.findings === 0 && <p class="empty">{t('flow.no-alerts')}</p>}
          {flow.alerts.length === 0 && flow.findings > 0 && (
            <p class="empty">
              {tn('flow.counted-elsewhere', flow.findings)}{' '}
              <a class="button" href={alertsLike(flow)}>
                {t('flow.show-alerts')}
              </a>
            </p>
          )}
          <ul class="alerts">
            {flow.alerts.map((alert) => (
              <AlertLine key={alert.id} alert={alert} />
            ))}
          </ul>
        </section>
      </div>
      <section aria-labelledby="content-title" class="content">
        <h2 id="content-title">{t('flow.content')}</h2>
        <Content key={flow.id} flow={flow} />
      </section>
    </article>
  );
}

/** An alert stands for what came again: it names the connection in which it was seen first. */
const alertsLike = (flow: FlowRecord): string =>
  `#/live?${new URLSearchParams({ phone: phoneOf(flow), q: flow.destination.host })}`;

function Facts({ flow }: { flow: FlowRecord }) {
  const { certificate, tls, hello, destination } = flow;
  const rows: [string, ComponentChildren][] = [
    [
      t('flow.phone'),
      <a key="phone" href={phoneLink(phoneOf(flow), flow.simulated)}>
        {phoneOf(flow)}
      </a>,
    ],
    [t('flow.app'), flow.app],
    [t('flow.opened'), when(new Date(flow.openedAt).toISOString())],
    [t('flow.lasted'), flow.closedAt === null ? t('flow.open') : seconds(flow.closedAt - flow.openedAt)],
    [t('flow.server'), `${destination.ip ?? t('alert.unknown')} : ${destination.port}`],
    [
      t('flow.protection'),
      flow.encrypted ? [tls?.version ?? 'TLS', tls?.cipher, tls?.alpn].filter(Boolean).join(' · ') : t('flow.no-tls'),
    ],
    [
      t('flow.certificate'),
      certificate &&
        [
          t('flow.issued-by', {
            names: certificate.names.slice(0, 4).join(', '),
            issuer: certificate.issuer ?? t('alert.unknown'),
          }),
          certificate.problem,
        ]
          .filter(Boolean)
          .join(' · '),
    ],
    [t('flow.fingerprint'), hello?.ja4],
    [t('flow.requests'), `${number(flow.requests)}${flow.protocol ? ` · ${flow.protocol}` : ''}`],
    [t('flow.amount'), t('flows.bytes', { up: bytes(flow.bytesUp), down: bytes(flow.bytesDown) })],
    [t('flow.not-seen'), flow.notSeen.map((why, at) => said(flow.notSeenTexts?.[at], why)).join(' · ')],
  ];
  return (
    <dl class="facts-list">
      {rows
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
