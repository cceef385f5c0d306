/**
 * What a record of an .mmdb file says, whoever made the file: GeoLite2, DB-IP, IPinfo and IP2Location name the same
 * facts differently, and `databaseType` is free text that says little. So the record itself is asked.
 */
import { countryCode } from './country-code.ts';

export interface RecordFacts {
  country: string | null;
  asn: number | null;
  org: string | null;
}

type Fields = Record<string, unknown>;

export function factsOf(record: unknown): RecordFacts {
  const fields = objectOf(record);
  const asn = asNumber(fields.autonomous_system_number ?? fields.asn ?? objectOf(fields.as).asn);
  return {
    country: countryOf(fields),
    asn,
    org: asn === null ? null : orgOf(fields),
  };
}

/** GeoLite2 and DB-IP nest it; ip-location-db and IPinfo Lite have `country_code`; IPinfo once had it in `country`. */
function countryOf(fields: Fields): string | null {
  const nested = objectOf(fields.country);
  return countryCode(nested.iso_code) ?? countryCode(fields.country_code) ?? countryCode(fields.country);
}

function asNumber(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.replace(/^AS/i, '') : '';
  return /^\d{1,10}$/.test(text) && Number(text) > 0 && Number(text) < 2 ** 32 ? Number(text) : null;
}

function orgOf(fields: Fields): string | null {
  const names = [fields.autonomous_system_organization, fields.as_name, fields.name, fields.organization, fields.org];
  const found = names.find((name) => typeof name === 'string' && name.trim() !== '');
  return typeof found === 'string' ? found.trim() : null;
}

const objectOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
