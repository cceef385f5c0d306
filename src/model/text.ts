/**
 * A sentence before it is in a language: the key of a catalogue and the values it holds. Everything a person reads in an
 * alert or a verdict is made as one of these; `say` (src/formats) puts it into words.
 */
import type { EN } from './catalogue/en.ts';

export interface Text {
  key: string;
  values: { [name: string]: TextValue };
}

/** A text is put into the same language; of a list the items are separated by semicolons. */
export type TextValue = string | number | Text | readonly TextValue[];

type EntryKey = keyof typeof EN;
type Whole<K> = K extends `${infer Base}_${'one' | 'other'}` ? Base : K;
export type TextKey = Whole<EntryKey>;

/** Names of the places of a sentence: `{{name}}`, `{{code, country}}`. */
type Places<S> = S extends `${string}{{${infer Place}}}${infer Rest}`
  ? (Place extends `${infer Name}, ${string}` ? Name : Place) | Places<Rest>
  : never;
type Sentence<K extends TextKey> = K extends EntryKey
  ? (typeof EN)[K]
  : `${K}_other` extends EntryKey
    ? (typeof EN)[`${K}_other`]
    : never;
type Values<K extends TextKey> = Record<Places<Sentence<K>>, TextValue>;

/** Sentences without places. */
export type PlainKey = { [K in TextKey]: [Places<Sentence<K>>] extends [never] ? K : never }[TextKey];

export const isSameText = (a: Text | null, b: Text | null): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Every place of the sentence must be given, and nothing else. */
export function text<K extends TextKey>(
  key: K,
  ...[values]: [Places<Sentence<K>>] extends [never] ? [] : [Values<K>]
): Text {
  return { key, values: values ?? {} };
}
