/** A plan is a ready-made test: what to do to a phone, what to mark, how long to wait. */
import type { z } from 'zod';
import type * as schemas from './schemas/plan.ts';

export type Plan = z.output<typeof schemas.plan>;
export type PlanStep = Plan['steps'][number];
export type PlanRun = z.output<typeof schemas.planRun>;
export type PlanView = z.output<typeof schemas.planView>;
export type PlanText = Plan['title'];

/** In English where it is not told in the other language. */
export function inLanguage(text: PlanText, language: 'en' | 'vi'): string {
  if (typeof text === 'string') return text;
  return (language === 'vi' && text.vi) || text.en;
}
