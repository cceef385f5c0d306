/** What is told of one address of the API. */
import { z } from 'zod';
import type { Parameter } from '../queries.ts';
import type { RouteName } from '../roles.ts';

export interface Route {
  summary: string;
  /** Null: nothing but the status. A text: that media type. */
  answer: z.ZodType | string | null;
  /** What the answer holds, one sentence. */
  means: string;
  status?: 200 | 201 | 204 | 303;
  query?: Record<string, Parameter>;
  /** Every parameter of the query must be there. */
  needsQuery?: boolean;
  /** A text: a file of that media type, as it is. */
  body?: z.ZodType | string;
  /** May be refused in the state things are in (409). */
  conflicts?: boolean;
  /** Refused where its code or token is not right (401, 403), though it needs none otherwise. */
  refuses?: 401 | 403;
}

/** The WebSocket stands in AsyncAPI. */
export type DescribedRoute = Exclude<RouteName, 'GET /api/alerts/live'>;
export type Routes = Partial<Record<DescribedRoute, Route>>;

export const anything = z.record(z.string(), z.unknown());
export const removed = { answer: null, status: 204, means: 'Removed.' } as const;
