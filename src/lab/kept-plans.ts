/** Test plans for commands beside a lab: the ready-made ones and those of the hub's feed that the lab has in force. */
import { existsSync, readFileSync } from 'node:fs';
import type { Plan } from '../model/plan.ts';
import { givePlans, listPlans } from '../plans/plans.ts';
import { pathsIn } from './data-directory.ts';
import { readFeedTables } from './feed-tables.ts';

/** A feed that cannot be read brings none: the lab says what is wrong with it. */
export async function listKeptPlans(data: string): Promise<Plan[]> {
  givePlans(plansIn(pathsIn(data).feed));
  return listPlans();
}

/** Its signature was checked when the lab took it; the lab does that again at its start. */
function plansIn(file: string): Plan[] {
  if (!existsSync(file)) return [];
  try {
    const { signed } = JSON.parse(readFileSync(file, 'utf8')) as { signed: string };
    const { files } = JSON.parse(signed) as { files: Record<string, string> };
    return readFeedTables(files).plans;
  } catch {
    return [];
  }
}
