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

type Catalogue = Readonly<Record<string, string>>;
type Whole<K> = K extends `${infer Base}_${'one' | 'other'}` ? Base : K;
/** Keys of a catalogue, forms of number taken for one. */
export type TextKeyOf<C extends Catalogue> = Whole<keyof C & string>;

/** Names of the places of a sentence: `{{name}}`, `{{code, country}}`. */
type Places<S> = S extends `${string}{{${infer Place}}}${infer Rest}`
  ? (Place extends `${infer Name}, ${string}` ? Name : Place) | Places<Rest>
  : never;
type Sentence<C extends Catalogue, K extends string> = K extends keyof C
  ? C[K]
  : `${K}_other` extends keyof C
    ? C[`${K}_other`]
    : never;

/** Every place of the sentence must be given, and nothing else; as arguments, of which there are none without places. */
export type ValuesOf<C extends Catalogue, K extends string> = [Places<Sentence<C, K>>] extends [never]
  ? []
  : [Record<Places<Sentence<C, K>>, TextValue>];

/** Sentences without places. */
export type PlainKeyOf<C extends Catalogue> = {
  [K in TextKeyOf<C>]: [Places<Sentence<C, K>>] extends [never] ? K : never;
}[TextKeyOf<C>];

export type TextKey = TextKeyOf<typeof EN>;
export type PlainKey = PlainKeyOf<typeof EN>;

export const isSameText = (a: Text | null, b: Text | null): boolean => JSON.stringify(a) === JSON.stringify(b);

export function text<K extends TextKey>(key: K, ...[values]: ValuesOf<typeof EN, K>): Text {
  return { key, values: values ?? {} };
}
