/** The file `pass-through.yaml` of a feed: names of servers whose apps are known to insist on a certificate of their own. */
import { getDomain, parse as parseHost } from 'tldts';
import { parse } from 'yaml';
import { LabError } from '../model/lab.ts';

/** Of one feed: a list of known apps, not of the internet. */
export const MAX_HINTS = 500;
const MAX_BECAUSE = 300;
const NAME = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{2,63}$/;

/** @param yaml name → how it is known. @throws LabError naming the file and what is wrong in it */
export function readPassHints(yaml: string, fileName: string): string[] {
  const fail = (what: string): never => {
    throw new LabError(`${fileName}: ${what}`);
  };
  let read: unknown;
  try {
    read = parse(yaml);
  } catch {
    fail('is no YAML');
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) fail('needs lines "name: how it is known"');
  const entries = Object.entries(read as Record<string, unknown>);
  if (entries.length > MAX_HINTS) fail(`holds ${entries.length} names: ${MAX_HINTS} at most`);
  for (const [name, because] of entries) {
    const base = name.replace(/^\*\./, '');
    if (!NAME.test(name) || parseHost(base).isIp) fail(`${name} is no name of a server, e.g. api.example.com`);
    // Below a public suffix lie the names of everybody.
    if (getDomain(base, { allowPrivateDomains: true }) === null) fail(`${name} stands for names of many owners`);
    if (typeof because !== 'string' || because.trim() === '' || because.length > MAX_BECAUSE)
      fail(`${name}: say in a line how it is known`);
  }
  return entries.map(([name]) => name);
}
