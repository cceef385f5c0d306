/** Codes that stand in databases where a country should, and name none: regions, proxies, unknown. */
const NO_COUNTRY = new Set(['EU', 'AP', 'ZZ', 'XX', 'XZ', 'QZ', 'A1', 'A2', 'O1', 'T1']);

/** ISO 3166-1 alpha-2 in upper case, or null. */
export function countryCode(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const code = value.trim().toUpperCase();
  return /^[A-Z]{2}$/.test(code) && !NO_COUNTRY.has(code) ? code : null;
}
