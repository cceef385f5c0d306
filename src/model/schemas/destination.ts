/** Where a flow goes, and three separate facts about it. They are never merged: see docs/decisions. */
import { z } from 'zod';
import { country, port, text, textOrNull } from './parts.ts';

export const destination = z.object({
  host: text.describe(
    'Name the phone asked for (CONNECT authority, Host, SNI), or the address when no name is known; never with brackets. `unknown` with port 0 when the phone was refused, or left, before it named one.',
  ),
  port,
  guessed: z
    .literal(true)
    .optional()
    .describe(
      'The phone named no host on this connection: `host` is the name it last looked this address up by. Probably, not certainly, the one it meant.',
    ),
  ip: textOrNull.describe('Address connected to (or stated by the upstream map); null when the name never resolved.'),
});

const countryVote = z.object({ source: text.describe('e.g. `dbip-country 2026-06-01`.'), country });

export const destinationFacts = z.object({
  location: z.object({
    country: textOrNull.describe('Null when nobody knows or the address has no single place.'),
    confidence: z.enum(['agreed', 'disputed', 'single', 'none']),
    votes: z.array(countryVote),
    note: textOrNull.describe('`anycast`, `private`, `loopback`, `documentation`…; null for ordinary addresses.'),
  }),
  network: z.object({
    asn: z.int().nullable(),
    org: textOrNull,
    country: textOrNull.describe('Where the AS is registered. Never a location.'),
  }),
  owner: z.object({
    name: textOrNull,
    country,
    kind: textOrNull.describe('`device-maker`, `telecom`, `hosting`…; null when unknown.'),
    evidence: z.enum(['table', 'hosting', 'certificate', 'unknown']).describe('How the owner is known.'),
    parent: textOrNull,
  }),
});
