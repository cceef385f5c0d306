/** What a spelling is called, as a text of the catalogues: kinds give it in English, made of a name and of what varies it. */
import { PLAIN_SPELLINGS } from '../../model/catalogue/spellings.ts';
import { type Text, text } from '../../model/text.ts';

type PlainLabel = (typeof PLAIN_SPELLINGS)[number];

const plain: ReadonlySet<string> = new Set(PLAIN_SPELLINGS);
const isPlain = (label: string): label is PlainLabel => plain.has(label);
const VARIED = {
  'longitude first': 'spelling.longitude-first',
  'accents decomposed': 'spelling.accents-decomposed',
  'without accents': 'spelling.without-accents',
  'no-break spaces': 'spelling.no-break-spaces',
} as const;
const COUNTED = {
  digits: 'spelling.digits',
  characters: 'spelling.characters',
  decimals: 'spelling.decimals',
} as const;

/** A label that no catalogue knows stays as it is. */
export function spellingText(label: string): Text | string {
  if (isPlain(label)) return text(`spelling.${label}`);
  for (const [end, key] of Object.entries(VARIED)) {
    if (label.endsWith(`, ${end}`)) return text(key, { spelling: spellingText(label.slice(0, -end.length - 2)) });
  }
  const [, number = '', unit = ''] = /^(\d+) (digits|characters|decimals)$/.exec(label) ?? [];
  return unit === '' ? label : text(COUNTED[unit as keyof typeof COUNTED], { number });
}
