/** The files that `npm run build` made, read once. Names that were not there then do not exist, so no path leads anywhere else. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

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

export interface BuiltFile {
  bytes: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

/** By path, `/index.html` of a lab and `/hub.html` of a hub among them; empty where nothing was built. */
export function readBuilt(directory = BUILT): Map<string, BuiltFile> {
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
