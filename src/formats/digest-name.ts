/**
 * What `evidence.hash` calls a digest, as a text of the catalogues: `sha1 hex`, `md5 of sha1 salted (upper case)[:16 base64url]`.
 * The name stays the word for other programs; people get it in their language.
 */
import { type Text, text } from '../model/text.ts';
import { say } from './say.ts';

const NAME =
  /^(?:(md5|sha1|sha256) of )?([a-z0-9-]+)( upper hex)?( salted)?(?: \(([a-z, ]+)\))?(?:\[(\d*):(\d+) (\w+)\]| (\w+))?$/;

const LABELS = {
  'upper case': 'digest.upper',
  'lower case': 'digest.lower',
  'no separators': 'digest.bare',
  'no separators, upper case': 'digest.bare-upper',
  'no separators, lower case': 'digest.bare-lower',
} as const;
/** Those that are no names; hex and base64 are the same in every language. */
const FORMS = { raw: 'digest.raw', decimal: 'digest.decimal' } as const;

/** A form of a digest, e.g. `base64url`. */
export function digestForm(form: string): Text | string {
  return form === 'raw' || form === 'decimal' ? text(FORMS[form]) : form;
}

/** @param said with or without the form and how much of it was sent. What is named otherwise stays as it is. */
export function digestText(said: string): Text | string {
  const [, outer, name = '', upper, salted, label, from = '', to, partForm, wholeForm] = NAME.exec(said) ?? [];
  const key = label === undefined ? null : LABELS[label as keyof typeof LABELS];
  if (name === '' || key === undefined) return said;
  let digest: Text | string = name;
  if (outer)
    digest = upper ? text('digest.of-upper-hex', { outer, inner: name }) : text('digest.of', { outer, inner: name });
  if (salted) digest = text('digest.salted', { digest });
  if (key) digest = text('digest.noted', { digest, label: text(key) });
  if (to) return text('digest.part', { digest, from, to, form: digestForm(partForm ?? '') });
  return wholeForm ? text('digest.whole', { digest, form: digestForm(wholeForm) }) : digest;
}

/** The same, said. */
export function digestIn(said: string, language: string): string {
  const name = digestText(said);
  return typeof name === 'string' ? name : say(name, language);
}
