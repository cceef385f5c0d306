/** Which app or SDK probably sent what an alert is about: the table of signatures, and the clues of the flows. */
import { readFileSync } from 'node:fs';
import { attribute } from '../attribution/attributor.ts';
import { createClueTable } from '../attribution/clue-table.ts';
import { parseSignatures } from '../attribution/signatures.ts';
import type { Attribution } from '../model/attribution.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';

const FILE = new URL('../attribution/signatures.yaml', import.meta.url);

export function openAttribution(): {
  note(event: FlowEvent): void;
  attribute(flow: Flow, exchange: number | null): Attribution | null;
} {
  const signatures = parseSignatures(readFileSync(FILE, 'utf8'));
  const clues = createClueTable(signatures);
  return {
    note: clues.note,
    attribute: (flow, exchange) => attribute(clues.of(flow, exchange), signatures),
  };
}
