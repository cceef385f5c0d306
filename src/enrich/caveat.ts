/** What every page and report that shows a country must say beside it. */

/** @param date ISO date of the database; null when unknown. */
export const geoCaveat = (date: string | null): string =>
  `Country is where registries and a ${date ?? 'undated'} database place this server's address: an estimate. ` +
  'Clouds and CDNs move addresses, anycast has no single place, and a server may pass data on. ' +
  'None of the three facts proves where data is stored or who can read it.';

/** DB-IP's licence (CC BY 4.0) asks for this link wherever its results show. */
export const GEO_ATTRIBUTION = {
  text: 'IP Geolocation by DB-IP',
  url: 'https://db-ip.com',
  /** For pages without links, e.g. the terminal. */
  sentence: 'IP geolocation by DB-IP (https://db-ip.com), CC BY 4.0; networks: Route Views, DB-IP, NRO.',
} as const;
