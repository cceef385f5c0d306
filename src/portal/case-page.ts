/**
 * The page from which a person marks test runs, at the size of a phone: buttons of plain forms, no script. What a case is
 * called comes from the operator, and is escaped all the same.
 */
import { escapeHtml } from '../formats/html.ts';
import { type Case, phonesOf } from '../model/case.ts';
import { CASE_EVENTS, PHASES } from '../model/words.ts';
import { page } from './html.ts';

export interface CasePageView {
  /** Newest first. */
  open: readonly Case[];
  /** What became of the last button; null: none was pressed. */
  said: { ok: boolean; text: string } | null;
}

const POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; img-src 'none'";

export function casePage({ open, said }: CasePageView): {
  status: number;
  headers: Record<string, string>;
  body: string;
} {
  const told = said === null ? '' : `<p class="${said.ok ? 'good' : 'bad'}" role="status">${escapeHtml(said.text)}</p>`;
  const cases =
    open.length === 0
      ? '<section><p>No test run is going on. Begin one: <code>phonehome case new TITLE --device ID</code></p></section>'
      : open.map(caseSection).join('\n');
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
      // With none at all a browser keeps the Origin of its forms to itself.
      'Referrer-Policy': 'same-origin',
    },
    body: page('Test runs', `${told}\n${cases}`),
  };
}

function caseSection(given: Case): string {
  const { id, title, marks, events = [], openedAt } = given;
  const phase = marks.at(-1);
  const last = [
    ...marks.map((mark) => ({ name: mark.phase, at: mark.at })),
    ...events.map(({ event, at }) => ({ name: event, at })),
  ]
    .toSorted((a, b) => b.at.localeCompare(a.at))
    .slice(0, SHOWN);
  const form = (body: string): string =>
    `<form method="post" action="/case"><input type="hidden" name="case" value="${escapeHtml(id)}">${body}</form>`;
  const button = (name: string, value: string, isNow: boolean): string =>
    `<button class="button${isNow ? '' : ' plain'}" name="${name}" value="${value}">${value.replaceAll('-', ' ')}</button>`;
  return `<section>
<h2>${escapeHtml(title)}</h2>
<p class="note">${escapeHtml(phonesOf(given)?.join(', ') ?? 'all phones')}, begun ${clock(openedAt)}</p>
<p>Phase: <strong>${escapeHtml(phase?.phase ?? 'none yet')}</strong></p>
<h3>Something was done to the phone</h3>
${form(CASE_EVENTS.map((event) => button('event', event, false)).join(''))}
${form('<label>In your own words<br><input name="event" maxlength="60" required></label> <button class="button">Note</button>')}
<h3>A phase begins</h3>
${form(
  PHASES.filter((one) => one !== 'after-consent')
    .map((one) => button('phase', one, one === phase?.phase))
    .join(''),
)}
${form('<label>Another phase<br><input name="phase" maxlength="60" required></label> <button class="button">Begin</button>')}
<ul>${last.map(({ name, at }) => `<li>${clock(at)} ${escapeHtml(name)}</li>`).join('')}</ul>
</section>`;
}

/** The latest marks are enough to see that the last button worked. */
const SHOWN = 5;

/** On the clock of the lab. */
const clock = (iso: string): string => escapeHtml(new Date(iso).toLocaleTimeString('sv-SE'));
