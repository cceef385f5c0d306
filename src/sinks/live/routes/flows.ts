/** Connections, and what was said on them. */
import { z } from 'zod';
import * as alerts from '../../../model/schemas/alert.ts';
import { contentPart, flowContent } from '../../../model/schemas/content.ts';
import { flowRecord } from '../../../model/schemas/flow.ts';
import * as openings from '../../../model/schemas/opened.ts';
import * as search from '../../../model/schemas/search.ts';
import { why } from '../../../model/schemas/why.ts';
import {
  BODY_QUERY,
  BODY_SEARCH,
  CONTENT_QUERY,
  FLOW_QUERY,
  FLOW_SEARCH,
  GROUP_QUERY,
  OPENED_QUERY,
  WHY_QUERY,
} from '../queries.ts';
import type { Routes } from './route.ts';

export const flowsRoutes = {
  'GET /api/search/flows': {
    summary: 'Flows that fit words and filters, newest first.',
    query: FLOW_SEARCH,
    answer: search.flowHits,
    means: 'A window of them, and their number.',
  },
  'GET /api/search/flow-groups': {
    summary: 'The same, put together by host, owner, country or app.',
    query: GROUP_QUERY,
    answer: search.flowGroups,
    means: 'Sums of each.',
  },
  'GET /api/flows': {
    summary: 'Flows, newest first.',
    query: FLOW_QUERY,
    answer: z.object({ flows: z.array(flowRecord) }),
    means: 'Open ones included.',
  },
  'GET /api/flows/{id}': {
    summary: 'One flow with its alerts.',
    answer: z.intersection(
      flowRecord,
      z.object({ why: why.pick({ sentence: true, text: true }), alerts: z.array(alerts.alert) }),
    ),
    means: 'The flow.',
  },
  'GET /api/flows/{id}/content': {
    summary: 'What is kept of what a flow said: requests, answers, messages.',
    query: CONTENT_QUERY,
    answer: flowContent,
    means: 'Masked unless revealed; why nothing, or not all, is there.',
    conflicts: true,
  },
  'GET /api/flows/{id}/content/body': {
    summary: 'Bytes of a kept body, message or raw stream. Stands in the audit.',
    query: BODY_QUERY,
    answer: contentPart,
    means: 'A piece, and where the next one begins.',
    conflicts: true,
  },
  'GET /api/flows/{id}/content/opened': {
    summary: 'A kept body, message or raw stream, opened layer in layer. Stands in the audit.',
    query: OPENED_QUERY,
    answer: openings.opened,
    means: 'Each layer with its fields; values of the phone are marked.',
    conflicts: true,
  },
  'GET /api/search/bodies': {
    summary: 'Looks for a text in kept bodies, from the newest connection back. Stands in the audit.',
    query: BODY_SEARCH,
    answer: openings.bodyHits,
    means: 'What was found so far, and where to go on.',
    conflicts: true,
  },
  'GET /api/why': {
    summary: 'What happened to the last connections to a server, why, and what can be done.',
    query: WHY_QUERY,
    answer: z.object({ why: z.array(why) }),
    means: 'A paragraph per phone, the one seen last first.',
  },
} satisfies Routes;
