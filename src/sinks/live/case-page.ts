/** `/case`: what a person marks with, on a phone. A form sends no header of its own; the Origin, the session and the role are checked. */
import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { readBody } from './bodies.ts';
import type { Bindings } from './context.ts';
import type { LiveDependencies } from './dependencies.ts';
import { InputError } from './queries.ts';

const MAX_BODY = 4096;

export function addCasePage(
  app: Hono<Bindings>,
  services: Pick<LiveDependencies, 'cases' | 'case' | 'markCase' | 'casePage'>,
): void {
  const limited = bodyLimit({ maxSize: MAX_BODY, onError: (c) => c.json({ error: 'body too large' }, 413) });
  const show = async (said: { ok: boolean; text: string } | null): Promise<Response> => {
    const open = services.cases().filter(({ closedAt }) => closedAt === null);
    const { status, headers, body } = await services.casePage({ open: open.toReversed(), said });
    return new Response(body as string, { status: said === null || said.ok ? status : 409, headers });
  };
  app.get('/case', () => show(null));
  app.post('/case', limited, async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const given = ['phase', 'event'].flatMap((name) => (form.has(name) ? [[name, form.get(name)]] : []));
    try {
      const mark = await readBody('mark', Object.fromEntries(given));
      const id = form.get('case') ?? '';
      if (services.case(id) === null) return show({ ok: false, text: 'There is no such test run any more.' });
      const marked = await services.markCase(id, mark);
      if (marked.ok) return c.redirect('/case', 303);
      return show({ ok: false, text: marked.why });
    } catch (error) {
      if (error instanceof InputError) return show({ ok: false, text: error.message });
      throw error;
    }
  });
}
