import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { reportHooks } from './test/failed-hooks.ts';
import { reportSkipped } from './test/skipped-tests.ts';
import { testsWithoutSockets } from './test/without-sockets.ts';

/** Tests whose lab carries a phone's traffic: they run once more on the second engine. */
const ON_BOTH_ENGINES = [
  'attribution',
  'bad-input',
  'demo',
  'first-alert',
  'pinned-app',
  'pins-and-trust',
  'protocol-matrix',
  'real-clients',
  'start-tls',
];

/** `npm run test:load`: minutes of traffic and hundreds of megabytes, by command. */
const IS_LOAD = Boolean(process.env.LOAD_TESTS);

/** What a run leaves out; a project's own list stands in place of what `--exclude` gives. */
const WITHOUT = process.env.WITHOUT_TESTS?.split(' ') ?? [];

const WITHOUT_SOCKETS = IS_LOAD ? [] : testsWithoutSockets();

/** Where a machine reads what came out. */
const REPORT = process.env.TEST_REPORT;

const jsonReport = (outputFile: string): ['json', { outputFile: string }] => ['json', { outputFile }];

export default defineConfig({
  test: {
    // Real sockets and real clients: a slow machine may be slow, it may not be wrong.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000, interval: 25 } },
    // Many wait more than they work: three keep two cores busy.
    maxWorkers: 3,
    // The lab's thread is loaded by Node itself, again and again: stripped and compiled once.
    env: {
      NODE_COMPILE_CACHE: path.join(import.meta.dirname, 'node_modules/.cache/phonehome'),
      // The terminal speaks the language of its environment.
      LC_ALL: 'C.UTF-8',
    },
    reporters: ['default', reportSkipped(), ...(REPORT ? [jsonReport(REPORT), reportHooks(REPORT)] : [])],
    projects: IS_LOAD
      ? [{ extends: true, test: { name: 'load', include: ['test/load/*.test.ts'], fileParallelism: false } }]
      : [
          {
            extends: true,
            test: {
              name: 'wire',
              include: ['test/**/*.test.ts'],
              exclude: ['test/load/*', ...WITHOUT_SOCKETS, ...WITHOUT],
              globalSetup: ['test/engines/print-known-differences.ts', 'test/lab/nothing-left.ts'],
            },
          },
          {
            extends: true,
            test: {
              name: 'http-mitm-proxy',
              include: ON_BOTH_ENGINES.map((name) => `test/e2e/${name}.test.ts`),
              env: { LAB_ENGINE: 'http-mitm-proxy' },
            },
          },
          {
            extends: true,
            // Projects begin in the order of their names: these, all short, fill the time in which the last long ones end.
            // A process of its own for each would cost 0.8 CPU seconds a file, most of it to load the same sources again.
            test: { name: 'without-sockets', include: WITHOUT_SOCKETS, exclude: WITHOUT, isolate: false },
          },
        ],
  },
});
