/**
 * Names that a hub says belong to apps which insist on a certificate of their own. A hint decides nothing by itself: with one, a phone
 * that trusts the lab and refuses its certificate there with a TLS alert is believed the first time and not the third.
 * Promise: whoever writes hints can blind the lab nowhere else: not where it could read anything, not where it found something.
 */
import { LRUCache } from 'lru-cache';
import type { FeedSource } from '../model/pin.ts';

const MAX_READ = 10_000;

/** Server names, lower case; `*.example.com` for every name below it. */
export interface PassHints {
  names: readonly string[];
  source: FeedSource;
  /** Names in which something was found: there a hint says nothing. */
  except: readonly string[];
}

/** Hints in force, asked for one name at a time. */
export function createHintBook() {
  let names: ReadonlySet<string> = new Set();
  let source: FeedSource | null = null;
  let except: ReadonlySet<string> = new Set();
  /** An app was read there in this run. */
  const read = new LRUCache<string, true>({ max: MAX_READ });

  return {
    /** In place of those before; null: none. */
    give(hints: PassHints | null): void {
      names = new Set(hints?.names);
      except = new Set(hints?.except.map((name) => name.toLowerCase()));
      source = hints?.source ?? null;
    },
    /** Something was read at this name. */
    wasRead: (name: string): void => void read.set(name, true),
    /** Who says that apps insist on their own certificate there; null: nobody, or nobody is to be believed. Lower case. */
    sourceOf(name: string): FeedSource | null {
      if (source === null || read.has(name) || except.has(name)) return null;
      if (names.has(name)) return source;
      for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
        if (names.has(`*${name.slice(dot)}`)) return source;
      return null;
    },
  };
}

export type HintBook = ReturnType<typeof createHintBook>;
