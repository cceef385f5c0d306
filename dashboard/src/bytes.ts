/** Amounts of bytes as people read them. */
import { numbers } from './formatters.ts';
import { language } from './words.ts';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

export function bytes(amount: number): string {
  const power = Math.min(UNITS.length - 1, amount < 1000 ? 0 : Math.floor(Math.log10(amount) / 3));
  return numbers(language.value, {
    style: 'unit',
    unit: UNITS[power],
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(amount / 1000 ** power);
}

/** How long something took. */
export function seconds(milliseconds: number): string {
  return numbers(language.value, {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'short',
    maximumFractionDigits: milliseconds < 10_000 ? 1 : 0,
  }).format(milliseconds / 1000);
}
