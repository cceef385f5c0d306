/** A directory of tables to the labs of a hub. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labError } from '../formats/refusal.ts';
import { readHubServerConfig } from '../hub/config.ts';
import { publishFeed } from '../hub/feed.ts';
import { LabError } from '../model/lab.ts';
import { text } from '../model/text.ts';
import { FEED_FILES, readFeedTables } from './feed-tables.ts';

/** @returns the version it got @throws LabError, and then nothing was published */
export async function publishFeedDirectory(hubConfig: string, directory: string, keyFile: string): Promise<number> {
  const config = readHubServerConfig(hubConfig);
  const files = readDirectory(directory);
  if (Object.keys(files).length === 0)
    throw labError(text('hub.empty-feed', { directory, names: FEED_FILES.join(', ') }));
  readFeedTables(files);
  return publishFeed(config, files, { key: read(keyFile), now: new Date() });
}

/** Every file but hidden ones: what is no table is refused, not left out. */
function readDirectory(directory: string): Record<string, string> {
  try {
    const names = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map(({ parentPath, name }) => join(parentPath, name).slice(join(directory, '/').length));
    return Object.fromEntries(names.toSorted().map((name) => [name, read(join(directory, name))]));
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw unread(directory, error);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unread(file, error);
  }
}

const unread = (file: string, error: unknown): LabError =>
  labError(text('fault.unread', { file, code: (error as NodeJS.ErrnoException).code ?? '' }));
