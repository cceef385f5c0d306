/** Searching over the API: what is stored, by words and filters, in windows. */

import type { Context, Hono } from 'hono';
import { refusalOf } from '../../formats/refusal.ts';
import { LabError } from '../../model/lab.ts';
import { text } from '../../model/text.ts';
import type { Bindings } from './context.ts';
import type { LiveDependencies } from './dependencies.ts';
import { ALERT_SEARCH, APP_QUERY, FLOW_SEARCH, GROUP_QUERY, InputError, readQuery } from './queries.ts';

export function addSearch(
  app: Hono<Bindings>,
  services: Pick<LiveDependencies, 'searchAlerts' | 'latestAlerts' | 'searchFlows' | 'groupFlows' | 'appCoverage'>,
): void {
  app.get('/api/search/alerts', (c) => answer(c, services.searchAlerts(readQuery(ALERT_SEARCH, c.req.query()))));
  app.get('/api/search/latest-alerts', (c) => answer(c, services.latestAlerts()));
  app.get('/api/search/flows', (c) => answer(c, services.searchFlows(readQuery(FLOW_SEARCH, c.req.query()))));
  app.get('/api/search/flow-groups', (c) => {
    const { by, ...query } = readQuery(GROUP_QUERY, c.req.query());
    if (by === undefined) throw new InputError(text('input.no-group'));
    return answer(c, services.groupFlows({ ...query, by }));
  });
  app.get('/api/coverage/apps', (c) => {
    const { device, simulated = false } = readQuery(APP_QUERY, c.req.query());
    if (device === undefined) throw new InputError(text('input.no-device'));
    return answer(c, services.appCoverage({ device, simulated }));
  });
}

/** One that took too long says so. */
async function answer(c: Context, found: Promise<object>): Promise<Response> {
  try {
    return c.json(await found);
  } catch (error) {
    if (error instanceof LabError) return c.json(refusalOf({ why: error.message, text: error.text }), 503);
    throw error;
  }
}
