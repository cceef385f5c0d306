/**
 * Places of sentences: `{{name}}`, and `{{name, of(one: alert; other: alerts)}}`, a number with the form its noun takes beside it
 * (`1 alert`). Promise: what is filled in is never read again, so nothing in a value is taken for a place.
 */
const rules = new Map<string, Intl.PluralRules>();

/** @param forms by the categories of CLDR: `one`, `other` */
export function numbered(value: unknown, language: string, forms: Readonly<Record<string, unknown>>): string {
  const rule = rules.get(language) ?? new Intl.PluralRules(language);
  rules.set(language, rule);
  return `${String(value)} ${String(forms[rule.select(Number(value))] ?? forms.other)}`;
}

/** Of catalogues that are said without i18next; a place without a value stays as it is. */
export const filled = (sentence: string, values: Readonly<Record<string, string | number>>, language: string): string =>
  sentence.replace(/\{\{(\w+)(?:, of\(one: ([^;]*); other: ([^)]*)\))?\}\}/g, (place, name: string, one, other) => {
    if (!Object.hasOwn(values, name)) return place;
    return one === undefined ? String(values[name]) : numbered(values[name], language, { one, other });
  });
