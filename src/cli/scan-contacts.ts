/**
 * Servers of which a recording says only that they were called, by app.
 * Promise: memory is bounded; a server called twice by one app is one row with a count; calls beyond the bound are counted.
 */
import { saidHost } from '../formats/said-host.ts';
import type { DestinationFacts } from '../model/destination.ts';
import type { RecordedContact } from '../model/scan.ts';

export interface ContactRow extends RecordedContact {
  place: DestinationFacts;
}

export interface ScanContacts {
  add(contact: RecordedContact, place: DestinationFacts): void;
  /** The most called first. */
  rows(): ContactRow[];
  /** Different servers. */
  servers(): number;
  apps(): number;
  /** Calls that are in no row. */
  left(): number;
}

const MAX_ROWS = 10_000;

export function createScanContacts(): ScanContacts {
  const rows = new Map<string, ContactRow>();
  let left = 0;
  return {
    add(contact, place) {
      const key = JSON.stringify([contact.app, contact.host]);
      const known = rows.get(key);
      if (known) {
        known.count += contact.count;
        known.ip ??= contact.ip;
      } else if (rows.size < MAX_ROWS) rows.set(key, { ...contact, place });
      else left += contact.count;
    },
    rows: () => [...rows.values()].sort((a, b) => b.count - a.count),
    servers: () => new Set([...rows.values()].map(({ host }) => host)).size,
    apps: () => new Set([...rows.values()].flatMap(({ app }) => app ?? [])).size,
    left: () => left,
  };
}

export function contactCells({ place, ...contact }: ContactRow): string[] {
  const { app, count } = contact;
  return [app ?? '', receiverOf(contact, place), count > 1 ? `×${count}` : ''];
}

/** `CN China Telecom zzhc.vnet.cn`. */
export function receiverOf(to: Pick<RecordedContact, 'host' | 'guessed'>, place: DestinationFacts): string {
  const named = saidHost(to, [place.owner.name, to.host].filter(Boolean).join(' '));
  return [place.location.country, named].filter(Boolean).join(' ');
}
