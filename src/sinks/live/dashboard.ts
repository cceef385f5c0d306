/** The dashboard, served from memory to browsers that signed in. Nothing inline, nothing from another address. */
import type { Hono } from 'hono';
import type { Access } from './access.ts';
import { BUILT, type BuiltFile, readBuilt } from './built-files.ts';
import type { Bindings } from './context.ts';
import { factsOf } from './sign-in.ts';

/** `/` and its files, for whoever signed in; anybody else, and a lab without a built dashboard, goes on to the next. */
export function addDashboard(app: Hono<Bindings>, access: Access, directory = BUILT): void {
  let files: Map<string, BuiltFile> | null = null;
  // No route of its own: what it does not have goes on to those that stand in the table of roles.
  app.use(async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return next();
    const name = c.req.path === '/' ? '/index.html' : c.req.path;
    if (name !== '/index.html' && !name.startsWith('/assets/')) return next();
    if (access.callerOf(factsOf(c)) === null) return next();
    files ??= readBuilt(directory);
    const file = files.get(name);
    return file ? c.body(file.bytes, 200, file.headers) : next();
  });
}
