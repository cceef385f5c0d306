/** DB-IP's licence (CC BY 4.0) asks for this link wherever its results show. */
export const GEO_SOURCE = { text: 'IP Geolocation by DB-IP', url: 'https://db-ip.com' } as const;
