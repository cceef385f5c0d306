/**
 * Looks for a text in kept bodies, connection by connection from the newest back: there is no index, because nothing of what
 * phones said lies anywhere in clear. One question looks through so much; the next one goes on where it ended.
 */
import type { ContentSide } from '../formats/flow-content.ts';
import { piecesOf } from '../formats/flow-content.ts';
import { openCodings } from '../inspect/opened.ts';
import type { ContentEvent } from '../model/content.ts';
import type { FlowRecord } from '../model/flow.ts';
import type { BodyHits } from '../model/opened.ts';
import type { BodySearch } from '../model/search.ts';
import type { ContentReader } from '../sinks/content/store.ts';
import type { Search } from '../sinks/evidence/search.ts';

/** Of one answer: what came by then is shown while the next is asked for. */
const MOST_BYTES = 32 << 20;
const MOST_HITS = 50;
const MOST_FLOWS = 500;
const PAGE = 100;
const AROUND = 60;

type Hit = BodyHits['hits'][number];

export function searchBodies(
  query: BodySearch,
  search: Pick<Search, 'flows'>,
  content: ContentReader | null,
): BodyHits {
  const found: BodyHits = { hits: [], bytes: 0, next: null };
  if (content === null) return found;
  const wanted = query.text.toLowerCase();
  let { before = Number.MAX_SAFE_INTEGER } = query;
  for (let flows = 0; flows < MOST_FLOWS; ) {
    const page = search.flows({ ...placeOf(query), before, limit: PAGE }).flows;
    if (page.length === 0) return found;
    for (const flow of page) {
      if (found.hits.length >= MOST_HITS || found.bytes >= MOST_BYTES) return { ...found, next: before };
      lookInto(flow, content, wanted, found);
      // Those of the same millisecond are looked through together.
      before = flow.openedAt;
      flows++;
    }
    if (page.length < PAGE) return found;
  }
  return { ...found, next: before };
}

const placeOf = ({ device, after }: BodySearch) => ({
  ...(device === undefined ? {} : { device }),
  ...(after === undefined ? {} : { after }),
});

function lookInto(flow: FlowRecord, content: ContentReader, wanted: string, found: BodyHits): void {
  if (!flow.content || flow.content.bytes === 0) return;
  const events = [...content.eventsOf(flow.id)];
  for (const { side, coding } of sidesOf(events)) {
    const kept = Buffer.concat([...piecesOf(events, side)].map(({ bytes }) => bytes));
    const plain = openCodings(kept, coding);
    found.bytes += plain.length;
    const text = plain.toString('utf8');
    const at = text.toLowerCase().indexOf(wanted);
    if (at >= 0) found.hits.push(hitOf(flow, side, text, at, wanted.length));
  }
}

const hitOf = (flow: FlowRecord, side: ContentSide, text: string, at: number, length: number): Hit => ({
  flow: flow.id,
  host: flow.destination.host,
  openedAt: flow.openedAt,
  side: side.side,
  exchange: 'exchange' in side ? side.exchange : 'index' in side ? side.index : null,
  before: text.slice(Math.max(0, at - AROUND), at),
  found: text.slice(at, at + length),
  behind: text.slice(at + length, at + length + AROUND),
});

/** Everything with bytes, and what is to be taken off it. */
function sidesOf(events: readonly ContentEvent[]): { side: ContentSide; coding: string }[] {
  const sides: { side: ContentSide; coding: string }[] = [];
  const raw = new Set<string>();
  let messages = 0;
  for (const event of events) {
    if (event.type === 'request-head' || event.type === 'response-head') {
      const side = event.type === 'request-head' ? 'request' : 'response';
      const coding = event.headers.find(([name]) => name.toLowerCase() === 'content-encoding')?.[1] ?? '';
      sides.push({ side: { side, exchange: event.exchange }, coding });
    } else if (event.type === 'message') sides.push({ side: { side: 'message', index: messages++ }, coding: '' });
    else if (event.type === 'raw-bytes' && !raw.has(event.direction)) {
      raw.add(event.direction);
      sides.push({ side: { side: event.direction === 'request' ? 'raw-request' : 'raw-response' }, coding: '' });
    }
  }
  return sides;
}
