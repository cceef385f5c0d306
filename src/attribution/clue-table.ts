/**
 * Remembers of each flow what may tell its sender, until alerts about it are written.
 * Promise: only the fields the table of signatures asks for are kept, cut at 512 characters; the newest 32 exchanges of
 * a flow; a closed flow is forgotten when 16 others closed after it, because detection may lag behind the wire.
 */
import type { Flow, FlowEvent } from '../model/flow.ts';
import type { Clues } from './attributor.ts';
import type { Signatures } from './signatures.ts';

const MAX_EXCHANGES = 32;
const MAX_CLOSED = 16;
const MAX_VALUE = 512;
const NONE: ReadonlyMap<string, string> = new Map();

interface FlowClues {
  exchanges: Map<number, { headers: ReadonlyMap<string, string>; host: string }>;
  latest: { from: readonly [string, string][]; fields: ReadonlyMap<string, string> } | null;
}

export interface ClueTable {
  /** Call with every event. */
  note(event: FlowEvent): void;
  /** Of an exchange, or of the flow as a whole when it is null or forgotten. */
  of(flow: Flow, exchange: number | null): Clues;
}

export function createClueTable(signatures: Signatures): ClueTable {
  const flows = new Map<string, FlowClues>();
  const closed: string[] = [];
  const wanted = new Set(['user-agent', ...signatures.headers.keys()]);

  const fieldsOf = (headers: readonly [string, string][]): ReadonlyMap<string, string> => {
    let kept: Map<string, string> | null = null;
    for (const [name, value] of headers) {
      const field = name.toLowerCase();
      if (!wanted.has(field)) continue;
      kept ??= new Map();
      if (!kept.has(field)) kept.set(field, value.slice(0, MAX_VALUE));
    }
    return kept ?? NONE;
  };

  return {
    note(event) {
      if (event.type === 'request-head') {
        let flow = flows.get(event.flowId);
        if (!flow) {
          flow = { exchanges: new Map(), latest: null };
          flows.set(event.flowId, flow);
        }
        const { exchanges, latest } = flow;
        // Readers give out the same list again when a head was the same.
        const fields = latest?.from === event.headers ? latest.fields : fieldsOf(event.headers);
        flow.latest = { from: event.headers, fields };
        exchanges.set(event.exchange, { headers: fields, host: hostOf(event.authority) });
        if (exchanges.size > MAX_EXCHANGES) exchanges.delete(exchanges.keys().next().value as number);
      } else if (event.type === 'flow-closed' && flows.has(event.flowId)) {
        closed.push(event.flowId);
        if (closed.length > MAX_CLOSED) flows.delete(closed.shift() as string);
      }
    },
    of(flow, exchange) {
      const known = exchange === null ? undefined : flows.get(flow.id)?.exchanges.get(exchange);
      return {
        headers: known?.headers ?? NONE,
        host: known?.host ?? flow.hello?.sni ?? flow.destination.host,
        ja4: flow.hello?.ja4 ?? null,
      };
    },
  };
}

/** Without port and brackets. */
function hostOf(authority: string): string {
  return authority.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
}
