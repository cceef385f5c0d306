/** Test plans for commands beside a lab: the ready-made ones and those of the hub's feed that the lab has in force. */
import type { Plan } from '../model/plan.ts';
import { givePlans, listPlans } from '../plans/plans.ts';
import { readKeptFeed } from './kept-feed.ts';

/** A feed that cannot be read brings none. */
export async function listKeptPlans(data: string): Promise<Plan[]> {
  givePlans(readKeptFeed(data)?.tables.plans ?? []);
  return listPlans();
}
