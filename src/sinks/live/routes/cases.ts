/** Test runs, and what is made of them. */
import { z } from 'zod';
import * as lab from '../../../model/schemas/lab.ts';
import * as plans from '../../../model/schemas/plan.ts';
import { COMPARE_QUERY, REPORT_QUERY } from '../queries.ts';
import * as bodies from '../request-schemas.ts';
import { type Routes, removed } from './route.ts';

export const casesRoutes = {
  'GET /case': {
    summary: 'The page from which a person marks test runs; leads to `/` where nobody is signed in.',
    answer: 'text/html',
    means: 'The page.',
  },
  'POST /case': {
    summary: 'A mark from that page, as a form with `case` and `phase` or `event`.',
    answer: null,
    status: 303,
    means: 'Marked.',
    conflicts: true,
  },
  'GET /api/cases': {
    summary: 'Test runs, oldest first.',
    answer: z.object({ cases: z.array(lab.testCase) }),
    means: 'Closed ones included.',
  },
  'POST /api/cases': {
    summary: 'Opens a case.',
    body: bodies.openCase,
    answer: lab.testCase,
    status: 201,
    means: 'Open from now on.',
    conflicts: true,
  },
  'GET /api/cases/{id}': { summary: 'One case.', answer: lab.testCase, means: 'With its marks.' },
  'PATCH /api/cases/{id}': {
    summary: 'Closes a case.',
    body: bodies.changeCase,
    answer: lab.testCase,
    means: 'Closed.',
    conflicts: true,
  },
  'DELETE /api/cases/{id}': { summary: 'Removes a case; its alerts stay.', ...removed },
  'POST /api/cases/{id}/marks': {
    summary: 'Begins a phase, e.g. `before-consent`, `consent-given`, or notes an event, e.g. `boot`, `unlock`.',
    body: bodies.mark,
    answer: lab.testCase,
    status: 201,
    means: 'With the new mark.',
    conflicts: true,
  },
  'GET /api/plans': {
    summary: 'Ready-made plans: what to do to a phone, step by step. A case is opened with one by its name.',
    answer: z.object({ plans: z.array(plans.plan) }),
    means: 'With all steps.',
  },
  'GET /api/cases/{id}/plan': {
    summary: 'Where a case is in its plan: what to do now, or how long to wait.',
    answer: plans.planView,
    means: 'Ask again while it waits; 404: the case follows no plan.',
  },
  'POST /api/cases/{id}/plan': {
    summary:
      'The step was done, or its wait is over: it is marked, and the next one begins. The last one closes the case.',
    body: bodies.planStep,
    answer: plans.planView,
    means: 'Where it is now.',
    conflicts: true,
  },
  'GET /api/cases/{id}/report': {
    summary: 'The report of a case: a page, or a PDF. Stands in the audit.',
    query: REPORT_QUERY,
    answer: 'text/html',
    means: 'Values are masked; a PDF is `application/pdf`.',
    conflicts: true,
  },
  'POST /api/cases/{id}/export': {
    summary: 'The case as a package that others can check, one at a time. Stands in the audit.',
    body: bodies.exportCase,
    answer: 'application/zip',
    means: 'Values in clear unless redacted; `X-Signed-With`: SHA-256 of the key that signed it.',
    conflicts: true,
  },
  'POST /api/packages/verify': {
    summary: 'Checks an exported package, sent as it is; nothing of it is kept. Stands in the audit.',
    body: 'application/zip',
    answer: lab.checkedPackage,
    means: 'Whether it is what was written, and whose key signed it.',
    conflicts: true,
  },
  'GET /api/compare': {
    summary: 'Holds two cases, phases of cases or phones against each other. Stands in the audit.',
    query: COMPARE_QUERY,
    answer: lab.saidComparison,
    means: 'In sentences, without values.',
    conflicts: true,
  },
} satisfies Routes;
