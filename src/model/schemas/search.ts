/** What a search answers: a window of the rows that fit, newest first, and how many there are in all. */
import { z } from 'zod';
import { COVERAGE_CLASSES, FLOW_GROUPS } from '../words.ts';
import { alert } from './alert.ts';
import { flowRecord } from './flow.ts';
import { count, milliseconds, text, textOrNull } from './parts.ts';

const total = count.describe('All that fit, not only those of this answer.');

export const alertHits = z.object({ alerts: z.array(alert), total });
export const flowHits = z.object({ flows: z.array(flowRecord), total });
export const flowGroup = z.object({
  key: textOrNull.describe('Host, owner, country or app; null: none is known.'),
  flows: count,
  findings: count,
  bytesUp: count,
  bytesDown: count,
  lastAt: milliseconds.describe('When the latest of them was opened, milliseconds since the epoch.'),
  owners: z.array(text).describe('Some of those who own the names.'),
  countries: z.array(text).describe('Some of the countries their servers are in, ISO 3166-1 alpha-2.'),
});
export const flowGroups = z.object({
  by: z.enum(FLOW_GROUPS),
  groups: z.array(flowGroup).describe('Those of most connections first, 2000 at most.'),
  total: count.describe('Number of groups.'),
  flows: count.describe('Connections in all of them.'),
});

export const appCoverage = z.object({
  apps: z
    .array(
      z.object({
        app: textOrNull.describe('App or SDK that probably opened them; null: nothing told.'),
        connections: count,
        unread: count.describe('Of these, not looked into, or not to their end.'),
        why: z.array(
          z.object({
            class: z.enum(COVERAGE_CLASSES),
            connections: count,
            hosts: z.array(text).describe('Some of the servers.'),
          }),
        ),
      }),
    )
    .describe('Those with most unread connections first, 200 at most.'),
  connections: count.describe('Looked through, the latest of the phone.'),
  isAll: z.boolean().describe('False: the phone made more.'),
});
