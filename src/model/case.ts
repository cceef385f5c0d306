/** A case is one test run of one phone; its marks divide it into phases. */
import type { z } from 'zod';
import type { PlanRun } from './plan.ts';
import type { caseFacts, testCase } from './schemas/lab.ts';

export type Case = z.infer<typeof testCase>;
export type CaseMark = Case['marks'][number];
export type CaseEvent = NonNullable<Case['events']>[number];
export type CaseFacts = z.infer<typeof caseFacts>;

/** What a case begins with. */
export interface NewCase {
  title: string;
  /** The phone it is about; null: every phone. */
  deviceId: string | null;
  label: string | null;
  /** Where it is about several: all of them. */
  phones?: string[];
  about?: CaseFacts;
  plan?: PlanRun;
}

/** Where a moment lies in a case. */
export interface CaseMoment {
  /** Id of the case. */
  id: string;
  /** Null before the first phase. */
  phase: string | null;
  label: string | null;
  /** The last event or beginning of a phase; `nth`: position among the marks of the case. `at` in ms since the epoch. */
  mark?: { name: string; at: number; nth: number } | null;
}

/** The phones a case is about; null: every phone. */
export function phonesOf({ deviceId, phones }: Pick<Case, 'deviceId' | 'phones'>): readonly string[] | null {
  return phones ?? (deviceId === null ? null : [deviceId]);
}
