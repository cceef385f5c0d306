/**
 * All identifier kinds, in the order of model/kinds.ts: a line there and a file of the same name here make a kind.
 * Promise: every listed kind is there when this module is loaded; a kind that is not listed does not exist.
 */
import { LISTED_KINDS, type ListedKind } from '../model/kinds.ts';
import type { IdentifierKind } from './kind.ts';

export const registry: readonly IdentifierKind[] = await Promise.all(LISTED_KINDS.map(load));

/** `wifi_mac`: the export `wifiMac` of wifi-mac.ts. */
async function load(kind: ListedKind): Promise<IdentifierKind> {
  const name = kind.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const exported = (await import(`./each/${kind.replaceAll('_', '-')}.ts`)) as Record<string, IdentifierKind>;
  const found = exported[name];
  if (found?.kind !== kind) throw new Error(`src/kinds/each/${kind.replaceAll('_', '-')}.ts must export ${name}`);
  return found;
}
