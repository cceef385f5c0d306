/**
 * Long searches in what is stored, in a thread of their own with a connection that only reads: neither the relay nor the lab waits
 * for one. The thread begins with the first search and ends when nobody asked for a while; one that takes too long is ended and
 * said to have been.
 */

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { labError } from '../formats/refusal.ts';
import type { OpenHints } from '../inspect/opened.ts';
import type { BodyHits, OpenedLayer } from '../model/opened.ts';
import type { AppCoverage, AppCoverageQuery, BodySearch } from '../model/search.ts';
import { text } from '../model/text.ts';
import type { Search } from '../sinks/evidence/search.ts';
import type { LiveDependencies } from '../sinks/live/dependencies.ts';
import { connectCalls } from './calls.ts';

/** What the thread does for the lab. */
export type SearchCalls = { [Name in keyof Search]: Search[Name] } & {
  apps(query: AppCoverageQuery): AppCoverage;
  bodies(query: BodySearch): BodyHits;
  open(bytes: Uint8Array, hints: OpenHints): OpenedLayer[];
};

export interface Searching {
  services: Pick<
    LiveDependencies,
    'searchAlerts' | 'latestAlerts' | 'searchFlows' | 'groupFlows' | 'appCoverage' | 'searchBodies'
  >;
  /** Opens bytes that are kept. */
  open(bytes: Uint8Array, hints: OpenHints): Promise<OpenedLayer[]>;
  close(): Promise<void>;
}

const IDLE_MS = 60_000;
/** Of all that wait, from the last answer on. */
const TOO_LONG_MS = 30_000;
const TOO_LONG = text('search.too-long');
const MEGABYTES = 256;

/** @param data the directory in which a store is open */
export function openSearching(data: string): Searching {
  let running: { worker: Worker; calls: Async<SearchCalls>; waiting: Set<(error: Error) => void> } | null = null;
  let timer: NodeJS.Timeout | null = null;

  function begin(): NonNullable<typeof running> {
    const worker = new Worker(new URL(`./search-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: { data },
      resourceLimits: { maxOldGenerationSizeMb: MEGABYTES },
    });
    worker.unref();
    const begun = {
      worker,
      calls: connectCalls<SearchCalls, object>(worker, {}) as unknown as Async<SearchCalls>,
      waiting: new Set<(error: Error) => void>(),
    };
    const ended = (error: Error): void => {
      if (running === begun) running = null;
      for (const reject of begun.waiting) reject(error);
    };
    worker.on('error', ended);
    worker.on('exit', () => ended(labError(text('refused.search-ended'))));
    running = begun;
    return begun;
  }

  /** After an answer, and before one. */
  function watch(begun: NonNullable<typeof running>): void {
    if (timer !== null) clearTimeout(timer);
    const isIdle = begun.waiting.size === 0;
    timer = setTimeout(
      () => {
        for (const reject of begun.waiting) reject(labError(TOO_LONG));
        void begun.worker.terminate();
      },
      isIdle ? IDLE_MS : TOO_LONG_MS,
    ).unref();
  }

  async function ask<T>(search: (calls: Async<SearchCalls>) => Promise<T>): Promise<T> {
    const begun = running ?? begin();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    begun.waiting.add(reject);
    watch(begun);
    search(begun.calls).then(resolve, reject);
    try {
      return await promise;
    } finally {
      begun.waiting.delete(reject);
      if (running === begun) watch(begun);
    }
  }

  return {
    services: {
      searchAlerts: (query) => ask((calls) => calls.alerts(query)),
      latestAlerts: () => ask((calls) => calls.latest()),
      searchFlows: (query) => ask((calls) => calls.flows(query)),
      groupFlows: (query) => ask((calls) => calls.groups(query)),
      appCoverage: (query) => ask((calls) => calls.apps(query)),
      searchBodies: (query) => ask((calls) => calls.bodies(query)),
    },
    open: (bytes, hints) => ask((calls) => calls.open(bytes, hints)),
    async close() {
      if (timer !== null) clearTimeout(timer);
      await running?.worker.terminate();
    },
  };
}

type Async<T> = {
  [Name in keyof T]: T[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};
