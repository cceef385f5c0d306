/** Where the person is: everything is an address behind `#`, filters included, so that back and sharing work. */
import { signal } from '@preact/signals';

export interface Route {
  page: string;
  /** What follows the page in the path, e.g. the phone. */
  rest: string;
  query: URLSearchParams;
}

const read = (): Route => {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [page = '', ...rest] = path.split('/');
  return { page: page || 'phones', rest: decoded(rest.join('/')), query: new URLSearchParams(query) };
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const route = signal<Route>(read());
addEventListener('hashchange', () => {
  route.value = read();
});

export const phoneLink = (id: string, isSimulated: boolean): string =>
  `#/phone/${encodeURIComponent(id)}${isSimulated ? '?simulated=true' : ''}`;

export const flowLink = (id: string): string => `#/flow/${encodeURIComponent(id)}`;

/** Sets one filter; an empty one goes. The history keeps one entry per page, not per letter. */
export function setFilter(name: string, value: string): void {
  history.replaceState(null, '', addressWith({ [name]: value === '' ? null : value }));
  route.value = read();
}

/** Sets several, as a step that `back` undoes; null: it goes. */
export function setFilters(changes: Record<string, string | null>): void {
  location.hash = addressWith(changes);
}

function addressWith(changes: Record<string, string | null>): string {
  const { page, rest, query } = route.value;
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) next.delete(name);
    else next.set(name, value);
  }
  const path = [page, encodeURIComponent(rest)].filter(Boolean).join('/');
  return `#/${path}${next.size > 0 ? `?${next}` : ''}`;
}
