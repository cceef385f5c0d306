/** The hub's feed that a lab has in force, for what works beside it. Its signature was checked when the lab took it, and is at each start. */
import { existsSync, readFileSync } from 'node:fs';
import type { FeedSource } from '../model/pin.ts';
import { pathsIn } from './data-directory.ts';
import { type FeedTables, readFeedTables } from './feed-tables.ts';

/** @param data the lab's directory. Null: there is none, or one that cannot be read: the lab says what is wrong with it. */
export function readKeptFeed(data: string): { tables: FeedTables; source: FeedSource } | null {
  const { feed, hub } = pathsIn(data);
  if (!existsSync(feed)) return null;
  try {
    const { signed } = JSON.parse(readFileSync(feed, 'utf8')) as { signed: string };
    const { version, files } = JSON.parse(signed) as { version: number; files: Record<string, string> };
    return { tables: readFeedTables(files), source: { organisation: organisationIn(hub), version } };
  } catch {
    return null;
  }
}

/** Of what was published last; a lab that has not yet published does not know it here. */
function organisationIn(file: string): string {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { organisation?: string }).organisation ?? '?';
  } catch {
    return '?';
  }
}
