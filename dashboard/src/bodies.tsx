/** Searching in what was said: the lab opens what it kept, the newest first; what it finds shows as it comes. */
import { useRef, useState } from 'preact/hooks';
import type { BodyHits } from '../../src/model/opened.ts';
import { bytes as amount } from './bytes.ts';
import { filterValue } from './filter-bar.tsx';
import { ask, lab, type QueryOf, role } from './lab.ts';
import { Refusal } from './refusal.tsx';
import { flowLink, setFilter } from './route.ts';
import { t, when } from './words.ts';

type Hit = BodyHits['hits'][number];
/** More hits are asked for by a click. */
const ENOUGH = 100;

export function Bodies() {
  const [hits, setHits] = useState<Hit[]>([]);
  const [looked, setLooked] = useState(0);
  const [next, setNext] = useState<number | null>(null);
  const [state, setState] = useState<'new' | 'running' | 'over'>('new');
  const [refusal, setRefusal] = useState<string | null>(null);
  const run = useRef(0);
  const [text, setText] = useState(filterValue('text'));
  const search = async (from: number | null): Promise<void> => {
    const mine = ++run.current;
    setState('running');
    setRefusal(null);
    setFilter('text', text);
    if (from === null) {
      setHits([]);
      setLooked(0);
    }
    try {
      let before = from;
      for (let found = 0; found < ENOUGH; ) {
        const query: QueryOf<'/api/search/bodies'> = { q: text, reveal: true };
        if (filterValue('phone') !== '') query.device = filterValue('phone');
        if (before !== null) query.before = before;
        const answer: BodyHits = await ask(lab.GET('/api/search/bodies', { params: { query } }));
        if (mine !== run.current) return;
        found += answer.hits.length;
        setHits((earlier) => [...earlier, ...answer.hits]);
        setLooked((earlier) => earlier + answer.bytes);
        setNext(answer.next);
        before = answer.next;
        if (before === null) break;
      }
    } catch (error) {
      if (mine === run.current) setRefusal(error instanceof Error ? error.message : String(error));
    }
    if (mine === run.current) setState('over');
  };
  const stop = (): void => {
    run.current++;
    setState('over');
  };
  if (role.value === 'viewer') return <p class="empty">{t('content.operator')}</p>;
  return (
    <section aria-labelledby="bodies-title">
      <h1 id="bodies-title">{t('bodies.title')}</h1>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          void search(null);
        }}
      >
        <label>
          {t('bodies.text')}
          <input
            id="search"
            type="search"
            required
            minLength={3}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {state === 'running' ? (
          <button type="button" class="button" onClick={stop}>
            {t('bodies.stop')}
          </button>
        ) : (
          <button type="submit" class="button main">
            {t('bodies.go')}
          </button>
        )}
      </form>
      <p class="quiet">{t('bodies.why')}</p>
      <Refusal said={refusal} />
      <p role="status">
        {state === 'running' && <progress aria-label={t('bodies.running')} />}{' '}
        {state !== 'new' && t('bodies.looked', { bytes: amount(looked) })}
        {next !== null && t('bodies.back-to', { when: when(new Date(next).toISOString()) })}{' '}
        {state === 'over' && next === null && refusal === null && t(hits.length === 0 ? 'bodies.none' : 'bodies.over')}
      </p>
      <ul class="rows">
        {hits.map(({ flow, host, openedAt, side, exchange, before, found, behind }) => (
          <li key={`${flow} ${side} ${exchange}`}>
            <a class="row" href={flowLink(flow)}>
              <span class="what">{host}</span>
              <time>{when(new Date(openedAt).toISOString())}</time>
              <code class="facts">
                <span>
                  {before}
                  <mark>{found}</mark>
                  {behind}
                </span>
              </code>
            </a>
          </li>
        ))}
      </ul>
      {state === 'over' && next !== null && (
        <button type="button" class="button" onClick={() => void search(next)}>
          {t('bodies.more')}
        </button>
      )}
    </section>
  );
}
