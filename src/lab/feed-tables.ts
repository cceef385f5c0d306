/** The tables of a feed, read as the lab reads its own: whoever publishes one and whoever takes one ask the same. */
import { type OwnerTable, readOwnersText } from '../enrich/owners.ts';
import { labError } from '../formats/refusal.ts';
import type { OpaqueFormat } from '../inspect/opaque-formats.ts';
import { readOpaqueFormats } from '../inspect/opaque-formats-file.ts';
import { type NamesByKind, readNames } from '../kinds/key-names.ts';
import type { Plan } from '../model/plan.ts';
import { text } from '../model/text.ts';
import { parsePlan } from '../plans/plans.ts';
import { readPassHints } from '../wire/pass-hints-file.ts';

export interface FeedTables {
  owners: { text: string; table: OwnerTable } | null;
  names: NamesByKind;
  formats: OpaqueFormat[];
  /** Names of servers whose apps are known to pin. */
  hints: string[];
  plans: Plan[];
}

export const FEED_FILES = [
  'owners.json',
  'key-names.yaml',
  'opaque-formats.yaml',
  'pass-through.yaml',
  'plans/NAME.yaml',
];
const PLAN = /^plans\/[a-z0-9][a-z0-9-]{0,59}\.yaml$/;

/** @throws LabError naming the file and what is wrong in it; then nothing of the feed is to be used */
export function readFeedTables(files: Readonly<Record<string, string>>): FeedTables {
  const tables: FeedTables = { owners: null, names: {}, formats: [], hints: [], plans: [] };
  for (const [name, content] of Object.entries(files)) {
    if (name === 'owners.json') tables.owners = { text: content, table: readOwnersText(content, name) };
    else if (name === 'key-names.yaml') tables.names = readNames(content, name);
    else if (name === 'opaque-formats.yaml') tables.formats = readOpaqueFormats(content, name);
    else if (name === 'pass-through.yaml') tables.hints = readPassHints(content, name);
    else if (PLAN.test(name)) tables.plans.push(parsePlan(content, name));
    else throw labError(text('feed.no-table', { name, names: FEED_FILES.join(', ') }));
  }
  return tables;
}
