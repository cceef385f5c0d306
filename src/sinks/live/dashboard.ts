/**
 * The dashboard: the files that `npm run build` made, read once and served from memory to browsers that signed in. Names that
 * were not there then do not exist, so no path leads anywhere else. Nothing inline, nothing from another address.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Hono } from 'hono';
import type { Access } from './access.ts';
import type { Bindings } from './context.ts';
import { factsOf } from './sign-in.ts';

/** Where the build puts it. */
export const BUILT = fileURLToPath(new URL('../../../dist/dashboard', import.meta.url));

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  // The preview of a report, in a sandbox.
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

interface BuiltFile {
  bytes: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

/** By path, `/index.html` among them; empty where nothing was built. */
function readBuilt(directory: string): Map<string, BuiltFile> {
  const files = new Map<string, BuiltFile>();
  if (!existsSync(directory)) return files;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const type = TYPES[path.extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = path.join(entry.parentPath, entry.name);
    const isPage = type.startsWith('text/html');
    files.set(`/${path.relative(directory, file).split(path.sep).join('/')}`, {
      bytes: new Uint8Array(readFileSync(file)),
      headers: {
        'Content-Type': type,
        // All but the page have a hash of their content in their names.
        ...(isPage
          ? { 'Content-Security-Policy': POLICY }
          : { 'Cache-Control': 'private, max-age=31536000, immutable' }),
      },
    });
  }
  return files;
}

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
