/**
 * Draws the state of `watch` as lines of text, exactly as many and as wide as the terminal has.
 * Pure: the same state gives the same screen, so it is tested without a terminal.
 */

import { paint, SEVERITY_SGR } from '../../formats/terminal.ts';
import { SEVERITIES } from '../../model/alert.ts';
import { cells, fitCells } from '../terminal-text.ts';
import { alertLine, headLine, layout } from './columns.ts';
import { detailLines } from './detail.ts';
import type { WatchModel } from './model.ts';

export interface Screen {
  columns: number;
  rows: number;
  colour: boolean;
  /** Shown in the title: which lab. */
  title: string;
}

const HELP = [
  'Live alerts of the lab, newest first. The top row follows what comes in.',
  '',
  '  ↑ ↓  j k        move               PgUp PgDn  b Space   a page',
  '  g  Home         newest (follow)    G  End               oldest; further down loads earlier ones',
  '  Enter           everything about one alert (n, p: the next, the one before)',
  '  /               search text        d                    next phone',
  '  s               minimum severity   t                    next kind of identifier',
  '  c  Esc          all filters off    q  Ctrl-C            leave; the lab goes on',
  '',
  'sent   clear: anyone on the path can read it; TLS: encrypted, read by the lab only',
  'n      how often this identifier went to this destination from this place',
  'what   a ? behind the kind: only possible, judged by its shape',
  'to     country of the server, company (its country where it differs), host',
  '',
  'Any key goes back.',
];

export function drawScreen(model: WatchModel, { columns, rows, colour, title }: Screen): string[] {
  const { state } = model;
  const foot = footer(model, columns, colour);
  const bodyRows = Math.max(1, rows - 1 - foot.length);
  const body =
    state.view === 'help'
      ? HELP.map((line) => fitCells(line, columns))
      : state.view === 'detail'
        ? detail(model, columns, bodyRows, colour)
        : list(model, columns, bodyRows, colour);
  const blank = ' '.repeat(columns);
  const filled = [...body, ...Array<string>(bodyRows).fill(blank)].slice(0, bodyRows);
  return [titleLine(model, title, columns, colour), ...filled, ...foot].slice(0, rows);
}

function titleLine(model: WatchModel, title: string, columns: number, colour: boolean): string {
  const { link, filter } = model.state;
  const state = { live: '● live', connecting: '○ connecting', reconnecting: '○ reconnecting' }[link];
  const filters = [
    filter.device && `phone ${filter.device}`,
    filter.severity && `${filter.severity} or worse`,
    filter.kind && `kind ${filter.kind}`,
    filter.text && `"${filter.text}"`,
  ].filter(Boolean);
  const right = filters.length ? `only ${filters.join(', ')}` : 'all alerts';
  const left = ` Phonehome  ${title}`;
  const middle = fitCells(left, Math.max(0, columns - cells(state) - cells(right) - 4));
  return paint(fitCells(`${middle} ${right}  ${state}`, columns), link === 'live' ? '1;30;42' : '1;30;43', colour);
}

function list(model: WatchModel, columns: number, rows: number, colour: boolean): string[] {
  const place = layout(columns);
  const all = model.list();
  const pageRows = Math.max(1, rows - 1);
  model.state.pageRows = pageRows;
  const index = model.selectedIndex();
  const top = Math.max(0, Math.min(all.length - pageRows, index - Math.floor(pageRows / 2)));
  const lines = all
    .slice(top, top + pageRows)
    .map((alert, offset) => alertLine(alert, place, top + offset === index, colour));
  if (all.length === 0)
    lines.push(
      fitCells('', columns),
      fitCells(
        model.alerts.size()
          ? '  Nothing matches; c shows all.'
          : '  No alert yet. Use the phone; what it gives away appears here.',
        columns,
      ),
    );
  return [headLine(place, colour), ...lines];
}

function detail(model: WatchModel, columns: number, rows: number, colour: boolean): string[] {
  const alert = model.selected();
  if (!alert) return [fitCells('This alert is gone.', columns)];
  const lines = detailLines(alert, columns, colour);
  const top = Math.min(model.state.detailTop, Math.max(0, lines.length - rows));
  model.state.detailTop = top;
  return lines.slice(top, top + rows);
}

function footer(model: WatchModel, columns: number, colour: boolean): string[] {
  const { state, alerts } = model;
  const totals = alerts.totals();
  const counts = [...SEVERITIES].reverse().map((severity) => {
    const text = `${severity} ${totals[severity]}`;
    return { text, painted: totals[severity] ? paint(text, SEVERITY_SGR[severity], colour) : paint(text, '2', colour) };
  });
  const place = `${model.list().length ? model.selectedIndex() + 1 : 0}/${model.list().length}${alerts.wantsOlder() ? '+' : ''}${state.loadingOlder ? ' …' : ''} ${state.selectedId === null ? 'following' : ''}`;
  const width = counts.reduce((sum, each) => sum + each.text.length + 2, 0);
  const first =
    columns > width + 8
      ? `${counts.map((each) => each.painted).join('  ')}  ${fitCells(place, columns - width)}`
      : fitCells(counts.map((each) => each.text).join(' '), columns);
  return [first, paint(fitCells(coverageText(model), columns), '2', colour), bottomLine(model, columns, colour)];
}

/** `nokia-01 82 % read · redmi 100 % read`: silence must be distinguishable from innocence. */
function coverageText({ state }: WatchModel): string {
  const wanted = state.filter.device
    ? state.coverage.filter((each) => each.deviceId === state.filter.device)
    : state.coverage;
  if (wanted.length === 1) return wanted[0]!.sentence;
  const parts = wanted.map(
    (each) =>
      `${each.deviceId} ${each.readShare === null ? 'sent nothing' : `${Math.round(each.readShare * 100)} % read`}`,
  );
  return parts.length ? `coverage: ${parts.join(' · ')}` : 'coverage: no phone has sent anything yet';
}

function bottomLine({ state }: WatchModel, columns: number, colour: boolean): string {
  if (state.view === 'search')
    return paint(fitCells(`/${state.filter.text}▏  Enter keeps, Esc clears`, columns), '7', colour);
  if (state.notice) return paint(fitCells(state.notice, columns), '33', colour);
  const keys =
    state.view === 'detail'
      ? 'Esc back  ↑↓ scroll  n next  p previous  q back'
      : '↑↓ move  Enter detail  / search  d phone  s severity  t kind  c clear  ? help  q quit';
  return paint(fitCells(keys, columns), '2', colour);
}
