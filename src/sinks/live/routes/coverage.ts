/** How a phone behaves towards the lab: what could be looked into, what was passed through, tests of trust. */
import { z } from 'zod';
import * as phones from '../../../model/schemas/phone.ts';
import * as search from '../../../model/schemas/search.ts';
import { APP_QUERY } from '../queries.ts';
import * as bodies from '../request-schemas.ts';
import { type Routes, removed } from './route.ts';

export const coverageRoutes = {
  'GET /api/coverage': {
    summary: 'How much of each phone could be looked into.',
    answer: z.object({ coverage: z.array(phones.coverage), gaps: z.array(phones.gap) }),
    means: 'One entry per device; `gaps`: times in which the lab could not see something, of any device, oldest first.',
  },
  'GET /api/coverage/apps': {
    summary: 'What could be looked into of one phone, app by app; `device` must be given.',
    query: APP_QUERY,
    answer: search.appCoverage,
    means: 'Its latest connections, 10,000 at most; of replays where `simulated` is true.',
  },
  'GET /api/beacons': {
    summary: 'Contacts phones make by themselves: at regular intervals, after a mark, while idle.',
    answer: z.object({
      beacons: z.array(phones.beacon),
      reactions: z.array(phones.reaction),
      idle: z.array(phones.idleContact),
    }),
    means: 'Since the lab started.',
  },
  'GET /api/pins': {
    summary: "Apps that refuse the lab's certificate.",
    answer: z.object({ pins: z.array(phones.pin) }),
    means: 'Per device and name.',
  },
  'PUT /api/pins': {
    summary: 'Decides for an app: always pass through, never, or as it behaves.',
    body: bodies.pin,
    answer: phones.pin,
    means: 'The state now.',
  },
  'GET /api/trust-tests': {
    summary: 'Tests of apps with a bad certificate on purpose, and how they went.',
    answer: z.object({ trustTests: z.array(phones.trustTest) }),
    means: 'Newest first.',
  },
  'POST /api/trust-tests': {
    summary: 'Shows the next connection of a phone to a name a bad certificate, once, within a time limit.',
    body: bodies.trustTest,
    answer: phones.trustTest,
    status: 201,
    means: 'Waiting for a connection.',
    conflicts: true,
  },
  'DELETE /api/trust-tests/{id}': { summary: 'Calls a waiting test off.', ...removed },
} satisfies Routes;
