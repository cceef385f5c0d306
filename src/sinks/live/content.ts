/** Kept content over the API: a flow's exchanges in order, masked or revealed, and bytes of bodies, always revealed. */

import type { Context, Hono } from 'hono';
import type { ContentSide } from '../../formats/flow-content.ts';
import { refusalIn, refusalOf } from '../../formats/refusal.ts';
import { LabError } from '../../model/lab.ts';
import { text } from '../../model/text.ts';
import type { Bindings, Ctx } from './context.ts';
import type { LiveDependencies } from './dependencies.ts';
import { BODY_QUERY, BODY_SEARCH, CONTENT_QUERY, InputError, OPENED_QUERY, readQuery } from './queries.ts';

const NO_AUDIT = refusalIn(text('refused.unaudited.revealed'));
const NO_FLOW = refusalIn(text('refused.no-such.flow'));
const NOT_KEPT = refusalIn(text('refused.not-kept'));
const MAX_PART = 1_048_576;
const PART = 65_536;

export function addContent(app: Hono<Bindings>, services: LiveDependencies, who: (c: Ctx) => string): void {
  app.get('/api/flows/:id/content', (c) => {
    const flow = services.flow(c.req.param('id'));
    if (flow === null) return c.json(NO_FLOW, 404);
    const { reveal = false } = readQuery(CONTENT_QUERY, c.req.query());
    if (reveal && !services.audit('reveal', `content of flow ${flow.id}`, who(c))) return c.json(NO_AUDIT, 409);
    return c.json(services.content(flow, reveal));
  });
  app.get('/api/flows/:id/content/body', (c) => {
    const flow = services.flow(c.req.param('id'));
    if (flow === null) return c.json(NO_FLOW, 404);
    const { from = 0, length = PART, reveal, ...wanted } = readQuery(BODY_QUERY, c.req.query());
    if (!reveal) throw new InputError(text('input.reveal-bytes'));
    const side = sideOf(wanted);
    if (!services.audit('reveal', `body of flow ${flow.id}`, who(c))) return c.json(NO_AUDIT, 409);
    const part = services.contentPart(flow, side, from, Math.max(1, Math.min(length, MAX_PART)));
    return part === null ? c.json(NOT_KEPT, 404) : c.json(part);
  });
  app.get('/api/flows/:id/content/opened', async (c) => {
    const flow = services.flow(c.req.param('id'));
    if (flow === null) return c.json(NO_FLOW, 404);
    const { reveal, ...wanted } = readQuery(OPENED_QUERY, c.req.query());
    if (!reveal) throw new InputError(text('input.reveal'));
    const side = sideOf(wanted);
    if (!services.audit('reveal', `body of flow ${flow.id}`, who(c))) return c.json(NO_AUDIT, 409);
    return answered(c, services.openContent(flow, side, who(c)));
  });
  app.get('/api/search/bodies', async (c) => {
    const { q = '', reveal, ...wanted } = readQuery(BODY_SEARCH, c.req.query());
    if (!reveal) throw new InputError(text('input.reveal'));
    if (q.trim().length < SHORTEST) throw new InputError(text('input.short', { least: SHORTEST }));
    // What is looked for may be a value: only the first question of a search is told, and of whose.
    const about = `bodies of ${wanted.device ?? 'all devices'}`;
    if (wanted.before === undefined && !services.audit('search', about, who(c))) return c.json(NO_AUDIT, 409);
    return answered(c, services.searchBodies({ ...wanted, text: q }));
  });
}

/** Shorter ones stand everywhere. */
const SHORTEST = 3;

/** What took too long says so. */
async function answered(c: Context, found: Promise<object | null>): Promise<Response> {
  try {
    const given = await found;
    return given === null ? c.json(NOT_KEPT, 404) : c.json(given);
  } catch (error) {
    if (error instanceof LabError) return c.json(refusalOf({ why: error.message, text: error.text }), 503);
    throw error;
  }
}

function sideOf(given: { side?: ContentSide['side']; exchange?: number; index?: number }): ContentSide {
  const { side, exchange, index } = given;
  if (side === 'request' || side === 'response') {
    if (exchange === undefined) throw new InputError(text('input.no-exchange'));
    return { side, exchange };
  }
  if (side === 'message') {
    if (index === undefined) throw new InputError(text('input.no-index'));
    return { side, index };
  }
  if (side === undefined) throw new InputError(text('input.no-side'));
  return { side };
}
