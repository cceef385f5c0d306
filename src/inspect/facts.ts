/**
 * Registered values that are parts of one fact: the name and the number of a contact, in one record, are one finding.
 * Promise: a part that stands anywhere else is a finding of its own; nothing is lost: the finding says where the other part stands.
 */
import type { IdentifierKind } from '../kinds/kind.ts';
import type { Device } from '../model/device.ts';
import { type Text, text } from '../model/text.ts';
import type { Found } from './found.ts';
import type { Place } from './place.ts';

export type Told = readonly [place: Place, found: Found];

/** Of texts without locators: a card or a line is shorter. */
const NEAR = 1000;

/** What the value is a part of; null for nearly all. */
export function factOf(found: Found, kinds: readonly IdentifierKind[], device: Device | null): string | null {
  if (!found.known || device === null) return null;
  return kinds.find(({ kind }) => kind === found.kind)?.factOf?.(found.value, device) ?? null;
}

/** In their order; the second part of a fact joins the nearest first one that has none yet. */
export function joinFacts(parts: readonly (readonly [Told, fact: string])[]): Told[] {
  const joined: { told: Told; fact: string; isOpen: boolean }[] = [];
  for (const [told, fact] of parts) {
    let best: (typeof joined)[number] | null = null;
    let nearest = -1;
    for (const other of joined) {
      const near = other.isOpen && other.fact === fact ? nearness(other.told, told) : -1;
      if (near > nearest) {
        best = other;
        nearest = near;
      }
    }
    if (best === null) joined.push({ told, fact, isOpen: true });
    else {
      best.told = [best.told[0], { ...best.told[1], reasoning: withPart(best.told[1], told[1]) }];
      best.isOpen = false;
    }
  }
  return joined.map(({ told }) => told);
}

/** -1 for parts of two records; else the higher the nearer. */
function nearness([placeA, a]: Told, [placeB, b]: Told): number {
  if (placeA.where !== placeB.where || a.value === b.value || !isWithin(placeA.chain, placeB.chain)) return -1;
  if (a.path === null || b.path === null) return Math.abs(a.offset - b.offset) <= NEAR ? 0 : -1;
  const [recordA, recordB] = [recordOf(a.path), recordOf(b.path)];
  if (!recordA.startsWith(recordB) && !recordB.startsWith(recordA)) return -1;
  return Math.min(recordA.length, recordB.length);
}

function isWithin(a: readonly string[], b: readonly string[]): boolean {
  return a.slice(0, b.length).join('\n') === b.slice(0, a.length).join('\n');
}

/** `$.contacts[0].name` stands in `$.contacts[0].`; a parameter in all of its query. */
function recordOf(path: string): string {
  return path.slice(0, path.lastIndexOf('.') + 1);
}

function withPart({ reasoning }: Found, { path, reasoning: part }: Found): Text {
  if (path === null) return text('reason.with-part', { reason: reasoning, part });
  return text('reason.with-part-at', { reason: reasoning, path, part });
}
