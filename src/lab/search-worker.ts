/** A thread that searches what is stored, and opens kept bytes: with connections that only read, in nobody else's time. */
import { parentPort, workerData } from 'node:worker_threads';
import { openBytes } from '../inspect/opened.ts';
import { openSearch } from '../sinks/evidence/search.ts';
import { appCoverage } from './app-coverage.ts';
import { searchBodies } from './body-search.ts';
import { connectCalls } from './calls.ts';
import { openKeptContent } from './content.ts';
import { pathsIn } from './data-directory.ts';
import type { SearchCalls } from './searching.ts';

const { data } = workerData as { data: string };
const search = openSearch(pathsIn(data).evidence);
let content: ReturnType<typeof openKeptContent> = null;
const port = parentPort as NonNullable<typeof parentPort>;
connectCalls<object, SearchCalls>(port, {
  ...search,
  apps: (query) => appCoverage(query, search),
  bodies(query) {
    content ??= openKeptContent(data);
    return searchBodies(query, search, content);
  },
  open: (bytes, hints) => openBytes(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), hints),
});
