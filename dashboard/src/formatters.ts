/** Formatters of `Intl`, each made once: making one takes a hundred times as long as using it, and a list uses dozens a frame. */
const made = new Map<string, unknown>();

function once<T>(key: string, make: () => T): T {
  const known = made.get(key) as T | undefined;
  if (known !== undefined) return known;
  const fresh = make();
  made.set(key, fresh);
  return fresh;
}

export const numbers = (language: string, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat =>
  once(`number ${language} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(language, options));
export const times = (locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  once(`time ${locale} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, options));
export const regions = (language: string): Intl.DisplayNames =>
  once(`region ${language}`, () => new Intl.DisplayNames(language, { type: 'region' }));
