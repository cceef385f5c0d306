/** The file `pass-through.yaml` of a feed: names of servers whose apps are known to insist on a certificate of their own. */
import { getDomain, parse as parseHost } from 'tldts';
import { labError } from '../formats/refusal.ts';
import { yaml } from '../formats/yaml.ts';
import { type Text, text } from '../model/text.ts';

/** Of one feed: a list of known apps, not of the internet. */
export const MAX_HINTS = 500;
const MAX_BECAUSE = 300;
const NAME = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{2,63}$/;

/** @param written name → how it is known. @throws LabError naming the file and what is wrong in it */
export function readPassHints(written: string, fileName: string): string[] {
  const fail = (problem: Text): never => {
    throw labError(text('file.field', { field: fileName, problem }));
  };
  let read: unknown;
  try {
    read = yaml().parse(written);
  } catch {
    fail(text('names.no-yaml'));
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) fail(text('hints.no-lines'));
  const entries = Object.entries(read as Record<string, unknown>);
  if (entries.length > MAX_HINTS) fail(text('hints.many', { count: entries.length, most: MAX_HINTS }));
  for (const [name, because] of entries) {
    const base = name.replace(/^\*\./, '');
    if (!NAME.test(name) || parseHost(base).isIp) fail(text('hints.no-server', { name }));
    // Below a public suffix lie the names of everybody.
    if (getDomain(base, { allowPrivateDomains: true }) === null) fail(text('hints.suffix', { name }));
    if (typeof because !== 'string' || because.trim() === '' || because.length > MAX_BECAUSE)
      fail(text('hints.because', { name }));
  }
  return entries.map(([name]) => name);
}
