/**
 * Draws the state of `watch` as lines of text, exactly as many and as wide as the terminal has.
 * Pure: the same state gives the same screen, so it is tested without a terminal.
 */

import { paint, SEVERITY_SGR } from '../../formats/terminal.ts';
import { SEVERITIES } from '../../model/alert.ts';
import { cells, fitCells, wrap } from '../terminal-text.ts';
import { alertLine, headLine, layout } from './columns.ts';
import { coverageLines, shareOf } from './coverage.ts';
import { detailLines } from './detail.ts';
import type { View, WatchModel } from './model.ts';

export interface Screen {
  columns: number;
  rows: number;
  colour: boolean;
  /** Shown in the title: which lab. */
  title: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Key and what it does; without a key an explanation. */
const HELP: [keys: string, does: string][] = [
  ['', 'Live alerts of the lab, the one seen last first. The top row follows what comes in.'],
  ['↑ ↓  j k', 'move'],
  ['PgUp PgDn', 'a page (also b and Space)'],
  ['g  G', 'to the top, which follows; to the end, where earlier ones are loaded'],
  ['Enter', 'everything about one alert (n, p: the next, the one before; r: its value)'],
  ['/', 'search text'],
  ['d s t x', 'next phone, minimum severity, kind; only the world or only what is simulated'],
  ['c  Esc', 'all filters off'],
  ['v', 'what could be read of each phone, and what not'],
  ['q  Ctrl-C', 'leave; the lab goes on'],
  ['sent', 'clear: anyone on the path can read it; TLS: read by the lab only'],
  ['n', 'how often it went to this destination from this place'],
  ['what', 'a ? behind the kind: only possible, judged by its shape'],
  ['to', 'country of the server, company (its country where it differs), host'],
  ['sim', 'simulated: a replay or a test, not the world'],
  ['', '↑ ↓ scroll; any other key goes back.'],
];

const HELP_KEY_CELLS = 11;

function helpLines(columns: number): string[] {
  return HELP.flatMap(([keys, does]) => {
    const indent = keys === '' ? 0 : HELP_KEY_CELLS;
    return wrap(does, Math.max(10, columns - indent)).map(
      (line, index) => `${(index ? '' : keys).padEnd(indent)}${line}`,
    );
  });
}

export function drawScreen(model: WatchModel, screen: Screen): string[] {
  const { columns, rows, colour } = screen;
  const foot = footer(model, screen);
  const warnings = [...storeLines(model, screen), ...trustLines(model, screen)];
  const bodyRows = Math.max(1, rows - 1 - warnings.length - foot.length);
  const body = bodyOf(model, screen, bodyRows);
  const blank = ' '.repeat(columns);
  const filled = [...body, ...Array<string>(bodyRows).fill(blank)].slice(0, bodyRows);
  return [titleLine(model, screen.title, columns, colour), ...warnings, ...filled, ...foot].slice(0, rows);
}

function bodyOf(model: WatchModel, screen: Screen, rows: number): string[] {
  const { columns, colour } = screen;
  const { state } = model;
  if (state.view === 'help')
    return page(
      model,
      helpLines(columns).map((line) => fitCells(line, columns)),
      rows,
    );
  if (state.view === 'coverage') return page(model, coverageLines(state.coverage, columns, colour), rows);
  if (state.view !== 'detail') return list(model, screen, rows);
  const alert = model.selected();
  if (!alert) return [fitCells('This alert is gone.', columns)];
  const revealed = state.revealed?.id === alert.id ? state.revealed : null;
  return page(model, detailLines(alert, columns, colour, revealed), rows);
}

/** As much as fits from where it was scrolled to. */
function page({ state }: WatchModel, lines: string[], rows: number): string[] {
  state.pageRows = rows;
  state.top = Math.min(state.top, Math.max(0, lines.length - rows));
  return lines.slice(state.top, state.top + rows);
}

/** The disk refuses: what is on the screen may be nowhere else. */
function storeLines({ state }: WatchModel, { columns, colour }: Screen): string[] {
  if (state.notStored === 0) return [];
  const alerts = state.notStored === 1 ? '1 alert is' : `${state.notStored} alerts are`;
  return [` The disk is full: ${alerts} shown and not stored yet. Free some space.`].map((line) =>
    paint(fitCells(line, columns), '1;97;41', colour),
  );
}

/** What a technician must know first: nothing encrypted can be read of this phone, and what to do about it. */
function trustLines({ state }: WatchModel, { columns, colour, rows }: Screen): string[] {
  const refusing = state.coverage.filter(
    ({ trust, deviceId }) => trust === 'refuses' && (!state.filter.device || deviceId === state.filter.device),
  );
  const ids = [...new Set(refusing.map(({ deviceId }) => deviceId))];
  if (ids.length === 0 || rows < 10) return [];
  const who = ids.length > 2 ? `${ids.length} phones do` : `${ids.join(' and ')} ${ids.length > 1 ? 'do' : 'does'}`;
  const what = `${who} not trust the lab yet: nothing encrypted can be read`;
  const todo = 'On the phone open http://phonehome.lab and install the certificate';
  return [what, todo].map((line) => paint(fitCells(` ${line}`, columns), '1;97;41', colour));
}

function titleLine(model: WatchModel, title: string, columns: number, colour: boolean): string {
  const { link, filter } = model.state;
  const state = {
    live: '● live',
    silent: '○ no answer',
    connecting: '○ connecting',
    reconnecting: '○ reconnecting',
  }[link];
  const filters = [
    filter.device && `phone ${filter.device}`,
    filter.severity && `${filter.severity} or worse`,
    filter.kind && `kind ${filter.kind}`,
    filter.simulated !== null && (filter.simulated ? 'simulated' : 'the world'),
    filter.text && `"${filter.text}"`,
  ].filter(Boolean);
  const right = filters.length ? `only ${filters.join(', ')}` : 'all alerts';
  const left = ` Phonehome  ${title}`;
  const middle = fitCells(left, Math.max(0, columns - cells(state) - cells(right) - 4));
  return paint(fitCells(`${middle} ${right}  ${state}`, columns), link === 'live' ? '1;30;42' : '1;30;43', colour);
}

function list(model: WatchModel, { columns, colour, now }: Screen, rows: number): string[] {
  const place = layout(columns, model.alerts.hasSimulated());
  const all = model.list();
  const pageRows = Math.max(1, rows - 1);
  model.state.pageRows = pageRows;
  const index = model.selectedIndex();
  const top = Math.max(0, Math.min(all.length - pageRows, index - Math.floor(pageRows / 2)));
  const lines = all
    .slice(top, top + pageRows)
    .map((alert, offset) => alertLine(alert, place, { selected: top + offset === index, colour, now }));
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

function footer(model: WatchModel, { columns, rows, colour }: Screen): string[] {
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
  // A sentence that is cut may lose the part that matters.
  const said = wrap(coverageText(model), columns).slice(0, Math.max(1, Math.min(3, Math.floor(rows / 8))));
  return [
    first,
    ...said.map((line) => paint(fitCells(line, columns), '2', colour)),
    bottomLine(model, columns, colour),
  ];
}

/** `nokia-01 82 % read · redmi 100 % read`: silence must be distinguishable from innocence. */
function coverageText({ state }: WatchModel): string {
  const wanted = state.filter.device
    ? state.coverage.filter((each) => each.deviceId === state.filter.device)
    : state.coverage;
  if (wanted.length === 1) return wanted[0]!.sentence;
  const parts = wanted.map((each) => `${each.deviceId}${each.simulated ? ' (sim)' : ''} ${shareOf(each)}`);
  return parts.length ? `coverage: ${parts.join(' · ')}` : 'coverage: no phone has sent anything yet';
}

const KEYS: Partial<Record<View, string[]>> = {
  list: [
    '↑↓ move  Enter detail  / search  d phone  s severity  t kind  x simulated  v coverage  c clear  ? help  q quit',
    '↑↓ Enter detail  / search  d phone  s severity  t kind  v coverage  ? help  q quit',
    '↑↓ Enter  / search  d s t x filter  v coverage  ? help  q quit',
    '↑↓ Enter  / d s t x  v coverage  ? help  q quit',
    '? help  q quit',
  ],
  detail: [
    'Esc back  ↑↓ scroll  n next  p previous  r reveal the value (audited)',
    'Esc back  ↑↓ scroll  n p next, previous  r reveal',
    'Esc back  n p  r reveal',
  ],
  help: ['↑↓ scroll  any other key goes back'],
  coverage: ['↑↓ scroll  any other key goes back'],
};

function bottomLine({ state }: WatchModel, columns: number, colour: boolean): string {
  if (state.view === 'search')
    return paint(fitCells(`/${state.filter.text}▏  Enter keeps, Esc clears`, columns), '7', colour);
  if (state.notice) return paint(fitCells(state.notice, columns), '33', colour);
  const texts = KEYS[state.view] ?? [];
  return paint(fitCells(texts.find((text) => cells(text) <= columns) ?? texts.at(-1) ?? '', columns), '2', colour);
}
