/** Choices over a list, each held by the address. What the address chooses stays among them, also where the hub knows it no more. */
import { type Filter, filterValue } from '../filter-bar.tsx';
import { setFilter } from '../route.ts';
import { t } from '../words.ts';

export function Selects({ filters }: { filters: readonly Filter[] }) {
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      {filters.map(({ name, label, choices }) => {
        const chosen = filterValue(name);
        const isKnown = choices.some(({ value }) => value === chosen);
        return (
          <label key={name}>
            {t(label)}
            <select value={chosen} onChange={(event) => setFilter(name, event.currentTarget.value)}>
              {choices.map(({ value, label: called }) => (
                <option key={value} value={value}>
                  {called}
                </option>
              ))}
              {!isKnown && <option value={chosen}>{chosen}</option>}
            </select>
          </label>
        );
      })}
    </form>
  );
}
