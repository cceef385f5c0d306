/** How the lab is set up, who did what, and how a phone comes in: what the page of settings shows. */
import type { Hono } from 'hono';
import type { Bindings } from './context.ts';
import type { LiveDependencies } from './dependencies.ts';
import { AUDIT_QUERY, readQuery } from './queries.ts';

export function addSettings(
  app: Hono<Bindings>,
  services: Pick<LiveDependencies, 'settings' | 'audits' | 'waysIn'>,
): void {
  app.get('/api/settings', (c) => c.json(services.settings()));
  app.get('/api/way-in', (c) => c.json(services.waysIn()));
  app.get('/api/audit', (c) => {
    const { limit = 500 } = readQuery(AUDIT_QUERY, c.req.query());
    const all = services.audits();
    return c.json({ entries: all.slice(-limit).reverse(), total: all.length });
  });
}
