/** Building spellings: what all kinds share about how a registered value may stand on the wire. */
import type { Spelling } from '../kind.ts';

/** Spells one value; flags default to the plain case: unbounded, exact case, hashes searched too. */
export function spelling(
  text: string,
  value: string,
  label: string,
  flags: { bounded?: boolean; anyCase?: boolean; hashed?: boolean; isPart?: Spelling['isPart'] } = {},
): Spelling {
  const { bounded = false, anyCase = false, hashed = true, isPart } = flags;
  return { text, value, label, bounded, anyCase, hashed, ...(isPart && { isPart }) };
}

/** Without texts that occur twice; the first, which has the better label, stays, and takes the wider flags of both. */
export function distinct(spellings: Spelling[]): Spelling[] {
  const kept = new Map<string, Spelling>();
  for (const one of spellings) {
    if (one.text === '') continue;
    const before = kept.get(one.text);
    if (!before) kept.set(one.text, { ...one });
    else {
      before.bounded &&= one.bounded;
      before.anyCase ||= one.anyCase;
      before.hashed ||= one.hashed;
    }
  }
  return [...kept.values()];
}
