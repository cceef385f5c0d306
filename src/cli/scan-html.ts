/**
 * The result of a scan as one HTML file: opens anywhere, loads nothing, prints well.
 * Promise: everything that came out of a recording is escaped; values are masked unless they were to be revealed.
 */
import { GEO_SOURCE } from '../formats/geo-caveat.ts';
import { escapeHtml } from '../formats/html.ts';
import { saidHost } from '../formats/said-host.ts';
import { SEVERITIES, type Severity } from '../model/alert.ts';
import type { ContactRow } from './scan-contacts.ts';
import type { ScanReportPage, ScanRow } from './scan-report.ts';
import { digestIn, inWords, spoken, words } from './words.ts';

export interface ScanPage extends ScanReportPage {
  /** ISO 8601. */
  madeAt: string;
}

export function scanHtml(page: ScanPage): string {
  const counts = [...SEVERITIES]
    .reverse()
    .map((severity) => badge(severity, page.rows.filter((row) => row.finding.severity === severity).length));
  return `<!doctype html>
<html lang="${spoken()}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(words('scan.html.title'))}</title>
<style>${STYLE}</style>
<h1>${escapeHtml(words('scan.html.what-left'))}</h1>
<p><b>${escapeHtml(page.sentence)}</b></p>
<p>${escapeHtml(words('scan.html.searched', { total: page.total, at: page.madeAt.slice(0, 16).replace('T', ' '), files: page.files.join(', ') }))}</p>
<p>${counts.join(' ')}</p>
${page.rows.length ? tableOf(page.rows) : `<p>${escapeHtml(words('scan.html.nothing'))}</p>`}
${page.contacts.length ? contactsOf(page.contacts) : ''}
${page.notes.length ? `<h2>${escapeHtml(words('scan.html.unread'))}</h2>\n<ul>${page.notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>` : ''}
<p class="caveat">${escapeHtml(words('scan.html.caveat'))} <a href="${GEO_SOURCE.url}">${GEO_SOURCE.text}</a>.</p>
</html>
`;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1b1b1b; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #ddd; overflow-wrap: anywhere }
th { white-space: nowrap }
code { font-size: .9em }
small { color: #555 }
.badge { padding: .1rem .5rem; border-radius: .3rem; white-space: nowrap; background: #eee }
.critical { background: #b00020; color: #fff }
.high { background: #e8590c; color: #fff }
.medium { background: #ffd43b }
.caveat { color: #555; font-size: .9em; margin-top: 2rem }`;

function tableOf(rows: ScanRow[]): string {
  const head = headOf(['severity', 'what', 'where', 'to', 'times']);
  return `<table>\n<tr>${head}</tr>\n${rows.map(rowOf).join('\n')}\n</table>`;
}

type Column = 'severity' | 'what' | 'where' | 'to' | 'times' | 'called-by' | 'server' | 'whose';

const headOf = (columns: readonly Column[]): string =>
  columns.map((column) => `<th>${escapeHtml(words(`scan.html.head.${column}`))}</th>`).join('');

function rowOf({ finding, shown, first, count }: ScanRow): string {
  const { identifier, evidence, flow, destination: to } = finding;
  const layers =
    [...evidence.decoding, evidence.hash && digestIn(evidence.hash)].filter(Boolean).join(' › ') || words('cell.plain');
  const place = to && [to.location.country, to.network.org, to.ip].filter(Boolean).join(', ');
  const company = to?.owner.name && `${to.owner.name}${to.owner.country ? ` (${to.owner.country})` : ''}`;
  const sender = finding.attribution
    ? `<br><small title="${escapeHtml(finding.attribution.reason)}">${escapeHtml(words('scan.html.by', { name: finding.attribution.name }))}</small>`
    : '';
  const cells = [
    badge(finding.severity),
    `<b>${escapeHtml(identifier.kind)}</b> <code>${escapeHtml(shown)}</code><br><small>${escapeHtml(words(`scan.html.confidence.${identifier.confidence}`))}: ${escapeHtml(identifier.text ? inWords(identifier.text) : identifier.reasoning)}</small>`,
    `${escapeHtml(evidence.direction)} ${escapeHtml(evidence.where)} <code>${escapeHtml(evidence.path ?? '')}</code><br><small>${escapeHtml(layers)}; ${escapeHtml(words('scan.html.entry', { file: first.file, entry: first.entry }))}</small>${sender}`,
    `<b>${escapeHtml(to ? saidHost(to) : '')}</b> ${escapeHtml(company ?? '')}<br><small>${escapeHtml(place ?? '')}; ${escapeHtml(words(flow.encrypted ? 'scan.html.encrypted' : 'scan.html.clear'))}</small>`,
    String(count),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function contactsOf(contacts: ContactRow[]): string {
  const head = headOf(['called-by', 'server', 'whose', 'times']);
  const rows = contacts.map(({ place, ...contact }) => {
    const { app, count } = contact;
    const { location, network, owner } = place;
    const where = [location.country, network.org, owner.name].filter(Boolean).join(', ');
    const cells = [app ?? '', saidHost(contact), where, String(count)].map((cell) => `<td>${escapeHtml(cell)}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<h2>${escapeHtml(words('scan.html.called'))}</h2>\n<table>\n<tr>${head}</tr>\n${rows.join('\n')}\n</table>`;
}

function badge(severity: Severity, count?: number): string {
  return `<span class="badge ${severity}">${words(`severity.${severity}`)}${count === undefined ? '' : ` ${count}`}</span>`;
}
