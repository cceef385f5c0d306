/** The time of a case as a drawing: its phases, what was done to the phone, and when each receiver was connected to. */
import { escapeHtml } from '../formats/html.ts';
import { type CaseRecord, isFinding } from '../model/case-record.ts';
import { type Block, shown } from './document.ts';
import { hostOf, kindOf } from './receivers.ts';
import type { Words } from './words.ts';

const WIDTH = 720;
const LEFT = 150;
const ROW = 22;
const MAX_ROWS = 10;
const MAX_NAME = 26;
/** Of the drawing's units: what lies closer together is one dot, however much it is. */
const STEPS = 2;

/** Nothing where nothing was marked and nothing left. */
export function chartOf(record: CaseRecord, words: Words): Block[] {
  const { case: given, alerts, until, openings } = record;
  const findings = alerts.filter(isFinding);
  if (given.marks.length + (given.events?.length ?? 0) + findings.length === 0) return [];
  const from = Date.parse(given.openedAt);
  const span = Math.max(1, Date.parse(until) - from);
  const x = (time: number): number =>
    Math.round((LEFT + Math.min(1, Math.max(0, (time - from) / span)) * (WIDTH - LEFT - 10)) * STEPS) / STEPS;
  const receivers = [...Map.groupBy(findings, hostOf)];
  const sorts = new Set((given.events ?? []).map(({ event }) => event)).size;
  const more = Math.max(0, receivers.length - MAX_ROWS) + Math.max(0, sorts - MAX_ROWS);
  const rows = [
    phaseRow(record, x, words),
    ...eventRows(record, x, words),
    ...receivers.slice(0, MAX_ROWS).map(([host, those]) => ({
      name: host,
      drawn: [
        ...once(openings.get(those[0]?.destination?.host ?? '') ?? [], x).map(stroke),
        ...once(
          those.map(({ firstSeen }) => Date.parse(firstSeen)),
          x,
        ).map((left) => `<circle cx="${left}" cy="11" r="3.5"/>`),
      ].join(''),
    })),
  ];
  const height = rows.length * ROW + 24;
  const drawn = rows.map(
    ({ name, drawn: inner }, index) =>
      `<g transform="translate(0 ${index * ROW})"><text x="0" y="15">${escapeHtml(short(name))}</text><line x1="${LEFT}" y1="21.5" x2="${WIDTH - 10}" y2="21.5" stroke="#bbb"/>${inner}</g>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="Libertinus Serif, serif" font-size="11">${drawn.join('')}${axis(given.openedAt, until, height)}</svg>`;
  const text = words.say('chart', { findings: [...new Set(findings.map((one) => kindOf(one, words)))].join(', ') });
  return [
    { type: 'figure', svg, text },
    { type: 'paragraph', text: words.say('chart.legend') },
    ...(more > 0 ? [{ type: 'paragraph' as const, text: words.say('chart.more', { count: more }) }] : []),
  ];
}

interface Row {
  name: string;
  drawn: string;
}
type X = (time: number) => number;

function phaseRow({ phases, until }: CaseRecord, x: X, { say, name }: Words): Row {
  const drawn = phases
    .filter(({ phase }) => phase !== null)
    .map(({ phase, from, to }, index) => {
      const [left, right] = [x(Date.parse(from)), x(Date.parse(to ?? until))];
      const letters = Math.floor((right - left - 6) / 5.4);
      const label = shown(name('phase', phase ?? ''));
      const text = letters < 3 ? '' : label.length > letters ? `${label.slice(0, letters - 1)}…` : label;
      return `<rect x="${left}" y="2" width="${Math.max(1, right - left)}" height="17" fill="${index % 2 ? '#fff' : '#ddd'}" stroke="#000" stroke-width=".6"/><text x="${left + 3}" y="14.5">${escapeHtml(text)}</text>`;
    });
  return { name: say('chart.phases'), drawn: drawn.join('') };
}

function eventRows({ case: given }: CaseRecord, x: X, { name }: Words): Row[] {
  const byName = Map.groupBy(given.events ?? [], ({ event }) => event);
  return [...byName].slice(0, MAX_ROWS).map(([event, those]) => ({
    name: shown(name('phase', event)),
    drawn: once(
      those.map(({ at }) => Date.parse(at)),
      x,
    )
      .map((left) => `<path d="M${left} 17l-4 -9h8z"/>`)
      .join(''),
  }));
}

/** Where they are drawn, each place once. */
const once = (times: readonly number[], x: X): number[] => [...new Set(times.map(x))];
const stroke = (at: number): string => `<line x1="${at}" y1="4" x2="${at}" y2="18" stroke="#000" stroke-width=".8"/>`;
const short = (text: string): string => (text.length > MAX_NAME ? `${text.slice(0, MAX_NAME - 1)}…` : text);

function axis(from: string, until: string, height: number): string {
  const clock = (iso: string): string => shown(iso.slice(0, 16).replace('T', ' '));
  return `<text x="${LEFT}" y="${height - 6}">${escapeHtml(clock(from))}</text><text x="${WIDTH - 10}" y="${height - 6}" text-anchor="end">${escapeHtml(clock(until))}</text>`;
}
