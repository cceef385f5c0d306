/**
 * What a registered value may be, so that a typing error is found before a test run and not after it. The kinds say it.
 * A value that cannot be what it claims is an error; a placeholder that every phone sends is one too, since it would raise
 * false alerts; what fits badly (a check digit), or will not be searched for, is a warning.
 * No message contains the value.
 */

import type { Checked, IdentifierKind } from '../kinds/kind.ts';
import { registry } from '../kinds/registry.ts';
import type { Device } from '../model/device.ts';
import type { TextIdentifierKind } from '../model/kinds.ts';
import { text } from '../model/text.ts';

const PLACEHOLDER = text('registered.placeholder');
const NOT_SEARCHED = text('registered.not-searched');

/** @param kinds all kinds unless given. */
export function check(kind: TextIdentifierKind, given: string, kinds: readonly IdentifierKind[] = registry): Checked {
  const entry = kinds.find((one) => one.kind === kind);
  const checked = entry?.register?.(given) ?? { ok: false, problem: text('registered.never') };
  if (!entry || !checked.ok) return checked;
  if (entry.isPlaceholder?.(checked.value)) return { ok: false, problem: PLACEHOLDER };
  const isSearched = entry.spell(phoneWith(kind, checked.value)).length > 0;
  return isSearched || checked.warning !== null ? checked : { ...checked, warning: NOT_SEARCHED };
}

function phoneWith(kind: TextIdentifierKind, value: string): Device {
  return {
    id: '',
    model: null,
    match: { ip: null, mac: null, default: false },
    identifiers: { [kind]: [value] },
    canaries: { contacts: [], messages: [], photos: [] },
    salts: [],
  };
}
