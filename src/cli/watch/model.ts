/**
 * What `watch` knows and how keys change it. No terminal in here: keys come in as words, the screen is drawn from the state.
 * Promise: the selection stays on its alert while new ones arrive; at the top it follows the newest.
 */
import { type Alert, SEVERITIES } from '../../model/alert.ts';
import type { DeviceCoverage } from '../../model/coverage.ts';
import type { LinkState } from '../live-alerts.ts';
import { type AlertList, createAlertList } from './alert-list.ts';
import { type Filter, NO_FILTER } from './filter.ts';

export type View = 'list' | 'detail' | 'help' | 'search' | 'coverage';

/** A key by name (`up`, `page-down`, `enter`, `escape`, `backspace`…), or the text that was typed. */
export type WatchKey = { name: string } | { text: string };

export interface WatchState {
  view: View;
  link: LinkState;
  filter: Filter;
  /** Null: follows the newest. */
  selectedId: string | null;
  /** First line of the detail, the help or the coverage. */
  top: number;
  /** A value that was asked for; forgotten when its detail is left. */
  revealed: { id: string; value: string; seen: string } | null;
  coverage: DeviceCoverage[];
  /** Alerts that are shown and not stored: the lab's disk refuses. */
  notStored: number;
  loadingOlder: boolean;
  /** Lines of the list on the screen, as last drawn. */
  pageRows: number;
  /** Shown once at the bottom, e.g. why older alerts cannot be had. */
  notice: string | null;
}

export interface WatchModel {
  alerts: AlertList;
  state: WatchState;
  /** Alerts that match the filter, newest first. */
  list(): Alert[];
  /** Index of the selected row in `list()`, 0 when following or when the alert is filtered out. */
  selectedIndex(): number;
  selected(): Alert | null;
  /** Says what the caller has to do besides drawing. `reveal`: fetch the value of the selected alert, which is audited. */
  press(key: WatchKey): 'quit' | 'older' | 'reveal' | null;
}

export function createWatchModel(filter: Partial<Filter> = {}, alerts: AlertList = createAlertList()): WatchModel {
  const state: WatchState = {
    view: 'list',
    link: 'connecting',
    filter: { ...NO_FILTER, ...filter },
    selectedId: null,
    top: 0,
    revealed: null,
    coverage: [],
    notStored: 0,
    loadingOlder: false,
    pageRows: 20,
    notice: null,
  };
  const list = () => alerts.view(state.filter);
  /** Where the selection was when it was last seen: the place to stay at when its alert is filtered out. */
  let lastIndex = 0;
  const selectedIndex = () => {
    if (state.selectedId === null) return 0;
    const rows = list();
    const index = rows.findIndex(({ id }) => id === state.selectedId);
    if (index >= 0) lastIndex = index;
    return index >= 0 ? index : Math.max(0, Math.min(lastIndex, rows.length - 1));
  };
  const selected = () => list()[selectedIndex()] ?? null;

  /** Moves the selection; the top means following again. */
  const move = (index: number) => {
    const rows = list();
    const to = Math.max(0, Math.min(rows.length - 1, index));
    state.selectedId = to === 0 ? null : (rows[to]?.id ?? null);
    Object.assign(state, { top: 0, revealed: null });
    return index >= rows.length - 1 && alerts.wantsOlder() && !state.loadingOlder ? 'older' : null;
  };
  const narrow = (part: Partial<Filter>) => {
    state.filter = { ...state.filter, ...part };
    return list().length < state.pageRows && alerts.wantsOlder() && !state.loadingOlder ? 'older' : null;
  };

  const moves: Record<string, () => number> = {
    up: () => selectedIndex() - 1,
    down: () => selectedIndex() + 1,
    'page-up': () => selectedIndex() - state.pageRows,
    'page-down': () => selectedIndex() + state.pageRows,
    home: () => 0,
    end: () => list().length - 1,
  };

  const inSearch = (key: WatchKey) => {
    const { text } = state.filter;
    if ('text' in key) return narrow({ text: (text + key.text).slice(0, 100) });
    if (key.name === 'backspace') return narrow({ text: [...text].slice(0, -1).join('') });
    if (key.name === 'escape') narrow({ text: '' });
    if (key.name === 'enter' || key.name === 'escape') state.view = 'list';
    return null;
  };

  /** Detail, help and coverage: pages that may be longer than the screen. */
  const inPage = (key: WatchKey) => {
    const scrolled = 'name' in key ? SCROLL[key.name] : undefined;
    if (scrolled) {
      state.top = Math.max(0, state.top + scrolled(state.pageRows));
      return null;
    }
    if (state.view === 'detail' && 'text' in key) {
      if (key.text === 'n' || key.text === 'p') return move(selectedIndex() + (key.text === 'n' ? 1 : -1));
      if (key.text === 'r') return selected()?.identifier ? 'reveal' : null;
      if (key.text !== 'q') return null;
    } else if (state.view === 'help' && 'text' in key && key.text === 'q') return 'quit';
    Object.assign(state, { view: 'list', revealed: null, top: 0 });
    return null;
  };

  const letter = (text: string) => {
    const { filter: now } = state;
    switch (text) {
      case 'q':
        return 'quit';
      case '?':
        Object.assign(state, { view: 'help', top: 0 });
        return null;
      case 'v':
        Object.assign(state, { view: 'coverage', top: 0 });
        return null;
      case '/':
        state.view = 'search';
        return null;
      case 'g':
      case 'f':
        return move(0);
      case 'G':
        return move(list().length - 1);
      case 'd':
        return narrow({ device: next(alerts.devices(), now.device) });
      case 't':
        return narrow({ kind: next(alerts.kinds(), now.kind) });
      case 's':
        return narrow({ severity: next(SEVERITIES.slice(1), now.severity) });
      case 'x':
        return narrow({ simulated: next([false, true], now.simulated) });
      case 'c':
        return narrow(NO_FILTER);
      default:
        return null;
    }
  };

  return {
    alerts,
    state,
    list,
    selectedIndex,
    selected,
    press(given) {
      state.notice = null;
      if (state.view === 'search') return inSearch(given);
      const key = 'text' in given && LETTER_MOVES[given.text] ? { name: LETTER_MOVES[given.text]! } : given;
      if (state.view !== 'list') return inPage(key);
      if ('text' in key) return letter(key.text);
      if (key.name === 'enter' || key.name === 'right') {
        const alert = selected();
        // The detail stays on its alert while newer ones arrive.
        if (alert) Object.assign(state, { view: 'detail', selectedId: alert.id, top: 0 });
        return null;
      }
      if (key.name === 'escape') return narrow(NO_FILTER);
      const to = moves[key.name];
      return to ? move(to()) : null;
    },
  };
}

const SCROLL: Record<string, (page: number) => number> = {
  up: () => -1,
  down: () => 1,
  'page-up': (page) => -page,
  'page-down': (page) => page,
  home: () => -Infinity,
};

const LETTER_MOVES: Record<string, string> = { j: 'down', k: 'up', ' ': 'page-down', b: 'page-up' };

/** The one after `now`; after the last one none. */
function next<T>(choices: readonly T[], now: T | null): T | null {
  return now === null ? (choices[0] ?? null) : (choices[choices.indexOf(now) + 1] ?? null);
}
