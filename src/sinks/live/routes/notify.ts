/** Who is told of alerts outside the lab. */
import * as notify from '../../../model/schemas/notify.ts';
import * as bodies from '../request-schemas.ts';
import { type Routes, removed } from './route.ts';

export const notifyRoutes = {
  'GET /api/notify': {
    summary: 'Who is told of alerts outside the lab, by which rules, and what is held back.',
    answer: notify.notifyState,
    means: 'Receivers with what waits for them; never their secrets.',
  },
  'GET /api/notify/receivers/{id}': {
    summary: 'How a receiver is configured.',
    answer: notify.receiver,
    means: 'As in notify.yaml: names of secrets, never the secrets.',
  },
  'PUT /api/notify/receivers/{id}': {
    summary: 'Puts a receiver into notify.yaml, or replaces it.',
    body: bodies.receiver,
    answer: notify.notifyState,
    means: 'The state now.',
    conflicts: true,
  },
  'DELETE /api/notify/receivers/{id}': {
    summary: 'Takes a receiver, and what waits for it, away; refused while a rule names it.',
    ...removed,
    conflicts: true,
  },
  'POST /api/notify/receivers/{id}/test': {
    summary: 'Sends a receiver a test that holds nothing of any phone.',
    answer: notify.sentTest,
    means: 'How it went.',
  },
  'POST /api/notify/receivers/{id}/retry': {
    summary: 'What was given up for a receiver waits again.',
    answer: notify.retried,
    means: 'How many.',
  },
  'PUT /api/notify/rules': {
    summary: 'Replaces all rules.',
    body: bodies.rules,
    answer: notify.notifyState,
    means: 'The state now.',
    conflicts: true,
  },
  'PUT /api/notify/mutes/{id}': {
    summary:
      'Holds back what matches, until a day and for a reason; the alerts stay in the store. Stands in the audit.',
    body: bodies.mute,
    answer: notify.notifyState,
    means: 'The state now.',
    conflicts: true,
  },
  'DELETE /api/notify/mutes/{id}': { summary: 'Ends a mute.', ...removed, conflicts: true },
  'PUT /api/notify/secrets/{id}': {
    summary: 'Writes a secret into DATA/secrets, mode 0600. It is never given out.',
    body: bodies.secret,
    answer: null,
    status: 204,
    means: 'Written.',
  },
} satisfies Routes;
