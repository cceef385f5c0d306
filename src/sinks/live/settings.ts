/** How the lab is set up, who did what, and how a phone comes in: what the page of settings shows. */
import type { Hono } from 'hono';
import { refusalIn, refusalOf } from '../../formats/refusal.ts';
import { text } from '../../model/text.ts';
import type { Bindings, Ctx } from './context.ts';
import type { LiveDependencies } from './dependencies.ts';
import { AUDIT_QUERY, DATABASE_QUERY, InputError, readQuery } from './queries.ts';

/** Of a name in the audit. */
const MOST_NAME = 200;
const NO_AUDIT = refusalIn(text('refused.unaudited.changed'));

export function addSettings(
  app: Hono<Bindings>,
  services: Pick<LiveDependencies, 'settings' | 'audits' | 'waysIn' | 'audit' | 'takeDatabase' | 'rollBackDatabases'>,
  who: (c: Ctx) => string,
): void {
  app.get('/api/settings', (c) => c.json(services.settings()));
  app.post('/api/databases', async (c) => {
    const { name, older = false } = readQuery(DATABASE_QUERY, c.req.query());
    const { body } = c.req.raw;
    if (!name) throw new InputError(text('input.file-name'));
    if (body === null) throw new InputError(text('input.empty-file'));
    if (!services.audit('geo update', name.slice(0, MOST_NAME), who(c))) return c.json(NO_AUDIT, 409);
    const taken = await services.takeDatabase({ name, content: body }, { older });
    return taken.ok ? c.json(taken.value) : c.json(refusalOf(taken), 409);
  });
  app.delete('/api/databases', async (c) => {
    if (!services.audit('geo rollback', 'databases', who(c))) return c.json(NO_AUDIT, 409);
    const gone = await services.rollBackDatabases();
    return gone.ok ? c.json(gone.value) : c.json(refusalOf(gone), 409);
  });
  app.get('/api/way-in', (c) => c.json(services.waysIn()));
  app.get('/api/audit', (c) => {
    const { limit = 500 } = readQuery(AUDIT_QUERY, c.req.query());
    const all = services.audits();
    return c.json({ entries: all.slice(-limit).reverse(), total: all.length });
  });
}
