/** Between memory and store: places as rows, and back. */
import type { TokenRow } from '../model/comparison.ts';
import type { ComparedPlace } from './compared-place.ts';
import type { Locators } from './locator.ts';
import type { Memory, Pair } from './memory.ts';

/** What changed since the last time. */
export function rowsOf(pair: Pair, place: ComparedPlace): TokenRow[] {
  const { device, model, host, simulated } = pair;
  const common = {
    device,
    model,
    host,
    where: place.where,
    path: place.path,
    kind: place.kind,
    issued: place.isIssued,
    simulated,
  };
  if (place.isVolatile) {
    if (place.isVolatileKnown) return [];
    const none = { caseId: null, phase: null, requests: 0, connections: 0, firstSeen: 0, lastSeen: place.lastSeen };
    return [{ ...common, ...none, hash: null, shape: '' }];
  }
  return place.values.flatMap(({ lasting, shape, sightings }) =>
    sightings
      .filter(({ dirty }) => dirty)
      .map(({ dirty: _dirty, ...counts }) => ({ ...common, ...counts, hash: lasting, shape })),
  );
}

/** Values read back are compared with; they are met again by their lasting hash. */
export function restore(memory: Memory, locators: Locators, rows: readonly TokenRow[]): void {
  for (const row of rows) {
    const pair = memory.pair(row.device, row.model, row.host, row.simulated ?? false);
    const place = memory.place(pair, locators.id(row.where, row.path), row.where, row.path);
    if (!place) continue;
    place.kind = row.kind ?? place.kind;
    place.isIssued ||= row.issued;
    if (row.hash === null) {
      place.isVolatile = true;
      place.isVolatileKnown = true;
      place.values = [];
    }
    if (place.isVolatile || row.hash === null) continue;
    let value = place.values.find(({ lasting }) => lasting === row.hash);
    if (!value) {
      value = { quick: null, lasting: row.hash, shape: row.shape, sightings: [], flow: null, isReported: false };
      place.values.push(value);
    }
    const { caseId, phase, requests, connections, firstSeen, lastSeen } = row;
    value.sightings.push({ caseId, phase, requests, connections, firstSeen, lastSeen, dirty: false });
  }
}
