/**
 * Names that a host's own schema gives to fields without one, or with one that means several things, from endpoints.yaml.
 * Promise: a look-up costs a map access; a host that is not listed has none. A name is a hint: the shapes decide.
 */
import { readFileSync } from 'node:fs';
import { yaml } from '../formats/yaml.ts';
import { normaliseKey } from '../kinds/key-names.ts';

type FieldNames = ReadonlyMap<string, string>;

interface Entry {
  host: string;
  format: string;
  source: string;
  fields: Record<string, string>;
}

let table: Map<string, FieldNames> | null = null;
const NONE: FieldNames = new Map();

export function readEndpoints(): Entry[] {
  return yaml().parse(readFileSync(new URL('./endpoints.yaml', import.meta.url), 'utf8')) as Entry[];
}

const BY_NAME = 'names';

function namesOf({ format, fields }: Entry): FieldNames {
  const keyOf = (field: string): string => (format === BY_NAME ? normaliseKey(field) : field);
  return new Map(Object.entries(fields).map(([field, name]) => [keyOf(field), name]));
}

/** What names mean at this host that mean several things elsewhere; null when it is not listed. */
export function namesAt(host: string): ((key: string) => string) | null {
  const names = fieldNamesAt(host, BY_NAME);
  return names.size === 0 ? null : (key) => names.get(normaliseKey(key)) ?? key;
}

/** Locator → name, for bodies of this format that go to this host. */
export function fieldNamesAt(host: string, format: string): FieldNames {
  table ??= new Map(readEndpoints().map((entry) => [`${entry.format} ${entry.host}`, namesOf(entry)]));
  for (let name = host.toLowerCase(); name.includes('.'); name = name.slice(name.indexOf('.') + 1)) {
    const found = table.get(`${format} ${name}`);
    if (found) return found;
  }
  return NONE;
}
