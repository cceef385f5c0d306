/** Alerts. */
import { z } from 'zod';
import * as alerts from '../../../model/schemas/alert.ts';
import * as lab from '../../../model/schemas/lab.ts';
import { count } from '../../../model/schemas/parts.ts';
import * as search from '../../../model/schemas/search.ts';
import { ALERT_QUERY, ALERT_SEARCH } from '../queries.ts';
import type { Routes } from './route.ts';

export const alertsRoutes = {
  'GET /api/alerts': {
    summary: 'Alerts in the order of their current `seq`.',
    query: ALERT_QUERY,
    answer: z.object({ alerts: z.array(alerts.alert), seq: count, epoch: z.string() }),
    means: '`seq`: the latest one given out. `epoch`: the history it belongs to.',
  },
  'GET /api/alerts/{id}': { summary: 'One alert.', answer: alerts.alert, means: 'Its current version.' },
  'POST /api/alerts/{id}/reveal': {
    summary: 'The value in clear. Stands in the audit.',
    answer: lab.secret,
    means: 'Value, the text as it stood there, and the bytes around it.',
    conflicts: true,
  },
  'GET /api/search/alerts': {
    summary: 'Alerts that fit words and filters, newest first.',
    query: ALERT_SEARCH,
    answer: search.alertHits,
    means: 'A window of them, and their number.',
  },
  'GET /api/search/latest-alerts': {
    summary:
      'The latest alert of each phone, type, kind and severity: what a verdict rests on, however long ago it was.',
    answer: z.object({ alerts: z.array(alerts.alert) }),
    means: 'Newest first, 10,000 at most.',
  },
} satisfies Routes;
