/**
 * The table of what gives an app, SDK or library away, read from signatures.yaml.
 * Promise: a wrong entry is refused with its place and what is wrong; a table that was read needs no further checks.
 */
import { yaml } from '../formats/yaml.ts';

export const ATTRIBUTION_KINDS = ['app', 'sdk', 'system', 'library', 'browser'] as const;
export type AttributionKind = (typeof ATTRIBUTION_KINDS)[number];

export interface Signature {
  /** `$1` stands for the first group of `value`. */
  name: string;
  kind: AttributionKind;
  /** Null: that the field is there is enough. */
  value: RegExp | null;
}

export interface Signatures {
  /** By field name in lower case, in the order of the file. */
  headers: ReadonlyMap<string, Signature[]>;
  agents: readonly Signature[];
  /** By host name; it stands for every name below it. */
  hosts: ReadonlyMap<string, Signature>;
  ja4: ReadonlyMap<string, Signature>;
}

/** @throws Error naming list, entry and field */
export function parseSignatures(text: string): Signatures {
  const given = yaml().parse(text) as Record<string, unknown>;
  const headers = new Map<string, Signature[]>();
  for (const { key, signature } of entries(given, 'headers', 'header'))
    headers.set(key.toLowerCase(), [...(headers.get(key.toLowerCase()) ?? []), signature]);
  return {
    headers,
    agents: entries(given, 'agents', null).map(({ signature }) => signature),
    hosts: unique(entries(given, 'hosts', 'host'), 'hosts'),
    ja4: unique(entries(given, 'ja4', 'ja4'), 'ja4'),
  };
}

function entries(given: Record<string, unknown>, list: string, keyField: string | null) {
  const rows = given[list];
  if (!Array.isArray(rows)) throw new Error(`signatures: ${list} is no list`);
  return rows.map((row: Record<string, unknown>, index) => {
    const text = (field: string): string => {
      const value = row[field];
      if (typeof value !== 'string' || value === '')
        throw new Error(`signatures: ${list}[${index}]: ${field} is missing`);
      return value;
    };
    const kind = text('kind');
    if (!ATTRIBUTION_KINDS.some((each) => each === kind))
      throw new Error(`signatures: ${list}[${index}]: kind ${kind}`);
    // An entry nobody can look up again is a rumour.
    text('source');
    const pattern = keyField === null ? text('value') : row.value;
    const value = typeof pattern === 'string' ? new RegExp(pattern) : null;
    const signature: Signature = { name: text('name'), kind: kind as AttributionKind, value };
    return { key: keyField === null ? '' : text(keyField), signature };
  });
}

function unique(list: { key: string; signature: Signature }[], name: string): Map<string, Signature> {
  const found = new Map<string, Signature>();
  for (const { key, signature } of list) {
    if (found.has(key)) throw new Error(`signatures: ${name}: ${key} stands there twice`);
    found.set(key, signature);
  }
  return found;
}
