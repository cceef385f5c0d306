/** Kept content over the API: a flow's exchanges in order, masked or revealed, and bytes of bodies, always revealed. */
import type { Context, Hono } from 'hono';
import type { ContentSide } from '../../formats/flow-content.ts';
import { LabError } from '../../model/lab.ts';
import type { Bindings, Ctx } from './context.ts';
import type { LiveDependencies } from './dependencies.ts';
import { BODY_QUERY, BODY_SEARCH, CONTENT_QUERY, InputError, OPENED_QUERY, readQuery } from './queries.ts';

const NO_AUDIT = 'the audit entry could not be written, so nothing is revealed: free disk space';
const NO_FLOW = 'no such flow: list them to see their ids';
const MAX_PART = 1_048_576;
const PART = 65_536;

export function addContent(app: Hono<Bindings>, services: LiveDependencies, who: (c: Ctx) => string): void {
  app.get('/api/flows/:id/content', (c) => {
    const flow = services.flow(c.req.param('id'));
    if (flow === null) return c.json({ error: NO_FLOW }, 404);
    const { reveal = false } = readQuery(CONTENT_QUERY, c.req.query());
    if (reveal && !services.audit('reveal', `content of flow ${flow.id}`, who(c)))
      return c.json({ error: NO_AUDIT }, 409);
    return c.json(services.content(flow, reveal));
  });
  app.get('/api/flows/:id/content/body', (c) => {
    const flow = services.flow(c.req.param('id'));
    if (flow === null) return c.json({ error: NO_FLOW }, 404);
    const { from = 0, length = PART, reveal, ...wanted } = readQuery(BODY_QUERY, c.req.query());
    if (!reveal) throw new InputError('reveal: give true, bytes are never masked; it stands in the audit');
    const side = sideOf(wanted);
    if (!services.audit('reveal', `body of flow ${flow.id}`, who(c))) return c.json({ error: NO_AUDIT }, 409);
    const part = services.contentPart(flow, side, from, Math.max(1, Math.min(length, MAX_PART)));
    return part === null
      ? c.json({ error: 'nothing is kept there: /api/flows/{id}/content says why' }, 404)
      : c.json(part);
  });
  app.get('/api/flows/:id/content/opened', async (c) => {
    const flow = services.flow(c.req.param('id'));
    if (flow === null) return c.json({ error: NO_FLOW }, 404);
    const { reveal, ...wanted } = readQuery(OPENED_QUERY, c.req.query());
    if (!reveal) throw new InputError(MUST_REVEAL);
    const side = sideOf(wanted);
    if (!services.audit('reveal', `body of flow ${flow.id}`, who(c))) return c.json({ error: NO_AUDIT }, 409);
    return answered(c, services.openContent(flow, side, who(c)));
  });
  app.get('/api/search/bodies', async (c) => {
    const { q = '', reveal, ...wanted } = readQuery(BODY_SEARCH, c.req.query());
    if (!reveal) throw new InputError(MUST_REVEAL);
    if (q.trim().length < SHORTEST) throw new InputError(`q: give ${SHORTEST} characters or more`);
    // What is looked for may be a value: only the first question of a search is told, and of whose.
    const about = `bodies of ${wanted.device ?? 'all devices'}`;
    if (wanted.before === undefined && !services.audit('search', about, who(c)))
      return c.json({ error: NO_AUDIT }, 409);
    return answered(c, services.searchBodies({ ...wanted, text: q }));
  });
}

const MUST_REVEAL = 'reveal: give true, what stands there is never masked; it stands in the audit';
/** Shorter ones stand everywhere. */
const SHORTEST = 3;

/** What took too long says so. */
async function answered(c: Context, found: Promise<object | null>): Promise<Response> {
  try {
    const given = await found;
    return given === null
      ? c.json({ error: 'nothing is kept there: /api/flows/{id}/content says why' }, 404)
      : c.json(given);
  } catch (error) {
    if (error instanceof LabError) return c.json({ error: error.message }, 503);
    throw error;
  }
}

function sideOf(given: { side?: ContentSide['side']; exchange?: number; index?: number }): ContentSide {
  const { side, exchange, index } = given;
  if (side === 'request' || side === 'response') {
    if (exchange === undefined) throw new InputError('exchange: say of which one');
    return { side, exchange };
  }
  if (side === 'message') {
    if (index === undefined) throw new InputError('index: say of which message');
    return { side, index };
  }
  if (side === undefined)
    throw new InputError('side: say whose bytes: request, response, message, raw-request or raw-response');
  return { side };
}
