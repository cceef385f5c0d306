import { readFileSync } from 'node:fs';

/** Of this installation, as its package.json says. */
export function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
