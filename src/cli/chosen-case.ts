/** Which case is meant: by its id or the beginning of one, or the newest that fits. */
import type { Case } from '../model/case.ts';
import { LabError } from '../model/lab.ts';
import type { CaseStore } from './case-store.ts';
import { words } from './words.ts';

export async function newestFirst(store: CaseStore): Promise<Case[]> {
  return (await store.list()).sort((a, b) => b.openedAt.localeCompare(a.openedAt));
}

/** The case with this id (its beginning is enough when it is the only one), or the newest that fits. @throws LabError */
export async function chooseCase(
  store: CaseStore,
  id: string | undefined,
  fits: (each: Case) => boolean = () => true,
): Promise<Case> {
  const all = await newestFirst(store);
  if (id === undefined) {
    const newest = all.find(fits);
    if (!newest) throw new LabError(words('case.not-going-on'));
    return newest;
  }
  const exact = all.find((each) => each.id === id);
  const beginning = all.filter((each) => each.id.startsWith(id));
  const found = exact ?? (beginning.length === 1 ? beginning[0] : undefined);
  if (!found) throw new LabError(words(beginning.length ? 'case.several' : 'case.unknown', { id }));
  return found;
}
