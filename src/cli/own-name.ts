import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How this program is called in a shell: a checkout has a wrapper of its own, and is on no PATH. */
export const OWN_NAME = existsSync(fileURLToPath(new URL('../../phonehome', import.meta.url)))
  ? './phonehome'
  : 'phonehome';

export function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
