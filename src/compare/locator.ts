/**
 * Which place of a request a value stood in, so that requests, phones and runs agree on it.
 * Promise: list positions do not count; a path segment is known by the one before it; a name that may itself be an id
 * (`{"490154203237518": …}`) is left out, so that nothing stored or shown holds one.
 */
import type { Token, Where } from '../model/identifier.ts';
import type { Hashes } from './hash.ts';
import { shapeOf } from './shape.ts';

export interface Locator {
  /** The same for the same place. */
  id: number;
  path: string | null;
}

export interface Locators {
  of(token: Pick<Token, 'where' | 'path' | 'key'>, device: string): Locator;
  /** The id of a stored place. */
  id(where: Where, path: string | null): number;
}

/** About 150 bytes each. */
const MAX_REMEMBERED = 20_000;

/** `hide` takes the phone's own words (names, serials) out of a locator. */
export function createLocators(quick: Hashes['quick'], hide: (path: string, device: string) => string): Locators {
  const known = new Map<number, Locator>();
  const id = (where: Where, path: string | null): number => quick(`${where} ${path}`);
  return {
    id,
    of({ where, path, key }, device) {
      const raw = quick(where === 'path' ? `${device} path ${key}` : `${device} ${where} ${path}`);
      let locator = known.get(raw);
      if (!locator) {
        const shown =
          path === null ? null : hide(where === 'path' ? afterSegment(key) : withoutPositions(path), device);
        const clean = shown === null ? null : withoutIds(shown);
        locator = { id: id(where, clean), path: clean };
        if (known.size >= MAX_REMEMBERED) known.clear();
        known.set(raw, locator);
      }
      return locator;
    },
  };
}

function afterSegment(segment: string | null): string {
  return `/${segment ?? ''}/*`;
}

/** `$.data[17].id` and `$.data[18].id` are one place. */
function withoutPositions(path: string): string {
  return path.includes('[') ? path.replace(/\[\d+\]/g, '[]') : path;
}

function withoutIds(path: string): string {
  return path.replace(/[^.:/[\]"]{6,}/g, (name) => (shapeOf(name) !== null || /\d{6}/.test(name) ? '*' : name));
}
