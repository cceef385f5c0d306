/** One alert in full, for the detail view: label and sentence per line, wrapped to the terminal. */

import { saidHost } from '../../formats/said-host.ts';
import { paint, SEVERITY_SGR } from '../../formats/terminal.ts';
import type { Alert } from '../../model/alert.ts';
import { cells, fitCells, flag, wrap } from '../terminal-text.ts';
import { digestIn, type PlainWord, words } from '../words.ts';
import { badge, clock, what } from './cells.ts';

const LABEL_CELLS = 14;

export type Revealed = { value: string; seen: string } | null;

export function detailLines(alert: Alert, columns: number, colour: boolean, revealed: Revealed = null): string[] {
  const severity = ` ${badge(alert)} `;
  const title = fitCells(alert.identifier ? what(alert) : alert.type, columns - cells(severity) - 1);
  const lines = [`${paint(severity, SEVERITY_SGR[alert.severity], colour)} ${paint(title, '1', colour)}`, ''];
  for (const [label, text] of facts(alert, revealed)) {
    if (!text) continue;
    const wrapped = wrap(text, Math.max(10, columns - LABEL_CELLS));
    wrapped.forEach((part, index) => {
      lines.push(
        `${paint(fitCells(index || label === '' ? '' : words(`detail.${label}`), LABEL_CELLS), '2', colour)}${part}`,
      );
    });
  }
  return lines;
}

type Label = PlainWord extends infer W ? (W extends `detail.${infer L}` ? L : never) : never;

function facts(alert: Alert, revealed: Revealed): [Label | '', string | null | undefined][] {
  const { identifier, evidence, flow, destination: to, attribution } = alert;
  const seen =
    alert.count > 1
      ? words('detail.times', { number: alert.count, first: day(alert.firstSeen), last: day(alert.lastSeen) })
      : day(alert.time);
  return [
    ['', alert.message],
    ['', ' '],
    ['phone', [alert.device.id, alert.device.model, alert.device.ip, alert.device.mac].filter(Boolean).join(', ')],
    ['seen', seen],
    [
      'case',
      alert.case &&
        (alert.case.phase ? words('detail.in-phase', { case: alert.case.id, phase: alert.case.phase }) : alert.case.id),
    ],
    ['label', alert.label],
    [
      'identifier',
      identifier &&
        words(identifier.known ? 'detail.registered' : 'detail.by-shape', {
          kind: identifier.kind,
          masked: identifier.masked,
          confidence: words(`confidence.${identifier.confidence}`),
        }),
    ],
    ['value', revealed ? words('detail.revealed', { value: revealed.value }) : identifier && words('detail.reveal')],
    ['as-sent', revealed && revealed.seen !== revealed.value ? revealed.seen : null],
    ['reasoning', identifier?.reasoning],
    [
      'where',
      evidence &&
        words(`detail.${evidence.direction}-part`, {
          where: evidence.where,
          at: evidence.path ? words('detail.at', { path: evidence.path }) : '',
          offset: evidence.offset ?? '?',
        }),
    ],
    ['encoding', evidence && (evidence.decoding.join(' › ') || words('cell.plain'))],
    ['hash', evidence?.hash && digestIn(evidence.hash)],
    [
      'sent-by',
      attribution &&
        words('detail.probably', {
          name: attribution.name,
          reason: attribution.reason,
          evidence: attribution.evidence,
        }),
    ],
    ['request', flow && [flow.protocol, flow.method, flow.url].filter(Boolean).join(' ')],
    [
      'sent',
      flow &&
        words(flow.encrypted ? 'detail.encrypted' : 'detail.clear') +
          (flow.intercepted ? '' : words('detail.not-looked')),
    ],
    ['receivers', alert.receivers && `${alert.receivers.length}: ${alert.receivers.map(nameReceiver).join(', ')}`],
    [
      'to',
      to &&
        words('detail.port', {
          host: saidHost(to),
          ip: to.ip && to.ip !== to.host ? ` (${to.ip})` : '',
          port: to.port,
        }),
    ],
    [
      'server-in',
      to &&
        `${flag(to.location.country).trim()} ${to.location.country ?? words('detail.unknown')}, ${to.location.confidence}${to.location.note ? `, ${to.location.note}` : ''}`.trim(),
    ],
    ['', to && (to.location.votes.map((vote) => `${vote.source}: ${vote.country ?? '?'}`).join(' · ') || null)],
    [
      'network',
      to && [to.network.asn && `AS${to.network.asn}`, to.network.org, to.network.country].filter(Boolean).join(', '),
    ],
    [
      'company',
      to &&
        `${[to.owner.name ?? words('detail.unknown'), to.owner.kind, to.owner.country, to.owner.parent && words('detail.part-of', { parent: to.owner.parent })].filter(Boolean).join(', ')} (${to.owner.evidence})`,
    ],
    ['simulated', alert.simulated ? words('detail.not-world') : null],
    ['alert', `${alert.type}, id ${alert.id}, seq ${alert.seq}`],
  ];
}

const nameReceiver = ({ count, ...to }: NonNullable<Alert['receivers']>[number]): string =>
  `${saidHost(to)}:${to.port}${count > 1 ? ` ×${count}` : ''}`;

function day(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0'));
  return `${parts.join('-')} ${clock(iso)}`;
}
