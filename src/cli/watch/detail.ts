/** One alert in full, for the detail view: label and sentence per line, wrapped to the terminal. */

import { saidHost } from '../../formats/said-host.ts';
import { paint, SEVERITY_SGR } from '../../formats/terminal.ts';
import type { Alert } from '../../model/alert.ts';
import { fitCells, flag, wrap } from '../terminal-text.ts';
import { clock, what } from './cells.ts';

const LABEL_CELLS = 14;

export type Revealed = { value: string; seen: string } | null;

export function detailLines(alert: Alert, columns: number, colour: boolean, revealed: Revealed = null): string[] {
  const badge = ` ${alert.severity.toUpperCase()} `;
  const title = fitCells(alert.identifier ? what(alert) : alert.type, columns - badge.length - 1);
  const lines = [`${paint(badge, SEVERITY_SGR[alert.severity], colour)} ${paint(title, '1', colour)}`, ''];
  for (const [label, text] of facts(alert, revealed)) {
    if (!text) continue;
    const wrapped = wrap(text, Math.max(10, columns - LABEL_CELLS));
    wrapped.forEach((part, index) => {
      lines.push(`${paint((index ? '' : label).padEnd(LABEL_CELLS), '2', colour)}${part}`);
    });
  }
  return lines;
}

function facts(alert: Alert, revealed: Revealed): [string, string | null | undefined][] {
  const { identifier, evidence, flow, destination: to, attribution } = alert;
  const seen =
    alert.count > 1 ? `${alert.count} times, ${day(alert.firstSeen)} to ${day(alert.lastSeen)}` : day(alert.time);
  return [
    ['', alert.message],
    ['', ' '],
    ['phone', [alert.device.id, alert.device.model, alert.device.ip, alert.device.mac].filter(Boolean).join(', ')],
    ['seen', seen],
    ['case', alert.case && `${alert.case.id}${alert.case.phase ? `, phase ${alert.case.phase}` : ''}`],
    ['label', alert.label],
    [
      'identifier',
      identifier &&
        `${identifier.kind} ${identifier.masked}, ${identifier.known ? 'registered value of this phone' : 'recognised by its shape'}, ${identifier.confidence}`,
    ],
    [
      'value',
      revealed
        ? `${revealed.value} (revealed: it stands in the audit)`
        : identifier && 'r reveals it; that is noted in the audit',
    ],
    ['as sent', revealed && revealed.seen !== revealed.value ? revealed.seen : null],
    ['reasoning', identifier?.reasoning],
    [
      'where',
      evidence &&
        `${evidence.direction} ${evidence.where}${evidence.path ? ` at ${evidence.path}` : ''}, byte ${evidence.offset}`,
    ],
    ['encoding', evidence && (evidence.decoding.join(' › ') || 'plain')],
    ['hash', evidence?.hash],
    [
      'sent by',
      attribution && `probably ${attribution.name}: ${attribution.reason} (evidence: ${attribution.evidence})`,
    ],
    ['request', flow && [flow.protocol, flow.method, flow.url].filter(Boolean).join(' ')],
    [
      'sent',
      flow &&
        `${flow.encrypted ? 'encrypted (TLS)' : 'in clear: anyone on the path can read it'}${flow.intercepted ? '' : ', not looked into'}`,
    ],
    ['receivers', alert.receivers && `${alert.receivers.length}: ${alert.receivers.map(nameReceiver).join(', ')}`],
    ['to', to && `${saidHost(to)}${to.ip && to.ip !== to.host ? ` (${to.ip})` : ''} port ${to.port}`],
    [
      'server in',
      to &&
        `${flag(to.location.country).trim()} ${to.location.country ?? 'unknown'}, ${to.location.confidence}${to.location.note ? `, ${to.location.note}` : ''}`.trim(),
    ],
    ['', to && (to.location.votes.map((vote) => `${vote.source}: ${vote.country ?? '?'}`).join(' · ') || null)],
    [
      'network',
      to && [to.network.asn && `AS${to.network.asn}`, to.network.org, to.network.country].filter(Boolean).join(', '),
    ],
    [
      'company',
      to &&
        `${[to.owner.name ?? 'unknown', to.owner.kind, to.owner.country, to.owner.parent && `part of ${to.owner.parent}`].filter(Boolean).join(', ')} (${to.owner.evidence})`,
    ],
    ['simulated', alert.simulated ? 'yes: a replay or a test, not the world' : null],
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
