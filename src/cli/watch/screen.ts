/**
 * Draws the state of `watch` as lines of text, exactly as many and as wide as the terminal has.
 * Pure: the same state gives the same screen, so it is tested without a terminal.
 */

import { paint, SEVERITY_SGR } from '../../formats/terminal.ts';
import { SEVERITIES } from '../../model/alert.ts';
import { cells, fitCells, wrap } from '../terminal-text.ts';
import { type PlainWord, words } from '../words.ts';
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
const HELP: [keys: string, does: PlainWord][] = [
  ['', 'help.intro'],
  ['↑ ↓  j k', 'help.move'],
  ['PgUp PgDn', 'help.page'],
  ['g  G', 'help.ends'],
  ['Enter', 'help.enter'],
  ['/', 'help.search'],
  ['d s t x', 'help.filters'],
  ['c  Esc', 'help.clear'],
  ['v', 'help.coverage'],
  ['q  Ctrl-C', 'help.quit'],
];
/** Columns and what stands in them. */
const HELP_COLUMNS = ['sent', 'n', 'what', 'to', 'sim'] as const;

const HELP_KEY_CELLS = 11;

function helpLines(columns: number): string[] {
  const rows: [name: string, does: PlainWord][] = [
    ...HELP,
    ...HELP_COLUMNS.map((name): [string, PlainWord] => [words(`column.${name}`), `help.${name}`]),
    ['', 'help.back'],
  ];
  return rows.flatMap(([name, does]) => {
    const indent = name === '' ? 0 : HELP_KEY_CELLS;
    return wrap(words(does), Math.max(10, columns - indent)).map(
      (line, index) => `${fitCells(index ? '' : name, indent)}${line}`,
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
  if (!alert) return [fitCells(words('watch.gone'), columns)];
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
  const line = words('watch.not-stored', { count: state.notStored });
  return [paint(fitCells(line, columns), '1;97;41', colour)];
}

/** What a technician must know first: nothing encrypted can be read of this phone, and what to do about it. */
function trustLines({ state }: WatchModel, { columns, colour, rows }: Screen): string[] {
  const refusing = state.coverage.filter(
    ({ trust, deviceId }) => trust === 'refuses' && (!state.filter.device || deviceId === state.filter.device),
  );
  const ids = [...new Set(refusing.map(({ deviceId }) => deviceId))];
  if (ids.length === 0 || rows < 10) return [];
  const [one = '', other] = ids;
  const two = other === undefined ? one : words('watch.two', { one, other });
  const who = ids.length > 2 ? words('watch.phones', { number: ids.length }) : two;
  return [words(other === undefined ? 'watch.distrusts' : 'watch.distrust', { who }), words('watch.install')].map(
    (line) => paint(fitCells(line, columns), '1;97;41', colour),
  );
}

function titleLine(model: WatchModel, title: string, columns: number, colour: boolean): string {
  const { link, filter } = model.state;
  const state = words(`link.${link}`);
  const filters = [
    filter.device && words('watch.only-phone', { id: filter.device }),
    filter.severity && words('watch.only-severity', { severity: words(`severity.${filter.severity}`) }),
    filter.kind && words('watch.only-kind', { kind: filter.kind }),
    filter.simulated !== null && words(filter.simulated ? 'watch.only-simulated' : 'watch.only-world'),
    filter.text && `"${filter.text}"`,
  ].filter(Boolean);
  const right = filters.length ? words('watch.only', { filters: filters.join(', ') }) : words('watch.all');
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
      fitCells(words(model.alerts.size() ? 'watch.nothing-matches' : 'watch.nothing-yet'), columns),
    );
  return [headLine(place, colour), ...lines];
}

function footer(model: WatchModel, { columns, rows, colour }: Screen): string[] {
  const { state, alerts } = model;
  const totals = alerts.totals();
  const counts = [...SEVERITIES].reverse().map((severity) => {
    const text = `${words(`severity.${severity}`)} ${totals[severity]}`;
    return { text, painted: totals[severity] ? paint(text, SEVERITY_SGR[severity], colour) : paint(text, '2', colour) };
  });
  const place = `${model.list().length ? model.selectedIndex() + 1 : 0}/${model.list().length}${alerts.wantsOlder() ? '+' : ''}${state.loadingOlder ? ' …' : ''} ${state.selectedId === null ? words('watch.following') : ''}`;
  const width = counts.reduce((sum, each) => sum + cells(each.text) + 2, 0);
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
  const parts = wanted.map((each) => `${each.deviceId}${each.simulated ? words('watch.sim') : ''} ${shareOf(each)}`);
  return parts.length ? words('watch.coverage', { parts: parts.join(' · ') }) : words('watch.no-phone');
}

/** The longest that fits is shown. */
const KEYS: Partial<Record<View, PlainWord[]>> = {
  list: ['keys.list.1', 'keys.list.2', 'keys.list.3', 'keys.list.4', 'keys.list.5'],
  detail: ['keys.detail.1', 'keys.detail.2', 'keys.detail.3'],
  help: ['keys.page'],
  coverage: ['keys.page'],
};

function bottomLine({ state }: WatchModel, columns: number, colour: boolean): string {
  if (state.view === 'search')
    return paint(fitCells(words('watch.search', { typed: state.filter.text }), columns), '7', colour);
  if (state.notice) return paint(fitCells(state.notice, columns), '33', colour);
  const texts = (KEYS[state.view] ?? []).map((key) => words(key));
  return paint(fitCells(texts.find((text) => cells(text) <= columns) ?? texts.at(-1) ?? '', columns), '2', colour);
}
