/**
 * A phone that looked an address up under one name and asks it for another: the name in the TLS hello or Host field is the
 * app's own word, the look-up is what made it call. Usual where many names share a server; also how a hidden front works.
 * Only the registrable domain is told: labels below it may carry a value.
 */
import { getDomain } from 'tldts';
import type { Flow } from '../model/flow.ts';

/** The registrable domain the address was looked up under when it is not that of the name asked for; else null. */
export function lookedUpElsewhere({ lookedUpAs, destination }: Flow): string | null {
  if (!lookedUpAs || destination.host === destination.ip) return null;
  const lookedUp = getDomain(lookedUpAs);
  const asked = getDomain(destination.host);
  return lookedUp === null || lookedUp === asked ? null : lookedUp;
}
