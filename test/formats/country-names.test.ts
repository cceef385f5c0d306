/** Names of countries in alerts: the table says what Node would say, without what Node would load. */
import { expect, it } from 'vitest';
import { countryName } from '../../src/formats/country-names.ts';

const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index));
const codes = letters.flatMap((first) => letters.map((second) => first + second));

it('names every territory as Intl.DisplayNames does', () => {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });
  const told = codes.filter((code) => countryName(code) !== code);
  expect(told.length).toBeGreaterThan(250);
  expect(told.map((code) => `${code} ${countryName(code)}`)).toEqual(told.map((code) => `${code} ${names.of(code)}`));
});

it('returns what is no country as it is', () => {
  expect([countryName('XX'), countryName('EU'), countryName('')]).toEqual(['XX', 'EU', '']);
});
