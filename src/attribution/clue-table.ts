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
const NONE: readonly [string, string][] = [];
/** Spellings of field names met lately: apps have few, hostile ones many. */
const MAX_SPELLINGS = 1024;
const LONGEST_NAME = 64;

interface ExchangeClues {
  exchange: number;
  fields: readonly [string, string][];
  authority: string;
}

export interface ClueTable {
  /** Call with every event. */
  note(event: FlowEvent): void;
  /** Of an exchange, or of the flow as a whole when it is null or forgotten. */
  of(flow: Flow, exchange: number | null): Clues;
}

export function createClueTable(signatures: Signatures): ClueTable {
  /** Of each flow the newest exchanges, each at its number modulo their most. */
  const flows = new Map<string, ExchangeClues[]>();
  const closed: string[] = [];
  const wanted = new Set(['user-agent', ...signatures.headers.keys()]);
  /** Spelling → name in lower case; null for what nobody wants. */
  const spellings = new Map<string, string | null>();

  function wantedName(spelling: string): string | null {
    const known = spellings.get(spelling);
    if (known !== undefined) return known;
    if (spelling.length > LONGEST_NAME) return null;
    const lower = spelling.toLowerCase();
    const name = wanted.has(lower) ? lower : null;
    if (spellings.size >= MAX_SPELLINGS) spellings.clear();
    spellings.set(spelling, name);
    return name;
  }

  /** Texts met lately, each a copy of its own: apps say the same again and again, and a piece of a head keeps all of it. */
  const texts = new Map<string, string>();

  function ownText(text: string): string {
    const known = texts.get(text);
    if (known !== undefined) return known;
    const own = ` ${text}`.slice(1);
    if (texts.size >= MAX_SPELLINGS) texts.clear();
    texts.set(own, own);
    return own;
  }

  function fieldsOf(headers: readonly [string, string][]): readonly [string, string][] {
    let kept: [string, string][] | null = null;
    for (const header of headers) {
      const name = wantedName(header[0]);
      if (name === null) continue;
      kept ??= [];
      if (!kept.some((one) => one[0] === name)) kept.push([name, ownText(header[1].slice(0, MAX_VALUE))]);
    }
    return kept ?? NONE;
  }

  return {
    note(event) {
      if (event.type === 'request-head') {
        let exchanges = flows.get(event.flowId);
        if (!exchanges) {
          exchanges = [];
          flows.set(event.flowId, exchanges);
        }
        const { exchange, headers, authority } = event;
        exchanges[exchange % MAX_EXCHANGES] = { exchange, fields: fieldsOf(headers), authority: ownText(authority) };
      } else if (event.type === 'flow-closed' && flows.has(event.flowId)) {
        closed.push(event.flowId);
        if (closed.length > MAX_CLOSED) flows.delete(closed.shift() as string);
      }
    },
    of(flow, exchange) {
      const latest = exchange === null ? undefined : flows.get(flow.id)?.[exchange % MAX_EXCHANGES];
      const known = latest?.exchange === exchange ? latest : undefined;
      return {
        headers: new Map(known?.fields),
        host: known ? hostOf(known.authority) : (flow.hello?.sni ?? flow.destination.host),
        ja4: flow.hello?.ja4 ?? null,
      };
    },
  };
}

/** Without port and brackets. */
function hostOf(authority: string): string {
  return authority.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
}
