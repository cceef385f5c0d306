/** The tables of a feed, read as the lab reads its own: whoever publishes one and whoever takes one ask the same. */
import { type OwnerTable, readOwnersText } from '../enrich/owners.ts';
import { type NamesByKind, readNames } from '../kinds/key-names.ts';
import { LabError } from '../model/lab.ts';
import type { Plan } from '../model/plan.ts';
import { parsePlan } from '../plans/plans.ts';

export interface FeedTables {
  owners: { text: string; table: OwnerTable } | null;
  names: NamesByKind;
  plans: Plan[];
}

export const FEED_FILES = ['owners.json', 'key-names.yaml', 'plans/NAME.yaml'];
const PLAN = /^plans\/[a-z0-9][a-z0-9-]{0,59}\.yaml$/;

/** @throws LabError naming the file and what is wrong in it; then nothing of the feed is to be used */
export function readFeedTables(files: Readonly<Record<string, string>>): FeedTables {
  const tables: FeedTables = { owners: null, names: {}, plans: [] };
  for (const [name, text] of Object.entries(files)) {
    if (name === 'owners.json') tables.owners = { text, table: readOwnersText(text, name) };
    else if (name === 'key-names.yaml') tables.names = readNames(text, name);
    else if (PLAN.test(name)) tables.plans.push(parsePlan(text, name));
    else throw new LabError(`${name}: no table of a feed: ${FEED_FILES.join(', ')}`);
  }
  return tables;
}
