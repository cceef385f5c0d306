/** A thread that searches what is stored, with a connection that only reads. */
import { parentPort, workerData } from 'node:worker_threads';
import { openSearch } from '../sinks/evidence/search.ts';
import { connectCalls } from './calls.ts';
import type { SearchCalls } from './searching.ts';

const { file } = workerData as { file: string };
connectCalls<object, SearchCalls>(parentPort as NonNullable<typeof parentPort>, openSearch(file));
