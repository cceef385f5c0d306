/**
 * Names of nameless fields that a host's own schema gives, from endpoints.yaml.
 * Promise: a look-up costs a map access; a host that is not listed has none. A name is a hint: the shapes decide.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

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
  return parse(readFileSync(new URL('./endpoints.yaml', import.meta.url), 'utf8')) as Entry[];
}

/** Locator → name, for bodies of this format that go to this host. */
export function fieldNamesAt(host: string, format: string): FieldNames {
  table ??= new Map(
    readEndpoints().map((entry) => [`${entry.format} ${entry.host}`, new Map(Object.entries(entry.fields))]),
  );
  for (let name = host.toLowerCase(); name.includes('.'); name = name.slice(name.indexOf('.') + 1)) {
    const found = table.get(`${format} ${name}`);
    if (found) return found;
  }
  return NONE;
}
