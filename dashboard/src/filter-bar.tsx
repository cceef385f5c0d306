/** Filters over a list: a search field and choices, each held by the address, so that a link shows the same to everybody. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { route, setFilter } from './route.ts';
import { t, type Word } from './words.ts';

/** Typing is waited for this long. */
const TYPING_MS = 200;

export interface Choice {
  value: string;
  label: string;
}

export interface Filter {
  /** In the address. */
  name: string;
  label: Word;
  /** The first one is what holds when nothing is chosen; its value is the empty one. */
  choices: readonly Choice[];
}

/** What the address says of a filter; the empty text: nothing. */
export const filterValue = (name: string): string => route.value.query.get(name) ?? '';

export function FilterBar({
  filters,
  searchLabel = 'live.search',
}: {
  filters: readonly Filter[];
  searchLabel?: Word;
}) {
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <SearchField label={searchLabel} />
      {filters.map(({ name, label, choices }) => (
        <label key={name}>
          {t(label)}
          <select value={filterValue(name)} onChange={(event) => setFilter(name, event.currentTarget.value)}>
            {choices.map(({ value, label: called }) => (
              <option key={value} value={value}>
                {called}
              </option>
            ))}
          </select>
        </label>
      ))}
    </form>
  );
}

function SearchField({ label }: { label: Word }) {
  const held = filterValue('q');
  const [typed, setTyped] = useState(held);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const own = useRef(held);
  // Back, or a link: what the address says goes before what was typed.
  useEffect(() => {
    if (held !== own.current) setTyped(held);
    own.current = held;
  }, [held]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (text: string): void => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      own.current = text;
      setFilter('q', text);
    }, TYPING_MS);
  };
  return (
    <label>
      {t(label)}
      <input id="search" type="search" value={typed} onInput={(event) => type(event.currentTarget.value)} />
    </label>
  );
}
