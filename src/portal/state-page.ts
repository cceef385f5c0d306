/**
 * The two lists that turn green by themselves, as pages in a frame: where the phone stands, and what the lab found of its test
 * values. Each asks for itself again after some seconds (`Refresh`, which every browser knows), and loads small images by the lab's
 * own addresses: whichever arrives proves its line.
 */
import { escapeHtml } from '../formats/html.ts';
import type { SetupKey } from '../model/catalogue/setup-en.ts';
import { framed } from './html.ts';
import type { PhoneKind } from './phone.ts';
import { BY_HAND, type SelfTest, TESTS, type Test } from './self-test.ts';
import type { Visit } from './visits.ts';
import type { PageWords } from './words.ts';

export interface StateView {
  words: PageWords;
  phone: PhoneKind;
  visit: Visit;
  number: string;
  query: string;
  /** How often it has asked for itself. */
  times: number;
  /** `http://phonehome.lab` and `https://phonehome.lab`; the first is empty on a page that came from there. */
  clearBase: string;
  tlsBase: string;
}

export interface StatePage {
  body: string;
  /** Address to ask for in some seconds; null: nothing more will change by itself. */
  next: string | null;
}

/** An hour of waiting; then a person asks. */
const MOST_TIMES = 1200;
/** Values that were sent are found within milliseconds; a slow phone sends for some seconds. */
const MOST_TEST_TIMES = 8;

export function statePage(view: StateView): StatePage {
  const { words, phone, visit, query, times } = view;
  const lines: { isDone: boolean; key: SetupKey; todo: SetupKey | null }[] = [
    { isDone: true, key: 'steps.reaches', todo: null },
    { isDone: visit.passed, key: 'steps.passes', todo: 'steps.passes.todo' },
    { isDone: visit.downloaded || visit.trusted, key: 'steps.downloaded', todo: 'steps.downloaded.todo' },
    {
      isDone: visit.trusted,
      key: 'steps.trusted',
      todo: phone.system === 'ios' ? 'steps.trusted.todo-ios' : 'steps.trusted.todo',
    },
    { isDone: visit.found.size > 0, key: 'steps.caught', todo: 'steps.caught.todo' },
  ];
  const list = lines.map(({ isDone, key, todo }) =>
    line(
      isDone ? 'done' : 'open',
      isDone ? '✓' : '',
      words.say(isDone || todo === null ? key : todo),
      words.say(isDone ? 'steps.done' : 'steps.open'),
    ),
  );
  const isOver = lines.every(({ isDone }) => isDone) || times >= MOST_TIMES;
  const probes = [
    visit.passed ? null : `${view.clearBase}/check/through.svg?n=${view.number}&t=${times}`,
    visit.trusted ? null : `${view.tlsBase}/check/seen.svg?n=${view.number}&t=${times}`,
  ];
  const more = `<p><a href="/setup?${escapeHtml(query)}" target="_top">${escapeHtml(words.say('steps.next'))}</a></p>
<p class="note">${escapeHtml(words.say(isOver ? 'steps.again' : 'steps.live'))}</p>`;
  return {
    body: framed(words.language, words.say('steps.title'), `<ul>${list.join('')}</ul>${images(probes)}${more}`),
    next: isOver ? null : `/setup/state?${query}&t=${times + 1}`,
  };
}

export function resultsPage(view: StateView, selfTest: SelfTest): StatePage {
  const { words, visit, query, times, number } = view;
  const stateOf = (test: Test): 'found' | 'missed' | 'waiting' =>
    visit.found.has(test) ? 'found' : visit.sent.has(test) ? 'missed' : 'waiting';
  const list = TESTS.map((test) => {
    const state = stateOf(test);
    // What was just sent may be found in a moment.
    const isEarly = state === 'missed' && times < MOST_TEST_TIMES;
    const key: SetupKey =
      state === 'waiting' && test === 'https' && !visit.trusted
        ? 'check.not-trusted'
        : isEarly
          ? 'check.waiting'
          : `check.${state}`;
    const sign = state === 'found' ? '✓' : state === 'missed' && !isEarly ? '✗' : '';
    return line(
      sign === '✓' ? 'done' : sign === '✗' ? 'missed' : 'open',
      sign,
      words.say(`test.${test}`),
      words.say(key),
    );
  });
  const toSend = TESTS.filter((test) => !BY_HAND.has(test) && !visit.sent.has(test));
  const probes = toSend.map(
    (test) => `${test === 'https' ? view.tlsBase : view.clearBase}${selfTest.address(test, number)}&t=${times}`,
  );
  const count = words.say('check.count', { found: visit.found.size, sent: visit.sent.size });
  const isOver = times >= MOST_TEST_TIMES || (toSend.length === 0 && visit.found.size === visit.sent.size);
  return {
    body: framed(
      words.language,
      words.say('check.values'),
      `<ul>${list.join('')}</ul><p class="note">${escapeHtml(count)}</p>${isOver ? '' : images(probes)}`,
    ),
    next: isOver ? null : `/check/results?${query}&t=${times + 1}`,
  };
}

const line = (state: string, sign: string, what: string, said: string): string =>
  `<li class="${state}"><span class="sign" aria-hidden="true">${sign}</span>${escapeHtml(what)} <span class="note">(${escapeHtml(said.replace(/^[✓✗] /, ''))})</span></li>`;

const images = (addresses: readonly (string | null)[]): string =>
  addresses
    .filter((address) => address !== null)
    .map((address) => `<img class="probe" src="${escapeHtml(address)}" alt="">`)
    .join('');
