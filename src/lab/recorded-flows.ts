/** The connections that a store holds of a span of time, all of them, in constant memory. */
import type { Case } from '../model/case.ts';
import type { EvidenceStore, FlowQuery, FlowRecord } from '../sinks/evidence/store.ts';

/** The lab's own pages. */
export const OWN_NAME = 'phonehome.lab';

/** Milliseconds since the epoch; `before` is the first one outside. */
export interface Span {
  after: number;
  before: number;
}

export function spanOf({ openedAt, closedAt }: Pick<Case, 'openedAt' | 'closedAt'>): Span {
  return {
    after: Date.parse(openedAt),
    before: closedAt === null ? Number.MAX_SAFE_INTEGER : Date.parse(closedAt) + 1,
  };
}

/** The store answers in pages, newest first. */
export function* allFlows(store: Pick<EvidenceStore, 'flows'>, query: FlowQuery): Generator<FlowRecord> {
  let seen = new Set<string>();
  for (let before = query.before; ; ) {
    const page = store.flows({ ...query, ...(before === undefined ? {} : { before }), limit: PAGE });
    const fresh = page.filter(({ id }) => !seen.has(id));
    yield* fresh;
    // Flows of the same millisecond may lie on both sides of a page's end.
    seen = new Set(page.map(({ id }) => id));
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    before = fresh.length === 0 ? last.openedAt : last.openedAt + 1;
  }
}

const PAGE = 2000;
