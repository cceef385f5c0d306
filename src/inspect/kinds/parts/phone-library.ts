/**
 * libphonenumber-js with full metadata, loaded on first use: it costs 12 MB of memory and 70 ms, which a lab that
 * meets no phone number need not pay. `require`, because shapes judge synchronously.
 */
import { createRequire } from 'node:module';
import type * as PhoneLibrary from 'libphonenumber-js/max';

let library: typeof PhoneLibrary | null = null;

export function phoneLibrary(): typeof PhoneLibrary {
  library ??= createRequire(import.meta.url)('libphonenumber-js/max') as typeof PhoneLibrary;
  return library;
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
