/** What is made of a case for people: the report and comparisons, masked, and the package. Each stands in the audit. */

import { Readable } from 'node:stream';
import type { Hono, MiddlewareHandler } from 'hono';
import { refusalIn, refusalOf } from '../../formats/refusal.ts';
import { text } from '../../model/text.ts';
import { readBody } from './bodies.ts';
import type { Bindings, Ctx } from './context.ts';
import type { LiveDependencies } from './dependencies.ts';
import { COMPARE_QUERY, InputError, REPORT_QUERY, readQuery } from './queries.ts';
import { json } from './sign-in.ts';

const NO_CASE = refusalIn(text('refused.no-such.case'));
const NO_AUDIT = refusalIn(text('refused.unaudited.made'));

/** A report is a page without script that a page of this lab may frame: nothing in it can do anything, or load anything. */
const REPORT_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/** Of a name in the audit. */
const MOST_NAME = 200;

export function addCaseFiles(
  app: Hono<Bindings>,
  services: Pick<LiveDependencies, 'case' | 'audit' | 'caseReport' | 'compareCases' | 'exportCase' | 'verifyPackage'>,
  limited: MiddlewareHandler,
  who: (c: Ctx) => string,
): void {
  app.get('/api/cases/:id/report', async (c) => {
    const { format = 'html', language = 'en' } = readQuery(REPORT_QUERY, c.req.query());
    const given = services.case(c.req.param('id'));
    if (given === null) return c.json(NO_CASE, 404);
    if (!services.audit('report', `case ${given.id}`, who(c))) return c.json(NO_AUDIT, 409);
    const made = await services.caseReport(given.id, { format, language });
    if (!made.ok) return c.json(refusalOf(made), 409);
    return c.body(made.value as string, 200, {
      'Content-Type': format === 'pdf' ? 'application/pdf' : 'text/html; charset=utf-8',
      'Content-Security-Policy': REPORT_POLICY,
    });
  });
  app.post('/api/cases/:id/export', limited, async (c) => {
    const { redact, language } = await readBody('exportCase', await json(c));
    const given = services.case(c.req.param('id'));
    if (given === null) return c.json(NO_CASE, 404);
    if (!services.audit(redact ? 'export redacted' : 'export', `case ${given.id}`, who(c)))
      return c.json(NO_AUDIT, 409);
    const made = await services.exportCase(given.id, { redact, language });
    if (!made.ok) return c.json(refusalOf(made), 409);
    const { stream, bytes, fingerprint } = made.value;
    return c.body(Readable.toWeb(stream) as ReadableStream<Uint8Array<ArrayBuffer>>, 200, {
      'Content-Type': 'application/zip',
      'Content-Length': String(bytes),
      'X-Signed-With': fingerprint,
    });
  });
  app.post('/api/packages/verify', async (c) => {
    const { body } = c.req.raw;
    if (body === null) return c.json(refusalIn(text('input.empty-package')), 400);
    if (!services.audit('verify', 'a package', who(c))) return c.json(NO_AUDIT, 409);
    const checked = await services.verifyPackage(body);
    if (!checked.ok) return c.json(refusalOf(checked), 409);
    return checked.value === null ? c.json(refusalIn(text('refused.package-large')), 413) : c.json(checked.value);
  });
  app.get('/api/compare', async (c) => {
    const { a, b, language = 'en' } = readQuery(COMPARE_QUERY, c.req.query());
    if (!a || !b) throw new InputError(text('input.no-sides'));
    if (!services.audit('compare', `${a.slice(0, MOST_NAME)} with ${b.slice(0, MOST_NAME)}`, who(c)))
      return c.json(NO_AUDIT, 409);
    const said = await services.compareCases(a, b, language);
    return said.ok ? c.json(said.value) : c.json(refusalOf(said), 409);
  });
}
