/** What every page and report that shows a country must say beside it. */

export const GEO_CAVEAT =
  "Country is where registries and databases place a server's address: an estimate. Clouds and CDNs move addresses, " +
  'anycast has no single place, and a server may pass data on. None of the three facts (place, network, company) proves ' +
  'where data is stored or who can read it.';

/** DB-IP's licence (CC BY 4.0) asks for this link wherever its results show. */
export const GEO_SOURCE = { text: 'IP Geolocation by DB-IP', url: 'https://db-ip.com' } as const;
