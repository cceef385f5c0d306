/** Every licence is known, and no dependency is used that nobody judged. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  drawLicences,
  judgedIn,
  licenceOf,
  licencesIn,
  readComponents,
  SUPPLY_PAGE,
  unknownLicences,
} from './supply.ts';

const page = readFileSync(SUPPLY_PAGE, 'utf8');

describe('what the lab is made of', () => {
  it.each([
    ['MIT', 'MIT'],
    ['(MIT OR CC0-1.0)', 'MIT'],
    ['(BSD-3-Clause OR GPL-2.0)', 'BSD-3-Clause'],
    ['MIT AND Zlib', null],
    ['GPL-3.0', null],
    ['SEE LICENSE IN LICENSE', null],
    [undefined, null],
  ])('%s is taken as %s', (said, licence) => {
    expect(licenceOf(said)).toBe(licence);
  });

  it('has no licence that nobody knows', () => {
    const components = readComponents();
    expect(components.length).toBeGreaterThan(100);
    expect(unknownLicences(components)).toEqual([]);
    const lock = JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '1.0.0', license: 'Beer' } } });
    expect(unknownLicences(readComponents(lock))).toEqual(['a 1.0.0']);
  });

  it('stands in docs/supply-chain.md (npm run supply draws the licences anew)', () => {
    expect(licencesIn(page)).toBe(drawLicences(readComponents()));
  });

  it('has no dependency that was not judged, in the version in use', () => {
    const file = path.join(import.meta.dirname, '../package.json');
    const { dependencies } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: Record<string, string> };
    expect(Object.fromEntries(judgedIn(page))).toEqual(dependencies);
  });
});
