/**
 * Tables from the hub: owners, names of fields, opaque formats, names of pinning apps, test plans. Promise: what is in force is always one whole feed that verified; a bad one
 * (another signature, an older version, a table that cannot be read, a disk that refuses) changes nothing, and its state says why.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FEED_OWNERS_FILE } from '../enrich/owners.ts';
import { errorLine } from '../formats/error-line.ts';
import { replaceFile } from '../formats/replace-file.ts';
import { say } from '../formats/say.ts';
import { openFeed } from '../formats/signed-feed.ts';
import { giveOpaqueFormats } from '../inspect/opaque-formats.ts';
import { giveNames } from '../kinds/key-names.ts';
import type { FeedState } from '../model/hub.ts';
import { LabError } from '../model/lab.ts';
import type { FeedSource } from '../model/pin.ts';
import { type Text, text } from '../model/text.ts';
import { givePlans } from '../plans/plans.ts';
import { type FeedTables, readFeedTables } from './feed-tables.ts';

export interface FeedOptions {
  /** PEM of the key it must be signed with. */
  key: string;
  /** Where the one in force is kept, as it was signed. */
  file: string;
  /** Whose hub it is: every word of it is shown with its source. */
  organisation: string;
  /** `DATA/geoip`. */
  geo: string;
  /** What lies in that directory now answers. Throws when it cannot. */
  reopenPlaces: () => void;
  /** Names of servers whose apps are known to pin, in place of those before. */
  giveHints: (names: readonly string[], source: FeedSource) => void;
}

export interface FeedInForce {
  state(): FeedState;
  /** @returns what became of it; null: it is the one in force */
  take(bytes: Uint8Array): 'taken' | 'refused' | null;
}

/** The one that was in force when the lab ended is again, if it still verifies. */
export function openFeedInForce({ key, file, organisation, geo, reopenPlaces, giveHints }: FeedOptions): FeedInForce {
  let state: FeedState = { version: 0, made: null, problem: null };
  let kept: Uint8Array | null = null;
  const owners = join(geo, FEED_OWNERS_FILE);

  function use(tables: FeedTables, version: number): void {
    const source = { organisation, version };
    if (tables.owners) replaceFile(owners, tables.owners.text);
    else rmSync(owners, { force: true });
    reopenPlaces();
    giveNames(tables.names);
    giveOpaqueFormats(tables.formats, source);
    givePlans(tables.plans);
    giveHints(tables.hints, source);
  }

  function take(bytes: Uint8Array): 'taken' | 'refused' | null {
    if (kept !== null && Buffer.compare(kept, bytes) === 0) return null;
    const refuse = (why: Text): 'refused' | null => {
      const problem = say(why);
      if (state.problem === problem) return null;
      state = { ...state, problem, text: why };
      return 'refused';
    };
    const opened = openFeed(bytes, key);
    if (!opened.ok) return refuse(opened.why);
    const { version, made, files } = opened.feed;
    if (version <= state.version) return refuse(text('feed.not-newer', { version, present: state.version }));
    try {
      use(readFeedTables(files), version);
      replaceFile(file, Buffer.from(bytes).toString());
    } catch (error) {
      goBack();
      const problem = (error instanceof LabError && error.text) || text('net.said', { said: errorLine(error) });
      return refuse(text('feed.of', { version, problem }));
    }
    kept = bytes;
    state = { version, made, problem: null };
    return 'taken';
  }

  function goBack(): void {
    const before = kept === null ? null : openFeed(kept, key);
    use(readFeedTables(before?.ok ? before.feed.files : {}), state.version);
  }

  if (existsSync(file)) take(readFileSync(file));
  return { state: () => state, take };
}
