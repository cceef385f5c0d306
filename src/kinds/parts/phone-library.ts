/**
 * libphonenumber-js with full metadata, loaded on first use, for a lab that meets no phone number need not pay for it.
 * The package's one-file bundle is taken: its hundred small modules cost 12 MB of memory, the bundle 3 MB.
 * Compiled by hand: the bundle is CommonJS inside a package that calls its files modules.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import type * as PhoneLibrary from 'libphonenumber-js/max';

let library: typeof PhoneLibrary | null = null;

export function phoneLibrary(): typeof PhoneLibrary {
  library ??= loadBundle();
  return library;
}

function loadBundle(): typeof PhoneLibrary {
  const root = dirname(createRequire(import.meta.url).resolve('libphonenumber-js/package.json'));
  const filename = join(root, 'bundle/libphonenumber-max.js');
  const module = { exports: {} as typeof PhoneLibrary };
  compileFunction(readFileSync(filename, 'utf8'), ['module', 'exports'], { filename })(module, module.exports);
  return module.exports;
}

let callingCodes: Set<string> | null = null;

/** True for an assigned country calling code (ITU-T E.164), without plus. */
export function isCallingCode(code: string): boolean {
  if (!callingCodes) {
    const { getCountries, getCountryCallingCode } = phoneLibrary();
    callingCodes = new Set(getCountries().map((country) => String(getCountryCallingCode(country))));
  }
  return callingCodes.has(code);
}
